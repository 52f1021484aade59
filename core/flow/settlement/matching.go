package settlement

import (
	"context"
	"encoding/json"
	"time"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// searchesAtOnce bounds the searches of one unit of work, so that a slice can end.
const searchesAtOnce = 10

// plan does the next piece of planning. A plan is finished by the settings by which
// it was begun, so that its payments and its voucher fit together.
func (w *work) plan(ctx context.Context, p ports.PayoutRecord) error {
	if p.PlannedTo == 0 || p.SettingsVersion == w.flow.SettingsVersion {
		return w.planBatch(ctx, p)
	}
	begun, err := w.settingsOf(ctx, p.SettingsVersion)
	if err != nil {
		return err
	}
	newest, version := w.settings, w.flow.SettingsVersion
	w.batches.drop()
	w.settings, w.flow.SettingsVersion = begun, p.SettingsVersion
	defer func() {
		w.batches.drop()
		w.settings, w.flow.SettingsVersion = newest, version
	}()
	return w.planBatch(ctx, p)
}

// settingsOf gives the flow's settings of a version.
func (w *work) settingsOf(ctx context.Context, version int) (booking.Settings, error) {
	var raw json.RawMessage
	err := w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		raw, err = tx.Flows().Settings(ctx, w.flow.ID, version)
		return err
	})
	if err != nil {
		return booking.Settings{}, err
	}
	return booking.Parse(raw)
}

// planBatch matches the next lines of a proven payout and plans their payments.
// The payout as a whole is planned together with the first lines; in the direct
// shape after the last ones, because it depends on them. Then the plan is frozen.
func (w *work) planBatch(ctx context.Context, p ports.PayoutRecord) error {
	next, err := w.nextBatch(ctx, p)
	if err != nil {
		return err
	}
	found, ready, err := w.match(ctx, p, next)
	if err != nil || !ready {
		return err
	}
	isFirst, isLast, after := p.PlannedTo == 0, len(next.lines) == 0, p
	asWhole := isFirst
	if w.direct() {
		asWhole = isLast
	}
	after.SettingsVersion, after.UpdatedAt = w.flow.SettingsVersion, w.clock.Now().UTC()
	if isLast {
		after.State = payout.Planned
	} else {
		after.PlannedTo = next.lines[len(next.lines)-1].Ordinal
	}
	// The first one decides on lines of every batch, and in the direct shape each does.
	if !isFirst && !isLast && !w.direct() && w.rehearsal == nil {
		w.batches.start(ctx, batchName(after), w.planned(after))
	}
	var out outcome
	err = w.update(ctx, w.succeeded(), func(ctx context.Context, tx ports.Tx) error {
		switch {
		case asWhole:
			err = w.planWhole(ctx, tx, p, next.lines)
		case isFirst: // settings that cannot make a voucher must not begin a plan
			_, _, err = w.entry(ctx, tx, p)
		}
		if err != nil {
			return err
		}
		if out, err = w.decide(ctx, tx, p, next.lines, found); err != nil {
			return err
		}
		planned := after
		planned.Coverage = coverage(p, isFirst, out)
		if isLast {
			if err := w.watchCoverage(ctx, tx, planned); err != nil {
				return err
			}
		}
		return tx.Payouts().Save(ctx, planned)
	})
	w.claimed = out.documents()
	return err
}

// rematchBatch looks again at lines that wait for a document or are exceptions of
// matching, and reports whether it has seen the last of them.
func (w *work) rematchBatch(ctx context.Context, p ports.PayoutRecord) (last bool, err error) {
	next, err := w.readBatch(ctx, p, w.openLines(p, w.progress.Line))
	if err != nil || len(next.lines) == 0 {
		return true, err
	}
	found, ready, err := w.match(ctx, p, next)
	if err != nil || !ready {
		return false, err
	}
	after := w.succeeded()
	after.Line = next.lines[len(next.lines)-1].Ordinal
	return false, w.update(ctx, after, func(ctx context.Context, tx ports.Tx) error {
		_, err := w.decide(ctx, tx, p, next.lines, found)
		return err
	})
}

// match gives the proposals for a batch of lines. When some of their references
// are not in the mirror it searches for a few of them instead and is not ready yet.
func (w *work) match(ctx context.Context, p ports.PayoutRecord, b batch) (found map[string]proposal, ready bool, err error) {
	if b.proposals != nil {
		return b.proposals, true, nil
	}
	if missing := b.missing(); len(missing) > 0 {
		if w.rehearsal != nil {
			w.rehearsal.keys = missing
			return nil, false, nil
		}
		for _, key := range missing[:min(len(missing), searchesAtOnce)] {
			if err := w.search(ctx, key); err != nil {
				return nil, false, err
			}
		}
		return nil, false, nil
	}
	if found, err = w.propose(p, b); err != nil {
		return nil, false, err
	}
	taken := takings{}
	if err = taken.add(found); err == nil {
		err = w.suggest(ctx, p, b, found, taken)
	}
	return found, true, err
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
