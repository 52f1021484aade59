package registration

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/start"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// stepsAtOnce is how many steps are taken up in one unit of work.
const stepsAtOnce = 40

// Advance moves a flow of events on: if it is on, it takes in what its shop tells;
// it judges what was parked anew, plans the summaries that are due and, if the flow is on, writes what is planned. It is
// done when nothing is left to do now; else it wants to be called again. It can be
// stopped anywhere, also by a crash.
func (s *Service) Advance(ctx context.Context, flowID string) (done bool, err error) {
	var flow merchant.Flow
	err = s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		flow, err = tx.Flows().Get(ctx, flowID)
		return err
	})
	if err != nil {
		return false, err
	}
	unread := false
	if flow.Enabled && flow.FromShop() {
		if done, unread, err = s.takeIn(ctx, flow); err != nil || !done {
			return false, err
		}
	}
	if err := s.pages(ctx, flow.MerchantID, (*ledger).retryParked); err != nil {
		return false, err
	}
	if err := s.pages(ctx, flow.MerchantID, (*ledger).summarise); err != nil {
		return false, err
	}
	if !flow.Enabled {
		return true, nil
	}
	return s.post(ctx, flow, unread)
}

// pages runs a piece of work over all events, one unit of work for each page.
func (s *Service) pages(ctx context.Context, merchantID string, page func(*ledger, context.Context, int64) (int64, error)) error {
	for after := int64(0); ; {
		err := s.update(ctx, merchantID, func(ctx context.Context, l *ledger) error {
			var err error
			after, err = page(l, ctx, after)
			return err
		})
		if err != nil || after == 0 {
			return err
		}
	}
}

// retryParked judges the transactions of parked events anew, whose missing setting
// may be there by now.
func (l *ledger) retryParked(ctx context.Context, after int64) (int64, error) {
	parked, err := l.tx.Events().List(ctx, l.merchant.ID, ports.EventFilter{State: ports.EventParked}, after, 200)
	if err != nil || len(parked) == 0 {
		return 0, err
	}
	return parked[len(parked)-1].Num, l.judgeAll(ctx, transactionsOf(parked))
}

// post writes what is planned, as a run that opens with the first write. A run that
// has not read its shop yet is not done with that.
func (s *Service) post(ctx context.Context, flow merchant.Flow, unread bool) (bool, error) {
	p := s.poster(flow)
	if err := posting.Forgo(ctx, s.store, flow); err != nil {
		return false, err
	}
	for end := s.machine().Add(s.options.Slice); s.machine().Before(end); {
		steps, err := p.pending(ctx)
		if err != nil {
			return false, err
		}
		if len(steps) == 0 && unread {
			return true, nil
		}
		if len(steps) == 0 {
			return true, p.run.Finish(ctx, ports.RunDone, nil, nil)
		}
		if err := p.take(ctx, steps); err != nil {
			return p.run.Stumble(ctx, err)
		}
	}
	return false, nil
}

// poster writes the steps of one flow.
type poster struct {
	*Service
	flow   merchant.Flow
	target *remote.Account
	run    *posting.Run
}

func (s *Service) poster(flow merchant.Flow) poster {
	return poster{Service: s, flow: flow, run: &posting.Run{
		Store: s.store, Clock: s.clock, Machine: s.machine, Log: s.log, Tally: &remote.Tally{}, Flow: flow.ID,
	}}
}

func (p *poster) pending(ctx context.Context) (steps []ports.Step, err error) {
	err = p.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if p.run.Run, err = tx.Runs().Current(ctx, p.flow.ID); err != nil && fault.CodeOf(err) != ports.CodeNotFound {
			return err
		}
		steps, err = posting.WritableOfFlow(ctx, tx, p.flow.ID, p.run.ID, stepsAtOnce)
		return err
	})
	return steps, err
}

func (p *poster) take(ctx context.Context, steps []ports.Step) error {
	if !p.run.Open() {
		if _, err := p.Start(ctx, p.flow.ID, "events"); err != nil {
			return err
		}
		if _, err := p.pending(ctx); err != nil {
			return err
		}
	}
	if p.target == nil {
		var err error
		if p.target, err = p.desk.Open(ctx, p.flow.Target); err != nil {
			return err
		}
	}
	clerk := posting.Clerk{
		Store: p.store, Target: p.target, Clock: p.clock, Tally: p.run.Tally, Log: p.log, Owner: p, RunID: p.run.ID, Attempts: p.options.Attempts,
	}
	return clerk.TakeAll(ctx, steps)
}

// Intend notes nothing: a voucher is recognised by its key.
func (p *poster) Intend(context.Context, ports.Tx, ports.Step) (json.RawMessage, error) {
	return nil, nil
}

// Done has nothing to add to what the step itself says.
func (p *poster) Done(context.Context, ports.Tx, ports.Step) error { return nil }

// Parked raises the exception of a voucher that a person must look at.
func (p *poster) Parked(ctx context.Context, tx ports.Tx, s ports.Step, why *fault.Error) error {
	return tx.Exceptions().Raise(ctx, ports.Exception{
		ID:         identify("ex-", s.Key, strconv.Itoa(s.Attempt), p.machine().UTC().Format(time.RFC3339Nano)),
		MerchantID: p.flow.MerchantID, StepID: s.ID, Code: why.Code, Reference: s.Key, Reason: why.Reason, Remedy: why.Remedy,
		Amount: s.Amount, State: ports.ExceptionOpen, RaisedAt: p.clock.Now().UTC(),
	})
}

// Start opens a run of a flow of events and asks for its work. A flow that is
// running already gets no second run.
func (s *Service) Start(ctx context.Context, flowID, trigger string) (ports.Run, error) {
	var run ports.Run
	err := s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		run, _, err = start.Enabled(ctx, tx, flowID, trigger, s.machine())
		return err
	})
	return run, err
}
