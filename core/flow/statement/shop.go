package statement

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// Shop knows what a merchant's own web shop has registered: which transactions the
// vouchers of its events are about, and which lines of payouts the events settle.
type Shop struct {
	// Flow is the one that books the events.
	Flow merchant.Flow
	// byStep are the events of each step, transactions those of each event's key.
	byStep       map[string][]told
	transactions map[string]string
}

// told is an event with its effect on what the provider owes, debit positive.
type told struct {
	transaction string
	amount      money.Amount
}

// Share is the part of an amount that belongs to one transaction. What belongs to
// none that is known has an empty one.
type Share struct {
	Transaction string
	Amount      money.Amount
}

// ReadShop reads the events of a merchant that are booked in an accounting system; it
// gives nil if the merchant has no flow of events to it.
func ReadShop(ctx context.Context, tx ports.Tx, merchantID, target string) (*Shop, error) {
	flow, err := eventsFlow(ctx, tx, merchantID, target)
	if err != nil || flow.ID == "" {
		return nil, err
	}
	shop := &Shop{Flow: flow, byStep: map[string][]told{}, transactions: map[string]string{}}
	err = walk.Events(ctx, tx, merchantID, ports.EventFilter{}, func(e ports.EventRecord) error {
		shop.add(e)
		return nil
	})
	return shop, err
}

func eventsFlow(ctx context.Context, tx ports.Tx, merchantID, target string) (merchant.Flow, error) {
	var found merchant.Flow
	err := walk.Flows(ctx, tx, merchantID, func(f merchant.Flow) error {
		if f.Kind == merchant.Events && f.Target == target {
			found = f
			return walk.ErrEnough
		}
		return nil
	})
	return found, err
}

func (s *Shop) add(e ports.EventRecord) {
	if e.Origin != payment.FromShop {
		return
	}
	s.transactions[e.Key] = e.Transaction
	one := told{transaction: e.Transaction, amount: money.Zero(e.Amount.Currency())}
	switch e.Kind {
	case payment.Payment:
		one.amount = e.Amount
	case payment.Refund:
		one.amount = e.Amount.Neg()
	case payment.Deposit, payment.Credit, payment.Prepare, payment.Cancel:
	}
	for _, key := range e.Steps {
		s.byStep[key] = append(s.byStep[key], one)
	}
}

// Shares divides what the voucher of a step puts on a clearing account among the
// transactions of its events. A voucher of a single transaction is all of it; in a
// summary each event has its amount, and what is left, such as fees that were stated
// with captures, belongs to none.
func (s *Shop) Shares(step string, amount money.Amount) ([]Share, error) {
	events := s.byStep[step]
	if len(events) == 0 {
		return []Share{{Amount: amount}}, nil
	}
	single := true
	for _, e := range events {
		single = single && e.transaction == events[0].transaction
	}
	if single {
		return []Share{{events[0].transaction, amount}}, nil
	}
	var shares []Share
	for _, e := range events {
		var err error
		if amount, err = amount.Sub(e.amount); err != nil {
			return nil, err
		}
		shares = append(shares, Share{e.transaction, e.amount})
	}
	if !amount.IsZero() {
		shares = append(shares, Share{Amount: amount})
	}
	return shares, nil
}

// EachSettled visits the lines of a payout that events settle, each with their
// transaction.
func (s *Shop) EachSettled(ctx context.Context, tx ports.Tx, payoutID string, visit func(l ports.LineRecord, transaction string) error) error {
	for _, kind := range []payout.Kind{payout.Sale, payout.Refund} {
		err := walk.Lines(ctx, tx, payoutID, ports.LineFilter{State: ports.LineNoDocument, Kind: kind}, 0, func(l ports.LineRecord) error {
			if l.Gross.IsZero() || len(l.Decision) == 0 {
				return nil
			}
			var kept struct{ Events []string }
			if err := json.Unmarshal(l.Decision, &kept); err != nil {
				return fmt.Errorf("reading the decision on line %d: %w", l.ID, err)
			}
			if len(kept.Events) == 0 {
				return nil
			}
			return visit(l, s.transactions[kept.Events[0]])
		})
		if err != nil {
			return err
		}
	}
	return nil
}
