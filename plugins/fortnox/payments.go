package main

import (
	"context"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// Faults of payments.
const (
	// CodePaymentOpen: the payment was registered, and whether it is booked is not known.
	CodePaymentOpen fault.Code = "erp.payment_not_booked"
	// CodePaymentUnnumbered: the payment was registered without a number.
	CodePaymentUnnumbered fault.Code = "fortnox.payment_unnumbered"
)

// EnsurePayment implements ports.InvoicePayments. Fortnox registers a payment as a
// draft without effect; a second request books it.
func (c *Connector) EnsurePayment(ctx context.Context, req ports.PaymentRequest) (ports.PaymentResult, error) {
	return upstream.Serve(c.open(req.Call, 0), func(s *session) (ports.PaymentResult, error) { return s.ensurePayment(ctx, req) })
}

func (s *session) ensurePayment(ctx context.Context, req ports.PaymentRequest) (ports.PaymentResult, error) {
	body, err := paymentBody(req.Payment, s.settings.ModeOfPayment)
	if err != nil {
		return ports.PaymentResult{}, err
	}
	if req.Attempt > 1 {
		made, found, err := s.lookForPayment(ctx, req)
		if err != nil {
			return ports.PaymentResult{}, err
		}
		if found {
			return s.finishPayment(ctx, made, req.Payment)
		}
	}
	const requests = 2
	if s.Left() < requests {
		return ports.PaymentResult{}, upstream.Exhausted(req.Write)
	}
	made, err := s.CreatePayment(ctx, body)
	if err != nil {
		return ports.PaymentResult{}, err
	}
	if made.Number == "" {
		return ports.PaymentResult{}, fault.New(CodePaymentUnnumbered, fault.Unknown, "Fortnox registered a payment and did not say its number").
			From(fault.Upstream)
	}
	if err := s.unfit(ctx, made, req.Payment); err != nil {
		return ports.PaymentResult{}, err
	}
	return s.bookPayment(ctx, string(made.Number), ports.Created)
}

// finishPayment books what an earlier attempt has registered, unless it is booked.
func (s *session) finishPayment(ctx context.Context, made client.Payment, intended ports.Payment) (ports.PaymentResult, error) {
	if made.Booked {
		return ports.PaymentResult{Number: string(made.Number), Outcome: ports.Found}, nil
	}
	if err := s.unfit(ctx, made, intended); err != nil {
		return ports.PaymentResult{}, err
	}
	return s.bookPayment(ctx, string(made.Number), ports.Found)
}

// bookPayment books a registered payment. The payment exists whatever happens
// here, so no failure may be taken for one that has done nothing.
func (s *session) bookPayment(ctx context.Context, number string, outcome ports.Outcome) (ports.PaymentResult, error) {
	booked, err := s.BookPayment(ctx, number)
	if err != nil {
		return ports.PaymentResult{}, upstream.Halfway("payment "+number+" is registered in Fortnox and may not be booked", err)
	}
	if !booked.Booked {
		return ports.PaymentResult{}, fault.New(CodePaymentOpen, fault.Unknown, "payment "+number+" is registered in Fortnox but not booked").
			From(fault.Upstream).WithRemedy("book the payment in Fortnox")
	}
	return ports.PaymentResult{Number: number, Outcome: outcome}, nil
}
