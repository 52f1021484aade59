package settlement

import (
	"context"

	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// mostNear bounds the documents that are looked at for suggestions by amount.
const mostNear = 2000

// suggest looks for what may belong to lines that have waited in vain. It only
// ever turns "no document" into a suggestion for a person. Taken is what other lines
// take of documents that the store does not know of yet.
func (w *work) suggest(ctx context.Context, p ports.PayoutRecord, b batch, found map[string]proposal, taken takings) error {
	if w.stillWaiting(p) {
		return nil
	}
	lost := map[string]ports.LineRecord{}
	var lines []payout.Line
	for _, l := range b.lines {
		if d, wanted := found[l.Key]; wanted && d.State == matching.None {
			lost[l.Key] = l
			lines = append(lines, l.Line)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	rules := w.rules(p.Net.Currency())
	documents, err := w.near(ctx, lines, rules)
	if err != nil || len(documents) == 0 {
		return err
	}
	if err := taken.from(documents); err != nil {
		return err
	}
	candidates := make([]matching.Candidate, len(documents))
	for i, d := range documents {
		candidates[i] = matching.Candidate{Document: d.Document, Claimed: d.Claimed, PaidByKvitt: d.Paid}
	}
	for _, d := range matching.Match(lines, candidates, rules) {
		if d.State != matching.Suggested {
			continue
		}
		proposed, err := w.prepare(p, lost[d.Line], nil, d, groupFees{}, nil)
		if err != nil {
			return err
		}
		found[d.Line] = proposed
	}
	return nil
}

// rules are those by which lines of a currency are matched.
func (w *work) rules(currency money.Currency) matching.Rules {
	rules := w.settings.MatchingRules(currency)
	rules.Zone = w.zone
	return rules
}

// near gives the documents that weaker keys or amount and date point to.
func (w *work) near(ctx context.Context, lines []payout.Line, rules matching.Rules) ([]ports.DocumentRecord, error) {
	var keys []ports.DocumentKey
	var window ports.NearQuery
	for _, l := range lines {
		keys = append(keys, documentKeys(matching.SuggestKeys(l, rules))...)
		weak, ok := matching.Weak(l, rules)
		if !ok {
			continue
		}
		window.Balances = append(window.Balances, weak.Amount)
		if window.From.IsZero() || weak.From.Before(window.From) {
			window.From = weak.From
		}
		if window.To.Before(weak.To) {
			window.To = weak.To
		}
	}
	var found []ports.DocumentRecord
	err := w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		byKey, err := tx.Documents().ByKeys(ctx, w.flow.Target, keys)
		if err != nil {
			return err
		}
		byAmount, err := tx.Documents().Near(ctx, w.flow.Target, window, mostNear)
		found = append(byKey, byAmount...)
		return err
	})
	return found, err
}

// takings are what lines take of documents, by number.
type takings map[string]money.Amount

// add takes note of the payments of lines that are matched.
func (t takings) add(found map[string]proposal) error {
	for _, x := range found {
		for _, payment := range x.payments {
			after, err := t[payment.claim.Number].Add(payment.claim.Amount)
			if err != nil {
				return err
			}
			t[payment.claim.Number] = after
		}
	}
	return nil
}

// from adds the takings to what is claimed of documents.
func (t takings) from(documents []ports.DocumentRecord) error {
	for i, d := range documents {
		claimed, err := d.Claimed.Add(t[d.Number])
		if err != nil {
			return err
		}
		documents[i].Claimed = claimed
	}
	return nil
}
