package settlement

import (
	"context"
	"strconv"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// nextPayout gives the next payout that this run is about and not through with.
func (w *work) nextPayout(ctx context.Context) (next ports.PayoutRecord, ok bool, err error) {
	limit := 1
	if w.run.Scope != nil {
		limit = 100
	}
	err = w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		for after := w.progress.Payout; ; {
			found, err := tx.Payouts().Unfinished(ctx, w.flow.ID, ports.Page{After: after, Limit: limit})
			if err != nil || len(found) == 0 {
				return err
			}
			for _, p := range found {
				if after = p.ID; w.names(p.Payout) {
					next, ok = p, true
					return nil
				}
			}
		}
	})
	return next, ok, err
}

// advancePayout does the next piece of work on a payout.
func (w *work) advancePayout(ctx context.Context, p ports.PayoutRecord) (Next, error) {
	switch p.State {
	case payout.Fetching:
		return Next{}, w.readPage(ctx, p)
	case payout.Fetched:
		if !w.plans(p) {
			return Next{}, w.leave(ctx, p)
		}
		return Next{}, w.planOrWait(ctx, p)
	case payout.Planned, payout.Booking, payout.Booked:
		return w.book(ctx, p)
	case payout.Undoing:
		return w.unwind(ctx, p)
	case payout.Held, payout.Closed, payout.Undone:
	}
	return Next{}, w.leave(ctx, p)
}

// leave goes on to the next payout.
func (w *work) leave(ctx context.Context, p ports.PayoutRecord) error {
	after := w.succeeded()
	after.Payout, after.Line = p.ID, 0
	return w.update(ctx, after, func(context.Context, ports.Tx) error { return nil })
}

// readPage reads one page of a payout's rows. After the last one it proves the
// payout; nothing is planned before that.
func (w *work) readPage(ctx context.Context, p ports.PayoutRecord) error {
	page, err := w.nextLines(ctx, p)
	if f := fault.Of(err); f != nil && aboutContent(f) {
		return w.update(ctx, w.succeeded(), func(ctx context.Context, tx ports.Tx) error { return w.hold(ctx, tx, p, f) })
	}
	if err != nil {
		return err
	}
	err = w.update(ctx, w.succeeded(), func(ctx context.Context, tx ports.Tx) error { return w.keepLines(ctx, tx, p, page) })
	if f := fault.Of(err); f != nil && aboutContent(f) {
		return w.update(ctx, w.succeeded(), func(ctx context.Context, tx ports.Tx) error { return w.hold(ctx, tx, p, f) })
	}
	return err
}

// aboutContent tells faults of what the provider says from faults of reaching it.
func aboutContent(f *fault.Error) bool {
	return readAgain(f.Code) || f.Code == payout.CodeContentChanged
}

// nextLines gives the page where the reading of a payout goes on, and has the one
// after it fetched meanwhile.
func (w *work) nextLines(ctx context.Context, p ports.PayoutRecord) (ports.LinePage, error) {
	page, err := w.pages.take(ctx, nameOf(p.ID, p.LineCursor), func(ctx context.Context) (ports.LinePage, error) { return w.fetchLines(ctx, p) })
	if err != nil || page.Next == "" {
		return page, err
	}
	p.LineCursor = page.Next
	w.pages.start(ctx, nameOf(p.ID, p.LineCursor), func(ctx context.Context) (ports.LinePage, error) { return w.fetchLines(ctx, p) })
	return page, nil
}

func (w *work) fetchLines(ctx context.Context, p ports.PayoutRecord) (ports.LinePage, error) {
	var page ports.LinePage
	source, err := remote.Capability[ports.PayoutSource](w.source, ports.CapabilityPayouts)
	if err != nil {
		return page, err
	}
	err = w.source.Do(remote.WithTally(ctx, w.tally), "ListPayoutLines", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		var err error
		page, err = source.ListPayoutLines(ctx, ports.ListPayoutLinesRequest{Call: call, Reference: p.Reference, Cursor: p.LineCursor})
		return page.Usage, err
	})
	if err != nil {
		return page, err
	}
	for _, l := range page.Lines {
		if err := l.Validate(); err != nil {
			return page, err
		}
	}
	return page, nil
}

