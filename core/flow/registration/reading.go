package registration

import (
	"context"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	books "github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

// Transaction is a transaction with what its events add up to. Sums count only
// what stands; what a payout proves of a side that the shop registers is not
// counted twice.
type Transaction struct {
	ID     string
	Order  string
	Method payment.Method
	State  payment.State
	Events []ports.EventRecord
}

// Transaction gives one transaction.
func (s *Service) Transaction(ctx context.Context, merchantID, id string) (Transaction, error) {
	var found Transaction
	err := s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		l, err := s.openLedger(ctx, tx, merchantID)
		if err != nil {
			return err
		}
		t, err := l.trade(ctx, id)
		if err != nil {
			return err
		}
		told := map[payment.Kind]bool{}
		for _, e := range t.events {
			told[e.Kind] = told[e.Kind] || e.Origin == payment.FromShop && e.State != ports.EventWithdrawn
		}
		var standing []payment.Event
		for _, e := range t.events {
			out := e.State == ports.EventPending || e.State == ports.EventFlagged || e.State == ports.EventWithdrawn
			if !out && (e.Origin == payment.FromShop || !told[e.Kind]) {
				standing = append(standing, e.Event)
			}
		}
		found = Transaction{ID: id, Order: t.order, Method: t.method, Events: t.events}
		found.State, err = payment.StateOf(standing)
		return err
	})
	return found, err
}

// Events lists a merchant's events in the order registered; after is a Num.
func (s *Service) Events(ctx context.Context, merchantID string, filter ports.EventFilter, after int64, limit int) ([]ports.EventRecord, error) {
	var found []ports.EventRecord
	err := s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if _, err = tx.Merchants().Get(ctx, merchantID); err != nil {
			return err
		}
		found, err = tx.Events().List(ctx, merchantID, filter, after, limit)
		return err
	})
	return found, err
}

// Event gives one event.
func (s *Service) Event(ctx context.Context, id string) (ports.EventRecord, error) {
	var e ports.EventRecord
	err := s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		e, err = tx.Events().Get(ctx, id)
		return err
	})
	return e, err
}

// Steps gives the steps that book events, by key.
func (s *Service) Steps(ctx context.Context, events []ports.EventRecord) (map[string]ports.Step, error) {
	steps := map[string]ports.Step{}
	err := s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		for _, e := range events {
			for _, key := range e.Steps {
				if _, known := steps[key]; known {
					continue
				}
				step, err := tx.Steps().ByKey(ctx, key)
				if err != nil {
					return err
				}
				steps[key] = step
			}
		}
		return nil
	})
	return steps, err
}

// Voucher is a voucher of events with how far it is.
type Voucher struct {
	ports.Step
	Series  string
	Voucher books.Voucher
}

// Vouchers lists the vouchers of a flow of events in the order planned; after is
// the id of a step.
func (s *Service) Vouchers(ctx context.Context, flowID string, after int64, limit int) ([]Voucher, error) {
	var found []Voucher
	err := s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		if _, err := tx.Flows().Get(ctx, flowID); err != nil {
			return err
		}
		steps, err := tx.Steps().ListOfFlow(ctx, flowID, after, limit)
		if err != nil {
			return err
		}
		for _, step := range steps {
			v := Voucher{Step: step}
			if v.Series, v.Voucher, err = posting.ReadVoucher(step); err != nil {
				return err
			}
			found = append(found, v)
		}
		return nil
	})
	return found, err
}

// RetryException tries again what an exception about an event or its voucher
// stopped, after its reason is gone.
func (s *Service) RetryException(ctx context.Context, exceptionID, by string) error {
	var e ports.Exception
	err := s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		e, err = tx.Exceptions().Get(ctx, exceptionID)
		return err
	})
	if err != nil {
		return err
	}
	if e.State != ports.ExceptionOpen {
		return fault.New(CodeNotOpen, fault.Conflict, "the exception is resolved: "+e.Resolution)
	}
	return s.update(ctx, e.MerchantID, func(ctx context.Context, l *ledger) error {
		if err := l.audit(ctx, by, "exception.retried", e.ID, string(e.Code)); err != nil {
			return err
		}
		if e.EventID != "" {
			event, err := l.tx.Events().Get(ctx, e.EventID)
			if err != nil {
				return err
			}
			if err := l.judgeAll(ctx, []string{event.Transaction}); err != nil {
				return err
			}
			return l.wake(ctx)
		}
		if e.Order != "" {
			return l.retryShopOrder(ctx, e, by)
		}
		return l.retryVoucher(ctx, e, by)
	})
}

// retryVoucher tries the voucher of an exception again. Whether the refused attempt
// left a trace is looked up: the step stays open and its next attempt searches
// first. A voucher whose event was taken back since is not tried.
func (l *ledger) retryVoucher(ctx context.Context, e ports.Exception, by string) error {
	step, err := l.tx.Steps().Get(ctx, e.StepID)
	if err != nil {
		return err
	}
	now := l.clock.Now().UTC()
	if step.State == ports.StepDropped {
		return l.tx.Exceptions().Resolve(ctx, e.ID, "its event was taken back", by, now)
	}
	if step.State == ports.StepParked {
		step.State, step.Fault = ports.StepOpen, nil
		if err := l.tx.Steps().Save(ctx, step); err != nil {
			return err
		}
	}
	if err := l.tx.Exceptions().Resolve(ctx, e.ID, "retried", by, now); err != nil {
		return err
	}
	return l.wake(ctx)
}
