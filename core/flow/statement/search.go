package statement

import (
	"context"

	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/ports"
)

// CodeSearchEmpty: nothing of the text is left to search for.
const CodeSearchEmpty fault.Code = "search.empty"

// Hits are the things of one kind that a text names.
type Hits struct {
	Kind ports.HitKind
	List []ports.Hit
	// More: there are others, beyond the limit.
	More bool
}

// Search finds whatever of a merchant, or of all of them if merchantID is empty, is
// named by a text: up to limit things of each kind, without the kinds of which there
// are none. Texts are the same if matching takes them for the same.
func (r *Reader) Search(ctx context.Context, merchantID, text string, limit int) ([]Hits, error) {
	if matching.Normalise(text) == "" {
		return nil, fault.Invalid(CodeSearchEmpty, "q", "without space, leading zeros and \"#\" nothing is left to search for").
			WithRemedy("search for the whole reference, as it stands in an invoice, a payout or the shop")
	}
	return walk.View(ctx, r.store, func(ctx context.Context, tx ports.Tx) ([]Hits, error) {
		var found []Hits
		for _, kind := range []ports.HitKind{
			ports.HitPayout, ports.HitLine, ports.HitDocument, ports.HitStep, ports.HitOrder, ports.HitEvent, ports.HitException, ports.HitRun,
		} {
			hits, err := tx.Search().Find(ctx, ports.Search{Kind: kind, MerchantID: merchantID, Text: text}, limit+1)
			if err != nil {
				return nil, err
			}
			if len(hits) > 0 {
				found = append(found, Hits{Kind: kind, List: hits[:min(len(hits), limit)], More: len(hits) > limit})
			}
		}
		return found, nil
	})
}
