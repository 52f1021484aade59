package settlement

import (
	"context"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// listPage reads one page of the provider's payouts and keeps the new ones.
func (w *work) listPage(ctx context.Context) error {
	source, err := remote.Capability[ports.PayoutSource](w.source, ports.CapabilityPayouts)
	if err != nil {
		return err
	}
	var page ports.PayoutPage
	err = w.source.Do(remote.WithTally(ctx, w.tally), "ListPayouts", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		var err error
		page, err = source.ListPayouts(ctx, ports.ListPayoutsRequest{Call: call, Since: w.progress.Since, Cursor: w.progress.Cursor})
		return page.Usage, err
	})
	if err != nil {
		return err
	}
	after := w.succeeded()
	after.Cursor = page.Next
	for _, p := range page.Payouts {
		// A run about certain payouts has not seen to those before the newest of them.
		if w.run.Scope == nil && p.Date.After(after.Newest) {
			after.Newest = p.Date
		}
	}
	if page.Next == "" {
		after.Phase = phaseMirroring
	}
	return w.update(ctx, after, func(ctx context.Context, tx ports.Tx) error {
		if err := w.keepRaw(ctx, tx, page.Raw); err != nil {
			return err
		}
		var report ports.RunReport
		for _, p := range page.Payouts {
			if !w.names(p) {
				continue
			}
			report.PayoutsSeen++
			isNew, err := w.notice(ctx, tx, p)
			if err != nil {
				return err
			}
			if isNew {
				report.PayoutsNew++
			}
		}
		return tx.Runs().Add(ctx, w.run.ID, report)
	})
}

func (w *work) keepRaw(ctx context.Context, tx ports.Tx, pages []ports.RawPage) error {
	for _, raw := range pages {
		if err := tx.RawPages().Put(ctx, w.flow.Source, raw, w.clock.Now().UTC()); err != nil {
			return err
		}
	}
	return nil
}

// notice takes up one listed payout and reports whether it is new. One that lies before
// the flow's first moment is not taken up.
func (w *work) notice(ctx context.Context, tx ports.Tx, p payout.Payout) (bool, error) {
	known, err := tx.Payouts().ByReference(ctx, w.flow.Source, p.Reference)
	if fault.CodeOf(err) == ports.CodeNotFound {
		if p.Date.Before(w.flow.Since) {
			return false, nil
		}
		return true, tx.Payouts().Create(ctx, ports.PayoutRecord{
			ID: identify("po-", w.flow.ID, p.Reference), FlowID: w.flow.ID, MerchantID: w.merchant.ID, ConnectionID: w.flow.Source,
			Payout: p, State: payout.Fetching, Fingerprint: fingerprint(p),
			CreatedAt: w.clock.Now().UTC(), UpdatedAt: w.clock.Now().UTC(),
		})
	}
	if err != nil {
		return false, err
	}
	if known.Fingerprint == "" { // a person has asked to take whatever there is now
		known.Payout, known.Fingerprint = p, fingerprint(p)
		return false, w.reread(ctx, tx, known)
	}
	if known.Fingerprint != fingerprint(p) {
		return false, w.contentChanged(ctx, tx, known)
	}
	if known.State == payout.Held && known.Hold != nil && readAgain(known.Hold.Code) {
		return false, w.reread(ctx, tx, known)
	}
	return false, nil
}

// fingerprint is what must not change about a payout under the same reference.
func fingerprint(p payout.Payout) string {
	return strings.Join([]string{p.Date.UTC().Format(time.RFC3339), string(p.Net.Currency()), p.Net.String(), p.Account}, "|")
}

// readAgain tells faults that pass when the provider completes its data or a
// newer connector reads it.
func readAgain(code fault.Code) bool {
	switch code {
	case payout.CodeIncomplete, payout.CodeProofFailed, payout.CodeUnknownType, payout.CodeLineInvalid:
		return true
	}
	return false
}

