package settlement

import (
	"context"
	"errors"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// Faults of trying.
const (
	// CodeNotRead: the rows of the payout are not read and proven yet.
	CodeNotRead fault.Code = "try.not_read"
	// CodeNothingFound: no payout of the flow that is not closed carries the reference.
	CodeNothingFound fault.Code = "try.nothing_found"
	// CodeTryInvalid: it is not said what to try.
	CodeTryInvalid fault.Code = "try.invalid"
	// CodeTooManyLines: the payout is too large to be planned in one piece.
	CodeTooManyLines fault.Code = "try.too_many_lines"
)

// mostTried is the most lines of a payout that is tried: its plan is made in one unit
// of work, in which the store can take nothing else.
const mostTried = ports.MaxBatch

// Tried is what would be booked for a payout, or is already.
type Tried struct {
	Payout ports.PayoutRecord
	// Planned says that the plan is stored and frozen: it is not made for this answer.
	Planned bool
	// Fault is why nothing would be booked, or nil.
	Fault *fault.Error
	// Documents are what would be written. Those of a plan that is not stored have no
	// id, and no place in the sequence of vouchers.
	Documents []ports.Step
	// Lines are all of the payout with what would become of them.
	Lines []ports.LineRecord
	// Exceptions are what a person would have to decide.
	Exceptions []ports.Exception
}

// Try plans a payout as the next run that may write would, and keeps nothing of it:
// the plan is made by the same code in a unit of work that is given up. It reads from
// the accounting system what a run reads before it plans, and keeps that. Other
// payouts that the run takes up earlier may take documents away.
func (s *Service) Try(ctx context.Context, payoutID string) (Tried, error) {
	return s.try(ctx, payoutID, false)
}

// PlanAlone is Try as if nobody but kvitt had paid any document: what kvitt would have
// written if nobody else had. Of a payout whose plan is stored it gives that.
func (s *Service) PlanAlone(ctx context.Context, payoutID string) (steps []ports.Step, why *fault.Error, err error) {
	tried, err := s.try(ctx, payoutID, true)
	return tried.Documents, tried.Fault, err
}

func (s *Service) try(ctx context.Context, payoutID string, alone bool) (Tried, error) {
	u, err := s.openUndo(ctx, payoutID, "")
	if err != nil {
		return Tried{}, err
	}
	switch u.payout.State {
	case payout.Fetched:
		return u.tryPlan(ctx, u.payout, alone)
	case payout.Fetching:
		return Tried{}, fault.New(CodeNotRead, fault.Conflict, "the rows of the payout are not read to the end").
			WithRemedy("start a run of the flow; in shadow mode it reads and writes nothing")
	case payout.Held:
		held := fault.New(u.payout.Hold.Code, u.payout.Hold.Class, u.payout.Hold.Reason).WithRemedy(u.payout.Hold.Remedy)
		return Tried{Payout: u.payout, Fault: held}, nil
	case payout.Planned, payout.Booking, payout.Booked, payout.Closed, payout.Undoing, payout.Undone:
	}
	tried := Tried{Payout: u.payout, Planned: true}
	return tried, s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error { return tried.read(ctx, tx) })
}

// read fills in what the store says of the payout.
func (t *Tried) read(ctx context.Context, tx ports.Tx) error {
	steps, err := stepsOf(ctx, tx, t.Payout.ID)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if s.State != ports.StepDropped {
			t.Documents = append(t.Documents, s)
		}
	}
	for after := int64(0); ; {
		lines, err := tx.Lines().List(ctx, t.Payout.ID, ports.LineFilter{}, after, 1000)
		if err != nil {
			return err
		}
		t.Lines = append(t.Lines, lines...)
		if len(lines) < 1000 {
			break
		}
		after = lines[len(lines)-1].Ordinal
	}
	for after := ""; ; {
		open, err := tx.Exceptions().List(ctx, t.Payout.MerchantID, ports.ExceptionFilter{PayoutID: t.Payout.ID, State: ports.ExceptionOpen}, ports.Page{After: after, Limit: 1000})
		if err != nil || len(open) == 0 {
			return err
		}
		t.Exceptions = append(t.Exceptions, open...)
		after = open[len(open)-1].ID
	}
}

// rehearsal is the planning of a payout of which nothing is kept. No remote system may
// be asked while it lasts, so it notes what it must know and is begun anew with that.
type rehearsal struct {
	// alone lets every document be open for all that kvitt has not paid itself.
	alone bool
	// keys are to be searched for, days to be asked about.
	keys []ports.DocumentKey
	days []civil.Date
}

