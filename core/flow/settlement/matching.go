package settlement

import (
	"context"
	"strconv"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// searchesAtOnce bounds the searches of one unit of work, so that a slice can end.
const searchesAtOnce = 10

// planBatch matches the next lines of a proven payout and plans their payments.
// Together with the first lines it plans the payout as a whole; after the last
// ones the plan is frozen.
func (w *work) planBatch(ctx context.Context, p ports.PayoutRecord) error {
	lines, err := w.nextBatch(ctx, p)
	if err != nil {
		return err
	}
	found, ready, err := w.match(ctx, p, lines)
	if err != nil || !ready {
		return err
	}
	isFirst, after := p.PlannedTo == 0, p
	after.SettingsVersion, after.UpdatedAt = w.flow.SettingsVersion, w.clock.Now().UTC()
	if len(lines) > 0 {
		after.PlannedTo = lines[len(lines)-1].Ordinal
	} else {
		after.State = payout.Planned
	}
	if !isFirst && len(lines) > 0 { // the first one decides on lines of every batch
		w.batches.start(ctx, batchName(after), func(ctx context.Context) ([]ports.LineRecord, error) { return w.batch(ctx, after) })
	}
	return w.update(ctx, w.succeeded(), func(ctx context.Context, tx ports.Tx) error {
		if isFirst {
			if err := w.planWhole(ctx, tx, p); err != nil {
				return err
			}
		}
		if err := w.decide(ctx, tx, p, lines, found); err != nil {
			return err
		}
		return tx.Payouts().Save(ctx, after)
	})
}

// nextBatch gives the lines where the planning of a payout goes on.
func (w *work) nextBatch(ctx context.Context, p ports.PayoutRecord) ([]ports.LineRecord, error) {
	return w.batches.take(ctx, batchName(p), func(ctx context.Context) ([]ports.LineRecord, error) { return w.batch(ctx, p) })
}

func batchName(p ports.PayoutRecord) string { return nameOf(p.ID, strconv.FormatInt(p.PlannedTo, 10)) }

func (w *work) batch(ctx context.Context, p ports.PayoutRecord) (lines []ports.LineRecord, err error) {
	err = w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		lines, err = tx.Lines().After(ctx, p.ID, p.PlannedTo, w.options.Batch)
		return err
	})
	return lines, err
}

// rematchBatch looks again at lines that wait for a document or are exceptions of
// matching, and reports whether it has seen the last of them.
func (w *work) rematchBatch(ctx context.Context, p ports.PayoutRecord) (last bool, err error) {
	var lines []ports.LineRecord
	err = w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		found, err := tx.Lines().After(ctx, p.ID, w.progress.Line, w.options.Batch, ports.LineWaiting, ports.LineException)
		lines = found
		return err
	})
	if err != nil || len(lines) == 0 {
		return true, err
	}
	found, ready, err := w.match(ctx, p, lines)
	if err != nil || !ready {
		return false, err
	}
	after := w.succeeded()
	after.Line = lines[len(lines)-1].Ordinal
	return false, w.update(ctx, after, func(ctx context.Context, tx ports.Tx) error {
		return w.decide(ctx, tx, p, lines, found)
	})
}

// matches are the decisions on a batch of lines and the documents they name.
type matches struct {
	byLine    map[string]matching.Decision
	documents map[string]invoice.Document
}

// match decides on a batch of lines. When some of their references are not in the
// mirror it searches for a few of them instead and is not ready yet.
func (w *work) match(ctx context.Context, p ports.PayoutRecord, lines []ports.LineRecord) (matches, bool, error) {
	rules := w.settings.MatchingRules(p.Net.Currency())
	candidates, missing, err := w.candidates(ctx, lines, rules)
	if err != nil {
		return matches{}, false, err
	}
	if len(missing) > 0 {
		for _, key := range missing[:min(len(missing), searchesAtOnce)] {
			if err := w.search(ctx, key); err != nil {
				return matches{}, false, err
			}
		}
		return matches{}, false, nil
	}
	bare := make([]payout.Line, len(lines))
	for i, l := range lines {
		bare[i] = l.Line
	}
	found := matches{byLine: make(map[string]matching.Decision, len(lines)), documents: make(map[string]invoice.Document, len(candidates))}
	for _, c := range candidates {
		found.documents[c.Document.Number] = c.Document
	}
	for _, d := range matching.Match(bare, candidates, rules) {
		found.byLine[d.Line] = d
	}
	return found, true, nil
}