// contentChanged holds a payout whose content is another than before. What is
// booked stays booked; a person decides.
func (w *work) contentChanged(ctx context.Context, tx ports.Tx, known ports.PayoutRecord) error {
	changed := fault.New(payout.CodeContentChanged, fault.Conflict, "the provider shows other content under a reference that kvitt knows").
		From(fault.Upstream).WithRemedy("compare the provider's report with what kvitt has, then retry the payout to take the new content")
	switch known.State {
	case payout.Fetching, payout.Fetched, payout.Held:
		return w.hold(ctx, tx, known, changed)
	case payout.Planned, payout.Booking, payout.Booked, payout.Closed, payout.Undoing, payout.Undone:
	}
	return w.raise(ctx, tx, known, about{}, changed)
}

// hold stops a payout before anything of it is booked.
func (w *work) hold(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, why *fault.Error) error {
	p.State, p.Hold, p.UpdatedAt = payout.Held, w.record(why), w.clock.Now().UTC()
	if err := tx.Payouts().Save(ctx, p); err != nil {
		return err
	}
	return w.raise(ctx, tx, p, about{}, why)
}

// reread forgets the lines of a payout of which nothing is planned and reads them
// anew. The exception stays open until the proof holds.
func (s *Service) reread(ctx context.Context, tx ports.Tx, p ports.PayoutRecord) error {
	planned, err := tx.Steps().Counts(ctx, p.ID)
	if err != nil {
		return err
	}
	if len(planned) > 0 {
		return fault.New("payout.already_planned", fault.Conflict, "writes are planned for this payout, so it cannot be read anew")
	}
	if err := tx.Lines().Clear(ctx, p.ID); err != nil {
		return err
	}
	p.State, p.Hold, p.LineCursor, p.PlannedTo = payout.Fetching, nil, "", 0
	p.UpdatedAt = s.clock.Now().UTC()
	return tx.Payouts().Save(ctx, p)
}

// mirrorPage reads one page of the accounting system's documents: everything not
// paid at first, then whatever changed since.
func (w *work) mirrorPage(ctx context.Context) error {
	since, err := w.watermark(ctx)
	if err != nil {
		return err
	}
	page, err := w.nextDocuments(ctx, since)
	if err != nil {
		return err
	}
	if page.Next == "" && page.Watermark == "" {
		return fault.New("connector.no_watermark", fault.Validation, "the last page of documents has no watermark").From(fault.Connector)
	}
	after := w.succeeded()
	after.Cursor = page.Next
	if page.Next == "" {
		after.Phase = phaseWorking
	}
	return w.update(ctx, after, func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Documents().Upsert(ctx, w.flow.Target, page.Documents, normalise); err != nil {
			return err
		}
		if page.Next != "" {
			return nil
		}
		return tx.Cursors().Set(ctx, w.flow.Target, "documents", page.Watermark)
	})
}

// nextDocuments gives the page where the list goes on, and has the one after it
// fetched meanwhile.
func (w *work) nextDocuments(ctx context.Context, since string) (ports.DocumentPage, error) {
	fetch := func(cursor string) func(context.Context) (ports.DocumentPage, error) {
		return func(ctx context.Context) (ports.DocumentPage, error) { return w.fetchDocuments(ctx, since, cursor) }
	}
	at := w.progress.Cursor
	page, err := w.documents.take(ctx, nameOf(since, at), fetch(at))
	if err == nil && page.Next != "" {
		w.documents.start(ctx, nameOf(since, page.Next), fetch(page.Next))
	}
	return page, err
}

func (w *work) fetchDocuments(ctx context.Context, since, cursor string) (ports.DocumentPage, error) {
	var page ports.DocumentPage
	documents, err := remote.Capability[ports.DocumentSource](w.target, ports.CapabilityDocuments)
	if err != nil {
		return page, err
	}
	err = w.target.Do(remote.WithTally(ctx, w.tally), "ListDocuments", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		var err error
		page, err = documents.ListDocuments(ctx, ports.ListDocumentsRequest{Call: call, Since: since, Cursor: cursor})
		return page.Usage, err
	})
	return page, err
}

func (w *work) watermark(ctx context.Context) (string, error) {
	var since string
	err := w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		since, err = tx.Cursors().Get(ctx, w.flow.Target, "documents")
		return err
	})
	return since, err
}
