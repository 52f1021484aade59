package main

import (
	"context"
	"slices"
	"strconv"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// Faults of looking for a payment.
const (
	// CodeAmbiguousPayment: several payments may be the one that kvitt intended.
	CodeAmbiguousPayment fault.Code = "erp.ambiguous_payment"
	// CodeBalanceChanged: somebody else has moved the balance of the document.
	CodeBalanceChanged fault.Code = "erp.balance_changed"
)

// mostCandidates bounds how many payments of equal amount and day are read.
const mostCandidates = 4

// lookForPayment finds the payment of an earlier attempt. A payment in Fortnox
// carries no text of ours, so it is known by what it does, and by not being one
// that kvitt knows already. If there is none, the balance proves that none was:
// it must be what it was when the payment was intended.
func (s *session) lookForPayment(ctx context.Context, req ports.PaymentRequest) (client.Payment, bool, error) {
	items, err := s.paymentsOf(ctx, req.Payment.DocumentNumber)
	if err != nil {
		return client.Payment{}, false, upstream.Unsettled(err)
	}
	items = slices.DeleteFunc(items, func(p client.Payment) bool {
		return slices.Contains(req.Known, string(p.Number)) || !resembles(p, req.Payment)
	})
	if len(items) > mostCandidates {
		return client.Payment{}, false, ambiguousPayment(items)
	}
	var fitting []client.Payment
	for _, item := range items {
		full, err := s.Payment(ctx, string(item.Number))
		if err != nil {
			return client.Payment{}, false, upstream.Unsettled(err)
		}
		if matches(full, req.Payment) {
			fitting = append(fitting, full)
		}
	}
	switch len(fitting) {
	case 0:
		return client.Payment{}, false, s.balanceStands(ctx, req)
	case 1:
		return fitting[0], true, nil
	}
	return client.Payment{}, false, ambiguousPayment(fitting)
}

func ambiguousPayment(found []client.Payment) error {
	return fault.New(CodeAmbiguousPayment, fault.Duplicate, strconv.Itoa(len(found))+" payments in Fortnox may be the one that was cut off").
		From(fault.Upstream).WithRemedy("remove the payments that are too many in Fortnox, or adopt the right one")
}

// balanceStands fails if the balance has moved although no payment of kvitt's
// explains it: then a person has paid meanwhile, and paying again needs a person.
func (s *session) balanceStands(ctx context.Context, req ports.PaymentRequest) error {
	if req.BalanceBefore.Currency() == "" {
		return nil
	}
	found, err := s.Invoice(ctx, req.Payment.DocumentNumber)
	if err != nil {
		return upstream.Unsettled(err)
	}
	now, err := document(found)
	if err != nil {
		return upstream.Unsettled(err)
	}
	if now.Balance == req.BalanceBefore {
		return nil
	}
	return moved(req.Payment.DocumentKind, req.BalanceBefore, now.Balance)
}

func moved(kind invoice.Kind, before, now money.Amount) error {
	const remedy = "adopt the payment that stands in Fortnox, or undo it there"
	switch {
	case !now.IsZero():
		return fault.New(CodeBalanceChanged, fault.Conflict, "the open balance was "+before.String()+" and is "+now.String()+" now").
			From(fault.Upstream).WithRemedy(remedy)
	case kind == invoice.Credit:
		return fault.New(matching.CodeAlreadyCredited, fault.Conflict, "the credit invoice was settled by somebody else").
			From(fault.Upstream).WithRemedy(remedy)
	}
	return fault.New(matching.CodeAlreadyPaid, fault.Conflict, "the invoice was paid by somebody else").
		From(fault.Upstream).WithRemedy(remedy)
}
