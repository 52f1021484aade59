package settlement

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// Faults of undoing a payout.
const (
	// CodeReasonMissing: a correction must say why it is made.
	CodeReasonMissing fault.Code = "undo.reason_missing"
	// CodeNotUndoable: nothing of the payout is booked, or it is undone already.
	CodeNotUndoable fault.Code = "undo.not_booked"
	// CodeUndoUnsettled: it is not known of a write whether it took effect.
	CodeUndoUnsettled fault.Code = "undo.outcome_open"
	// CodeUndoChanged: the payout was worked on while its undoing was prepared.
	CodeUndoChanged fault.Code = "undo.changed_meanwhile"
	// CodeNoReleases: the accounting system does not let kvitt take payments back.
	CodeNoReleases fault.Code = "undo.no_releases"
	// CodeNotUndone: only a payout that was undone can be booked anew.
	CodeNotUndone fault.Code = "rebook.not_undone"
)

// Undoing is what undoing a payout means.
type Undoing struct {
	// Documents are what is written to the accounting system. Nothing is deleted there.
	Documents []Counter
	// Dropped counts planned documents that were never made and never will be.
	Dropped int
	// Confirmed says that it was begun and not merely proposed.
	Confirmed bool
}

// Counter takes back one document.
type Counter struct {
	Kind ports.StepKind
	// Key is its own, Reverses that of the document that it takes back, Number the
	// number of that one in the accounting system.
	Key      string
	Reverses string
	Number   string
	// Document is the invoice or credit invoice that is open again, or empty.
	Document string
	Date     civil.Date
	Amount   money.Amount
	// Text and Rows are those of a voucher.
	Text string
	Rows []ledger.Row
}

// Undo takes back everything that was booked for a payout: vouchers by vouchers
// with the sides swapped, payments by releases, each linked to what it takes back
// (BFL 5 kap. 5 §, BFNAR 2013:2 2.17). What was planned and never made is dropped.
// Without confirm it only says what that means. Payments that others made and a
// person adopted stay where they are.
//
// It is refused while the outcome of a write is open. Once all of it is done the
// payout is undone and can be booked anew, see Rebook.
func (s *Service) Undo(ctx context.Context, payoutID, reason, by string, confirm bool) (Undoing, error) {
	if reason = strings.TrimSpace(reason); reason == "" {
		return Undoing{}, fault.Invalid(CodeReasonMissing, "reason", "a correction must say why it is made")
	}
	u, err := s.openUndo(ctx, payoutID, by)
	if err != nil {
		return Undoing{}, err
	}
	if err := u.check(); err != nil {
		return Undoing{}, err
	}
	planned, counters, err := u.prepare(ctx, reason)
	if err != nil {
		return Undoing{}, err
	}
	undoing := Undoing{Documents: counters, Confirmed: confirm}
	for _, step := range u.steps {
		if droppable(step) {
			undoing.Dropped++
		}
	}
	if !confirm {
		return undoing, nil
	}
	return undoing, s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		return u.begin(ctx, tx, planned, reason)
	})
}

// undo is a payout with all of its steps.
type undo struct {
	casefile
	steps []ports.Step
}

