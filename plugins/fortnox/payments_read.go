package main

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// CodeTooManyPayments: the document has more payments than can be read at once.
const CodeTooManyPayments fault.Code = "erp.too_many_payments"

// ListPayments implements ports.PaymentSource. The list does not tell the account
// of a payment, so each is read by itself.
func (c *Connector) ListPayments(ctx context.Context, req ports.ListPaymentsRequest) (ports.PaymentList, error) {
	return upstream.Serve(c.open(req.Call, 0), func(s *session) (ports.PaymentList, error) {
		payments, err := s.listPayments(ctx, req.DocumentNumber)
		return ports.PaymentList{Payments: payments}, err
	})
}

func (s *session) listPayments(ctx context.Context, document string) ([]ports.RegisteredPayment, error) {
	if _, err := whole("document_number", document); err != nil {
		return nil, err
	}
	items, err := s.paymentsOf(ctx, document)
	if err != nil {
		return nil, err
	}
	if len(items) > s.Left() {
		return nil, fault.New(CodeTooManyPayments, fault.Conflict, "the document has "+strconv.Itoa(len(items))+" payments, which is more than can be read at once").
			From(fault.Connector).WithRemedy("look at the payments of the document in Fortnox")
	}
	payments := make([]ports.RegisteredPayment, 0, len(items))
	for _, item := range items {
		full, err := s.Payment(ctx, string(item.Number))
		if err != nil {
			return nil, err
		}
		payment, err := registered(full)
		if err != nil {
			return nil, err
		}
		payments = append(payments, payment)
	}
	slices.SortStableFunc(payments, func(a, b ports.RegisteredPayment) int {
		return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(len(a.Number), len(b.Number)), cmp.Compare(a.Number, b.Number))
	})
	return payments, nil
}

// paymentsOf lists every payment of a document, or fails. The search is for parts
// of numbers: asked for 1001, Fortnox shows the payments of 11001 as well.
func (s *session) paymentsOf(ctx context.Context, document string) ([]client.Payment, error) {
	payments, err := all(s.connector.pageSize, func(p client.Payment) string { return string(p.Number) },
		func(w client.Window) (client.Page[client.Payment], error) { return s.Payments(ctx, document, w) })
	return slices.DeleteFunc(payments, func(p client.Payment) bool { return string(p.InvoiceNumber) != document }), err
}

// matches reports whether a payment, read by itself, is the one intended: the same
// amount on the same account on the same day, with the same write-offs.
func matches(full client.Payment, intended ports.Payment) bool {
	if !resembles(full, intended) || string(full.ModeOfPaymentAccount) != string(intended.Account) ||
		len(full.WriteOffs) != len(intended.WriteOffs) {
		return false
	}
	if intended.Exchange != nil {
		amount, _, err := split(intended)
		if err != nil || !full.AmountCurrency.Equal(amount.Decimal()) {
			return false
		}
	}
	left := slices.Clone(intended.WriteOffs)
	for _, off := range full.WriteOffs {
		amount, err := money.Round(off.Amount.Decimal, booksCurrency)
		at := slices.IndexFunc(left, func(w ports.WriteOff) bool {
			return w.Amount == amount && string(w.Account) == string(off.AccountNumber)
		})
		if err != nil || at < 0 {
			return false
		}
		left = slices.Delete(left, at, at+1)
	}
	return true
}

// resembles reports whether a payment of a list may be the one intended.
func resembles(item client.Payment, intended ports.Payment) bool {
	amount, err := money.Round(item.Amount.Decimal, booksCurrency)
	return err == nil && amount == intended.Amount && item.PaymentDate.Date == intended.Date
}