func (w *work) keepLines(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, page ports.LinePage) error {
	if err := w.learnOrders(ctx, tx, page.Lines); err != nil {
		return err
	}
	if err := w.keepRaw(ctx, tx, page.Raw); err != nil {
		return err
	}
	if _, _, err := tx.Lines().Append(ctx, p.ID, page.Lines); err != nil {
		return err
	}
	p.LineCursor, p.UpdatedAt = page.Next, w.clock.Now().UTC()
	p.ConnectorVersion = w.source.Description().Version
	if page.Next != "" {
		return tx.Payouts().Save(ctx, p)
	}
	return w.prove(ctx, tx, p)
}

// prove compares the lines with the payout and holds it if they do not agree.
func (w *work) prove(ctx context.Context, tx ports.Tx, p ports.PayoutRecord) error {
	if p.HoldReason != "" { // such a payout need not add up: a record of a fee invoice does not
		return w.hold(ctx, tx, p, fault.New(CodeNeedsConfirmation, fault.Conflict, p.HoldReason).
			WithRemedy("book the payout by hand in the accounting system"))
	}
	sums, err := tx.Lines().Sums(ctx, p.ID)
	if err != nil {
		return err
	}
	byKind, err := KindSums(sums)
	if err != nil {
		return err
	}
	proof, err := payout.Prove(p.Payout, byKind)
	if err != nil {
		return err
	}
	if err := proof.Check(byKind); err != nil {
		return w.hold(ctx, tx, p, fault.Of(err))
	}
	if w.foreign(p) {
		if _, err := w.pair(p.Net.Currency()); err != nil {
			return w.hold(ctx, tx, p, fault.Of(err))
		}
	}
	p.State, p.Hold = payout.Fetched, nil
	w.log.Info("payout adds up", "payout", p.ID, "provider_reference", p.Reference, "lines", proof.Lines, "net", p.Net.String())
	if err := tx.Payouts().Save(ctx, p); err != nil {
		return err
	}
	return w.settlePayoutException(ctx, tx, p, "the lines add up now")
}

// KindSums adds line sums up to one sum for each kind, in the order of Kinds.
func KindSums(sums []ports.LineSum) ([]payout.KindSum, error) {
	byKind := map[payout.Kind]payout.KindSum{}
	for _, s := range sums {
		total, err := byKind[s.Kind].Add(payout.Line{Kind: s.Kind, Gross: s.Gross, FeeExVAT: s.FeeExVAT, FeeVAT: s.FeeVAT})
		if err != nil {
			return nil, err
		}
		total.Lines += s.Lines - 1
		byKind[s.Kind] = total
	}
	var out []payout.KindSum
	for _, k := range payout.Kinds() {
		if s, ok := byKind[k]; ok {
			out = append(out, s)
		}
	}
	return out, nil
}

// about names what an exception concerns besides its payout.
type about struct {
	line      int64
	step      int64
	reference string
	document  string
	amount    money.Amount
	// known says that it was an exception before, so that the log has it already.
	known bool
}

// raise opens an exception for a person.
func (s *Service) raise(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, what about, why *fault.Error) error {
	if what.reference == "" {
		what.reference = p.Reference
	}
	now := s.clock.Now().UTC()
	if !what.known {
		s.log.Warn("a person must look", "payout", p.ID, "provider_reference", p.Reference, "line", what.line, "step", what.step,
			"reference", what.reference, "code", why.Code, "reason", why.Reason)
	}
	return tx.Exceptions().Raise(ctx, ports.Exception{
		ID:         identify("ex-", p.ID, strconv.FormatInt(what.line, 10), strconv.FormatInt(what.step, 10), string(why.Code), s.machine().UTC().Format(time.RFC3339Nano)),
		MerchantID: p.MerchantID, PayoutID: p.ID, LineID: what.line, StepID: what.step,
		Code: why.Code, Reference: what.reference, Reason: why.Reason, Remedy: why.Remedy,
		Amount: what.amount, Document: what.document, State: ports.ExceptionOpen, RaisedAt: now,
	})
}

// settlePayoutException closes the exception of the payout as a whole, if any.
func (s *Service) settlePayoutException(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, resolution string) error {
	open, err := tx.Exceptions().List(ctx, p.MerchantID, ports.ExceptionFilter{PayoutID: p.ID, State: ports.ExceptionOpen}, ports.Page{Limit: 1000})
	if err != nil {
		return err
	}
	for _, e := range open {
		if e.LineID == 0 && e.StepID == 0 {
			return tx.Exceptions().Resolve(ctx, e.ID, resolution, "kvitt", s.clock.Now().UTC())
		}
	}
	return nil
}