// openUndo loads a payout and the flow it belongs to.
func (s *Service) openUndo(ctx context.Context, payoutID, by string) (*undo, error) {
	u := &undo{casefile: casefile{work: &work{Service: s, tally: &remote.Tally{}}, by: by}}
	err := s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if u.payout, err = tx.Payouts().Get(ctx, payoutID); err != nil {
			return err
		}
		if u.flow, err = tx.Flows().Get(ctx, u.payout.FlowID); err != nil {
			return err
		}
		if u.merchant, err = tx.Merchants().Get(ctx, u.flow.MerchantID); err != nil {
			return err
		}
		u.steps, err = stepsOf(ctx, tx, payoutID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return u, u.connect(ctx)
}

func stepsOf(ctx context.Context, tx ports.Tx, payoutID string) ([]ports.Step, error) {
	var all []ports.Step
	for after := int64(0); ; {
		steps, err := tx.Steps().List(ctx, payoutID, after, ports.MaxBatch)
		if err != nil {
			return nil, err
		}
		all = append(all, steps...)
		if len(steps) < ports.MaxBatch {
			return all, nil
		}
		after = steps[len(steps)-1].ID
	}
}

// check refuses what cannot be undone now.
func (u *undo) check() error {
	switch u.payout.State {
	case payout.Planned, payout.Booking, payout.Booked, payout.Closed:
	case payout.Undoing, payout.Undone, payout.Fetching, payout.Fetched, payout.Held:
		return fault.New(CodeNotUndoable, fault.Conflict, "the payout is "+string(u.payout.State)+", so there is nothing to undo")
	}
	for _, s := range u.steps {
		if s.State == ports.StepOpen || (s.State == ports.StepParked && !s.Unwritten()) {
			return fault.New(CodeUndoUnsettled, fault.Conflict, "it is not known whether the "+strings.ReplaceAll(string(s.Kind), "_", " ")+" "+s.Key+" was written").
				WithRemedy("let the flow run until it is known, or resolve the exception of the document, then undo the payout")
		}
	}
	return nil
}

// droppable tells what was never written and is not given up yet.
func droppable(s ports.Step) bool { return s.State != ports.StepDropped && s.Unwritten() }

// begin stores the plan of an undoing if it still fits what it was made for.
func (u *undo) begin(ctx context.Context, tx ports.Tx, planned []ports.Step, reason string) error {
	p, err := tx.Payouts().Get(ctx, u.payout.ID)
	if err != nil {
		return err
	}
	steps, err := stepsOf(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	same := slices.EqualFunc(steps, u.steps, func(a, b ports.Step) bool { return a.ID == b.ID && a.State == b.State })
	if p.State != u.payout.State || !same {
		return fault.New(CodeUndoChanged, fault.Conflict, "the payout was worked on meanwhile").WithRemedy("look at it again and repeat the request")
	}
	for _, s := range steps {
		if droppable(s) {
			if err := u.drop(ctx, tx, s); err != nil {
				return err
			}
		}
	}
	if err := u.closeExceptions(ctx, tx, "the payout is undone"); err != nil {
		return err
	}
	for batch := range slices.Chunk(planned, ports.MaxBatch) {
		if err := tx.Steps().Plan(ctx, batch); err != nil {
			return err
		}
	}
	p.State, p.UpdatedAt = payout.Undoing, u.clock.Now().UTC()
	if err := tx.Payouts().Save(ctx, p); err != nil {
		return err
	}
	return u.note(ctx, tx, "payout.undone", p.Reference+": "+reason)
}

// drop gives up a planned document and what it claimed.
func (w *work) drop(ctx context.Context, tx ports.Tx, s ports.Step) error {
	s.State = ports.StepDropped
	if err := tx.Steps().Save(ctx, s); err != nil || s.Kind != ports.StepPayment {
		return err
	}
	return tx.Documents().Claim(ctx, w.flow.Target, []ports.Claim{{Number: s.Document, Amount: s.Amount.Neg()}})
}

// closeExceptions resolves what a person was to decide about the payout.
func (c *casefile) closeExceptions(ctx context.Context, tx ports.Tx, why string) error {
	for {
		open, err := tx.Exceptions().List(ctx, c.payout.MerchantID, ports.ExceptionFilter{PayoutID: c.payout.ID, State: ports.ExceptionOpen}, ports.Page{Limit: 1000})
		if err != nil || len(open) == 0 {
			return err
		}
		for _, e := range open {
			if err := tx.Exceptions().Resolve(ctx, e.ID, why, c.by, c.clock.Now().UTC()); err != nil {
				return err
			}
		}
	}
}

// note writes the audit log and starts a run.
func (c *casefile) note(ctx context.Context, tx ports.Tx, act, detail string) error {
	err := tx.Audit().Append(ctx, ports.AuditEntry{
		MerchantID: c.flow.MerchantID, At: c.clock.Now().UTC(), By: c.by, Act: act, Subject: c.payout.ID, Detail: detail,
	})
	if err != nil {
		return err
	}
	return c.trigger(ctx, tx, act)
}

// unwind carries out the undoing of a payout.
func (w *work) unwind(ctx context.Context, p ports.PayoutRecord) (Next, error) {
	var counters []ports.Step
	err := w.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		steps, err := tx.Steps().Pending(ctx, p.ID, 0, stepsAtOnce)
		if err != nil {
			return err
		}
		for _, s := range steps {
			if s.Reverses != "" {
				continue
			}
			// A slice that had read the payout before it was undone planned it.
			if err := w.drop(ctx, tx, s); err != nil {
				return err
			}
		}
		counters, err = posting.WritableOf(ctx, tx, p, w.run.ID, stepsAtOnce)
		return err
	})
	if err != nil {
		return Next{}, err
	}
	if len(counters) > 0 {
		return w.carryOut(ctx, p, counters)
	}
	return Next{}, w.undone(ctx, p)
}

// undone ends the undoing of a payout unless a person has to help.
func (w *work) undone(ctx context.Context, p ports.PayoutRecord) error {
	after := w.succeeded()
	after.Payout, after.Line = p.ID, 0
	return w.update(ctx, after, func(ctx context.Context, tx ports.Tx) error {
		counts, err := tx.Steps().Counts(ctx, p.ID)
		if err != nil || counts[ports.StepParked]+counts[ports.StepPlanned]+counts[ports.StepOpen] > 0 {
			return err
		}
		if err := tx.Lines().Reset(ctx, p.ID); err != nil {
			return err
		}
		p.State, p.UpdatedAt = payout.Undone, w.clock.Now().UTC()
		w.log.Info("payout undone", "payout", p.ID, "provider_reference", p.Reference)
		return tx.Payouts().Save(ctx, p)
	})
}

// issue tells the documents of a payout that was booked anew from those before.
func issue(p ports.PayoutRecord) string {
	if p.Generation == 0 {
		return ""
	}
	return "G" + strconv.Itoa(p.Generation+1) + ":"
}

// Rebook plans and books a payout anew after it was undone, by the settings of now.
// All documents have new keys; the new voucher names the one that it replaces and
// the correction of that.
func (s *Service) Rebook(ctx context.Context, payoutID, by string) error {
	u, err := s.openUndo(ctx, payoutID, by)
	if err != nil {
		return err
	}
	return s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		p, err := tx.Payouts().Get(ctx, payoutID)
		if err != nil {
			return err
		}
		if p.State != payout.Undone {
			return fault.New(CodeNotUndone, fault.Conflict, "the payout is "+string(p.State)+", not undone").
				WithRemedy("undo it first and wait until that is done")
		}
		p.State, p.PlannedTo, p.UpdatedAt = payout.Fetched, 0, s.clock.Now().UTC()
		p.Generation++
		if err := tx.Payouts().Save(ctx, p); err != nil {
			return err
		}
		return u.note(ctx, tx, "payout.rebooked", p.Reference)
	})
}
