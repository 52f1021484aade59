package registration

import (
	"context"
	"slices"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

// Faults of withdrawals.
const (
	// CodeNotWithdrawable: the event is not the shop's to take back.
	CodeNotWithdrawable fault.Code = "event.not_withdrawable"
	// CodeReasonMissing: nobody says why an event is withdrawn.
	CodeReasonMissing fault.Code = "event.reason_missing"
)

// Withdraw takes an event back that should not have been registered. The fact is
// kept with the reason and who said so, and counts for nothing from then on; what
// was booked of it is corrected, and the other events of its order are judged
// anew. Its key stays taken. Withdrawing twice changes nothing.
func (s *Service) Withdraw(ctx context.Context, eventID, reason, by string) (ports.EventRecord, error) {
	e, err := s.Event(ctx, eventID)
	if err != nil {
		return e, err
	}
	if reason == "" {
		return e, fault.Invalid(CodeReasonMissing, "reason", "a withdrawal needs a reason, which the correction states")
	}
	if e.Origin != payment.FromShop {
		return e, fault.New(CodeNotWithdrawable, fault.Conflict, "a payout proves the event").
			WithRemedy("undo the payout if it is booked wrongly")
	}
	err = s.update(ctx, e.MerchantID, func(ctx context.Context, l *ledger) error {
		d, err := l.deal(ctx, e.Transaction)
		if err != nil {
			return err
		}
		t, at := d.place(eventID)
		if t.events[at].State == ports.EventWithdrawn {
			e = t.events[at]
			return nil
		}
		why := fault.New(CodeWithdrawn, fault.Conflict, reason)
		if err := t.fall(ctx, &t.events[at], ports.EventWithdrawn, why); err != nil {
			return err
		}
		e = t.events[at]
		if err := l.tx.Events().Save(ctx, e); err != nil {
			return err
		}
		if err := l.tell(ctx, e); err != nil {
			return err
		}
		if err := l.audit(ctx, by, "event.withdrawn", e.ID, reason); err != nil {
			return err
		}
		if err := l.judgeAll(ctx, []string{e.Transaction}); err != nil {
			return err
		}
		return l.wake(ctx)
	})
	return e, err
}

// CodeWithdrawn: a person has withdrawn the event; the reason is theirs.
const CodeWithdrawn fault.Code = "event.withdrawn"

// place finds an event of the deal.
func (d *deal) place(eventID string) (*trade, int) {
	for _, t := range d.trades {
		if at := slices.IndexFunc(t.events, func(e ports.EventRecord) bool { return e.ID == eventID }); at >= 0 {
			return t, at
		}
	}
	return nil, -1
}