// errAside ends a rehearsal that must know more; errOver one that is through.
var (
	errAside = errors.New("the rehearsal must know more")
	errOver  = errors.New("the rehearsal is over")
)

// tryPlan rehearses the planning of a payout whose rows are in.
func (w *work) tryPlan(ctx context.Context, p ports.PayoutRecord, alone bool) (Tried, error) {
	if err := w.refresh(ctx, p); err != nil {
		return Tried{}, err
	}
	for {
		r := &rehearsal{alone: alone}
		var tried Tried
		err := w.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
			r.keys, r.days, tried = nil, nil, Tried{Payout: p}
			return w.rehearse(ctx, tx, r, &tried)
		})
		switch {
		case errors.Is(err, errOver):
			return tried, nil
		case !errors.Is(err, errAside):
			return Tried{}, err
		}
		for _, key := range r.keys {
			if err := w.search(ctx, key); err != nil {
				return Tried{}, err
			}
		}
		if err := w.learn(ctx, r.days...); err != nil {
			return Tried{}, err
		}
	}
}

// refresh reads what a run reads before it plans.
func (w *work) refresh(ctx context.Context, p ports.PayoutRecord) error {
	err := w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		states, err := tx.Lines().States(ctx, p.ID)
		var lines int64
		for _, n := range states {
			lines += n
		}
		if err == nil && lines > mostTried {
			err = fault.New(CodeTooManyLines, fault.Conflict, "the payout has more lines than can be tried").
				WithRemedy("set the flow to approve, in which the plan is stored and waits for a release")
		}
		return err
	})
	if err != nil {
		return err
	}
	w.run.StartedAt = w.machine() // what was searched for before may be there by now
	defer w.dropAhead()
	for w.progress = (progress{Phase: phaseMirroring}); w.progress.Phase == phaseMirroring; {
		if err := w.mirrorPage(ctx); err != nil {
			return err
		}
	}
	return nil
}

// rehearse plans the payout in a unit of work, reads what came of it, and fails, so
// that nothing of it stays.
func (w *work) rehearse(ctx context.Context, tx ports.Tx, r *rehearsal, tried *Tried) error {
	service := w.Service
	within := *service
	within.store, within.log = inside{tx}, silent{}
	w.Service, w.rehearsal, w.claimed = &within, r, nil
	defer func() { w.Service, w.rehearsal, w.claimed = service, nil, nil }()
	for tried.Payout.State == payout.Fetched {
		err := w.plan(ctx, tried.Payout)
		if f := fault.Of(err); f != nil && w.mayPass(tried.Payout, f.Code) {
			tried.Fault = f
			return errOver
		}
		if err != nil {
			return err
		}
		if len(r.keys) > 0 {
			return errAside
		}
		if tried.Payout, err = tx.Payouts().Get(ctx, tried.Payout.ID); err != nil {
			return err
		}
	}
	if err := tried.read(ctx, tx); err != nil {
		return err
	}
	tried.forget()
	return errOver
}

// forget takes away what was only lent for the rehearsal.
func (t *Tried) forget() {
	for i := range t.Documents {
		t.Documents[i].ID, t.Documents[i].Registration = 0, 0
	}
	for i := range t.Exceptions {
		t.Exceptions[i].ID, t.Exceptions[i].StepID = "", 0
	}
}

// reopen gives documents, and keeps them for the rest of the rehearsal, as if kvitt
// alone had paid them.
func (w *work) reopen(ctx context.Context, tx ports.Tx, documents []ports.DocumentRecord) ([]ports.DocumentRecord, error) {
	open := make([]invoice.Document, len(documents))
	for i := range documents {
		var err error
		if documents[i].Balance, err = documents[i].Total.Sub(documents[i].Paid); err != nil {
			return nil, err
		}
		open[i] = documents[i].Document
	}
	if len(open) == 0 {
		return documents, nil
	}
	return documents, tx.Documents().Upsert(ctx, w.flow.Target, open, normalise)
}

// inside is a store whose units of work are all a part of one.
type inside struct{ tx ports.Tx }

func (s inside) Update(ctx context.Context, fn func(ctx context.Context, tx ports.Tx) error) error {
	return fn(ctx, s.tx)
}

func (s inside) View(ctx context.Context, fn func(ctx context.Context, tx ports.Tx) error) error {
	return fn(ctx, s.tx)
}

// silent says nothing: what is only tried did not happen.
type silent struct{}

func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
