package settlement

import (
	"context"
	"strconv"

	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// batch is a number of lines with everything that matching them needs to know.
type batch struct {
	lines []ports.LineRecord
	// keys are those of each line that needs a document and is not told by events of
	// the shop, strongest first.
	keys [][]ports.DocumentKey
	// documents are all that carry any of the keys.
	documents []ports.DocumentRecord
	// searched are the keys that were searched for in this run.
	searched map[ports.DocumentKey]bool
	// fees are the fees of the lines' groups, if payments may write them off.
	fees map[string][]ports.LineSum
	// conversion is that of the payout, nil if it is in the currency of the books.
	conversion *conversion
	// proposals are by the keys of lines, nil if nobody has made them yet.
	proposals map[string]proposal
}

// readBatch reads the lines that list gives, every document that they may settle,
// and what booking them must know of the accounting system's periods.
func (w *work) readBatch(ctx context.Context, p ports.PayoutRecord, list lister) (batch, error) {
	b, err := w.collect(ctx, p, list)
	if err != nil {
		return b, err
	}
	return b, w.learnFor(ctx, p, b)
}

// collect is readBatch from the store alone.
func (w *work) collect(ctx context.Context, p ports.PayoutRecord, list lister) (b batch, err error) {
	rules := w.rules(p.Net.Currency())
	err = w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		if b.lines, err = list(ctx, tx.Lines()); err != nil {
			return err
		}
		wanted, groups, err := w.want(ctx, tx, p, &b, rules)
		if err != nil {
			return err
		}
		if b.documents, err = w.candidates(ctx, tx, wanted); err != nil {
			return err
		}
		if len(wanted) > 0 {
			if b.conversion, err = w.attempt(ctx, tx, p); err != nil {
				return err
			}
		}
		if w.direct() && p.State == payout.Fetched {
			if b.fees, err = tx.Lines().GroupFees(ctx, p.ID, groups); err != nil {
				return err
			}
		}
		b.searched, err = tx.Documents().Searched(ctx, w.flow.Target, wanted, w.run.StartedAt)
		return err
	})
	return b, err
}

// candidates gives the documents that carry any of the keys.
func (w *work) candidates(ctx context.Context, tx ports.Tx, keys []ports.DocumentKey) ([]ports.DocumentRecord, error) {
	found, err := tx.Documents().ByKeys(ctx, w.flow.Target, keys)
	if err != nil || w.rehearsal == nil || !w.rehearsal.alone {
		return found, err
	}
	return w.reopen(ctx, tx, found)
}

// want notes the keys that are worth a search, and gives all keys of documents that the
// lines may settle, and the groups of these lines.
func (w *work) want(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, b *batch, rules matching.Rules) (wanted []ports.DocumentKey, groups []string, err error) {
	events, err := w.sold(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	for _, l := range b.lines {
		if !matching.NeedsDocument(l.Line) {
			continue
		}
		keys := documentKeys(matching.Keys(l.Line, rules))
		told, err := events.tell(ctx, tx, p, l)
		if err != nil {
			return nil, nil, err
		}
		if !told {
			b.keys = append(b.keys, keys)
		}
		wanted = append(wanted, keys...)
		if l.Group != "" {
			groups = append(groups, l.Group)
		}
	}
	return wanted, groups, nil
}

// planned reads and matches the lines where the planning of a payout goes on. Only
// lines of a payout that was undone can have been corrected before.
func (w *work) planned(p ports.PayoutRecord) func(context.Context) (batch, error) {
	return func(ctx context.Context) (batch, error) {
		b, err := w.readBatch(ctx, p, func(ctx context.Context, lines ports.LineStore) ([]ports.LineRecord, error) {
			found, err := lines.After(ctx, p.ID, p.PlannedTo, w.options.Batch)
			if err == nil && p.Generation > 0 {
				err = overlay(ctx, lines, found)
			}
			return found, err
		})
		if err == nil && len(b.missing()) == 0 {
			b.proposals, err = w.propose(p, b)
		}
		return b, err
	}
}

// nextBatch gives the lines where the planning of a payout goes on. It may have
// been read before the claims of the batch before were stored, so documents that
// both name are read once more, and the lines matched anew.
func (w *work) nextBatch(ctx context.Context, p ports.PayoutRecord) (batch, error) {
	b, err := w.batches.take(ctx, batchName(p), w.planned(p))
	if err != nil || len(w.claimed) == 0 {
		return b, err
	}
	err = w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		for i, d := range b.documents {
			if !w.claimed[d.Number] {
				continue
			}
			b.proposals = nil
			if b.documents[i], err = tx.Documents().Get(ctx, w.flow.Target, d.Number); err != nil {
				return err
			}
		}
		return nil
	})
	return b, err
}

func batchName(p ports.PayoutRecord) string { return nameOf(p.ID, strconv.FormatInt(p.PlannedTo, 10)) }

// missing names the references that are worth a search: the strongest one not yet
// searched in this run, of each line for which the mirror has nothing.
func (b batch) missing() []ports.DocumentKey {
	known := map[ports.DocumentKey]bool{}
	for _, d := range b.documents {
		for reference, value := range d.References {
			known[ports.DocumentKey{Reference: reference, Value: normalise(value)}] = true
		}
	}
	var missing []ports.DocumentKey
	asked := map[ports.DocumentKey]bool{}
	for _, keys := range b.keys {
		var first *ports.DocumentKey
		hit := false
		for i, k := range keys {
			hit = hit || known[k]
			if first == nil && !b.searched[k] {
				first = &keys[i]
			}
		}
		if !hit && first != nil && !asked[*first] {
			asked[*first] = true
			missing = append(missing, *first)
		}
	}
	return missing
}

func documentKeys(keys []matching.Key) []ports.DocumentKey {
	out := make([]ports.DocumentKey, len(keys))
	for i, k := range keys {
		out[i] = ports.DocumentKey{Reference: k.Reference, Value: k.Value}
	}
	return out
}

func normalise(value string) string { return matching.Normalise(value) }

// bare gives lines as the provider sent them and people corrected them.
func bare(records []ports.LineRecord) []payout.Line {
	lines := make([]payout.Line, len(records))
	for i, l := range records {
		lines[i] = l.Line
	}
	return lines
}