// candidates looks up every document that the lines may settle, and names the
// references that are worth a search: the strongest one not yet searched in this
// run, of each line for which the mirror has nothing.
func (w *work) candidates(ctx context.Context, lines []ports.LineRecord, rules matching.Rules) ([]matching.Candidate, []ports.DocumentKey, error) {
	var wanted []ports.DocumentKey
	byLine := make([][]ports.DocumentKey, 0, len(lines))
	for _, l := range lines {
		if !matching.NeedsDocument(l.Line) {
			continue
		}
		keys := documentKeys(matching.Keys(l.Line, rules))
		byLine = append(byLine, keys)
		wanted = append(wanted, keys...)
	}
	var found []ports.DocumentRecord
	var searched map[ports.DocumentKey]bool
	err := w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if found, err = tx.Documents().ByKeys(ctx, w.flow.Target, wanted); err != nil {
			return err
		}
		searched, err = tx.Documents().Searched(ctx, w.flow.Target, wanted, w.run.StartedAt)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	known := map[ports.DocumentKey]bool{}
	candidates := make([]matching.Candidate, 0, len(found))
	for _, d := range found {
		candidates = append(candidates, matching.Candidate{Document: d.Document, Claimed: d.Claimed, PaidByKvitt: d.Paid})
		for reference, value := range d.References {
			known[ports.DocumentKey{Reference: reference, Value: normalise(value)}] = true
		}
	}
	return candidates, unsearched(byLine, known, searched), nil
}

func unsearched(byLine [][]ports.DocumentKey, known, searched map[ports.DocumentKey]bool) []ports.DocumentKey {
	var missing []ports.DocumentKey
	asked := map[ports.DocumentKey]bool{}
	for _, keys := range byLine {
		var first *ports.DocumentKey
		hit := false
		for i, k := range keys {
			hit = hit || known[k]
			if first == nil && !searched[k] {
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

// search asks the accounting system for one reference and keeps what it finds.
func (w *work) search(ctx context.Context, key ports.DocumentKey) error {
	documents, err := remote.Capability[ports.DocumentSource](w.target, ports.CapabilityDocuments)
	if err != nil {
		return err
	}
	var page ports.DocumentPage
	err = w.target.Do(remote.WithTally(ctx, w.tally), "FindDocuments", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		var err error
		page, err = documents.FindDocuments(ctx, ports.FindDocumentsRequest{Call: call, Reference: key.Reference, Value: key.Value})
		return page.Usage, err
	})
	if err != nil {
		return err
	}
	return w.update(ctx, w.succeeded(), func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Documents().Upsert(ctx, w.flow.Target, page.Documents, normalise); err != nil {
			return err
		}
		return tx.Documents().MarkSearched(ctx, w.flow.Target, []ports.DocumentKey{key}, w.machine().UTC())
	})
}

func documentKeys(keys []matching.Key) []ports.DocumentKey {
	out := make([]ports.DocumentKey, len(keys))
	for i, k := range keys {
		out[i] = ports.DocumentKey{Reference: k.Reference, Value: k.Value}
	}
	return out
}

func normalise(value string) string { return matching.Normalise(value) }

// stillWaiting reports whether a line without a document has time left.
func (w *work) stillWaiting(p ports.PayoutRecord) bool {
	deadline := p.Date.Add(time.Duration(w.settings.WaitingDays) * 24 * time.Hour)
	return w.clock.Now().Before(deadline)
}

// notFound is the fault of a line that has waited long enough.
func notFound(l ports.LineRecord) *fault.Error {
	what := "invoice"
	if l.Kind == payout.Refund {
		what = "credit invoice"
	}
	return fault.New(matching.CodeNoDocument, fault.NotFound, "no "+what+" in the accounting system carries any of the line's references").
		WithRemedy("make the " + what + " with the reference, or choose the document that the line settles")
}
