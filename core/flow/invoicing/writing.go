package invoicing

import (
	"context"
	"encoding/json"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/flow/start"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/invoicing"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// stepsAtOnce is how many steps are taken up in one unit of work.
const stepsAtOnce = 40

// post writes what is planned, in the run that is under way or in one that opens with
// the first write, and ends the run when nothing is left.
func (w *work) post(ctx context.Context, end time.Time) (bool, error) {
	for w.machine().Before(end) {
		steps, err := w.pending(ctx)
		if err != nil {
			return false, err
		}
		if len(steps) == 0 {
			return true, w.finish(ctx)
		}
		if err := w.take(ctx, steps); err != nil {
			return w.run.Stumble(ctx, err)
		}
	}
	return false, w.run.Pause(ctx)
}

func (w *work) pending(ctx context.Context) (steps []ports.Step, err error) {
	err = w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		steps, err = posting.WritableOfFlow(ctx, tx, w.flow.ID, w.run.ID, stepsAtOnce)
		return err
	})
	return steps, err
}

func (w *work) take(ctx context.Context, steps []ports.Step) error {
	if !w.run.Open() {
		err := w.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
			var err error
			w.run.Run, _, err = start.Run(ctx, tx, w.flow, "orders", w.machine())
			return err
		})
		if err != nil {
			return err
		}
	}
	target, err := w.books(ctx)
	if err != nil {
		return err
	}
	clerk := posting.Clerk{
		Store: w.store, Target: target, Clock: w.clock, Tally: w.run.Tally, Log: w.log, Owner: w, RunID: w.run.ID, Attempts: w.options.Attempts,
	}
	return clerk.TakeAll(ctx, steps)
}

// Intend notes nothing: each of these documents is recognised by its key or its state.
func (w *work) Intend(context.Context, ports.Tx, ports.Step) (json.RawMessage, error) {
	return nil, nil
}

// Done plans what follows from a document that exists now: a draft that is what was
// asked for is booked, a booked one can be paid and credited.
func (w *work) Done(ctx context.Context, tx ports.Tx, s ports.Step) error {
	switch s.Kind {
	case ports.StepOrder:
		return w.wake(ctx, tx, merchant.Invoices)
	case ports.StepInvoice:
		return w.compare(ctx, tx, s, invoice.Invoice)
	case ports.StepCredit:
		return w.compare(ctx, tx, s, invoice.Credit)
	case ports.StepBooking:
		return w.mirror(ctx, tx, s)
	case ports.StepCancel:
		return w.close(ctx, tx, s)
	case ports.StepOrderCancel, ports.StepVoucher, ports.StepAttachment, ports.StepPayment, ports.StepCorrection, ports.StepRelease:
	}
	return nil
}

// compare holds a draft against what was asked for and plans its booking.
func (w *work) compare(ctx context.Context, tx ports.Tx, s ports.Step, kind invoice.Kind) error {
	content, err := posting.ReadDocument(s)
	if err != nil {
		return err
	}
	shown, err := posting.Shown(s)
	if err != nil {
		return err
	}
	if f := invoicing.Compare(content.Draft, kind, shown); f != nil {
		what := about{step: s.ID, document: s.Number, amount: s.Amount}
		what.purchase.ID = content.Draft.References[invoice.OrderNumber]
		return w.raise(ctx, tx, what, f)
	}
	return w.planBooking(ctx, tx, s, kind, content.Draft)
}

func (w *work) planBooking(ctx context.Context, tx ports.Tx, s ports.Step, kind invoice.Kind, draft invoice.Draft) error {
	text, err := json.Marshal(posting.Ending{Number: s.Number, Kind: kind, Date: draft.Date})
	if err != nil {
		return err
	}
	return tx.Steps().Plan(ctx, []ports.Step{{
		FlowID: w.flow.ID, Kind: ports.StepBooking, Key: ending(s.Key, bookedMark), State: ports.StepPlanned, Content: text,
		Document: s.Document, Amount: s.Amount, SettingsVersion: w.flow.SettingsVersion,
	}})
}

// mirror makes a booked document known to the payouts flow at once, and lets refunds
// that wait for their invoice go on.
func (w *work) mirror(ctx context.Context, tx ports.Tx, s ports.Step) error {
	shown, err := posting.Shown(s)
	if err != nil {
		return err
	}
	if err := tx.Documents().Upsert(ctx, w.flow.Target, []invoice.Document{shown.Document}, matching.Normalise); err != nil {
		return err
	}
	w.log.Info("document booked", "flow", w.flow.ID, "run", w.run.ID, "kind", shown.Kind, "number", shown.Number, "total", shown.Total.String(),
		"order", shown.References[invoice.ExternalReference1])
	return w.wake(ctx, tx, merchant.Refunds)
}

// close closes what a person was to decide about a draft that was cancelled.
func (w *work) close(ctx context.Context, tx ports.Tx, cancelled ports.Step) error {
	open := ports.ExceptionFilter{State: ports.ExceptionOpen}
	return walk.Exceptions(ctx, tx, w.merchant.ID, open, func(e ports.Exception) error {
		if e.Document != cancelled.Number || e.StepID == 0 || e.PayoutID != "" {
			return nil
		}
		return tx.Exceptions().Resolve(ctx, e.ID, "the draft is cancelled, as all of it was refunded", "kvitt", w.clock.Now().UTC())
	})
}

// Parked raises the exception of a document that a person must look at.
func (w *work) Parked(ctx context.Context, tx ports.Tx, s ports.Step, why *fault.Error) error {
	what := about{step: s.ID, document: s.Number, amount: s.Amount}
	if content, err := posting.ReadDocument(s); err == nil {
		what.purchase.ID = content.Draft.References[invoice.OrderNumber]
	}
	return w.raise(ctx, tx, what, why)
}

// finish closes the run, if one is open, and has payouts look again at what waits for
// documents, if any were made.
func (w *work) finish(ctx context.Context) error {
	if w.run.Open() {
		w.log.Info("run done", "flow", w.flow.ID, "run", w.run.ID)
	}
	return w.run.Finish(ctx, ports.RunDone, nil, func(ctx context.Context, tx ports.Tx) error {
		run, err := tx.Runs().Get(ctx, w.run.ID)
		if err != nil || run.Report.Created[ports.StepBooking]+run.Report.Found[ports.StepBooking] == 0 {
			return err
		}
		return w.rematch(ctx, tx)
	})
}
