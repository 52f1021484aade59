package main

import (
	"context"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// CodeReleaseRefused: Fortnox does not let a booked payment be taken back this way.
const CodeReleaseRefused fault.Code = "erp.release_refused"

// EnsureReleased implements ports.PaymentReleases. Fortnox removes a payment that
// is not booked. A booked one is never deleted, because its voucher would have to
// go with it; a payment of the opposite amount is booked against it instead, on
// the same account and with the same write-offs.
//
// That Fortnox takes such a payment is not documented. If it refuses, nothing has
// happened and a person takes the payment back in Fortnox.
func (c *Connector) EnsureReleased(ctx context.Context, req ports.ReleaseRequest) (ports.ReleaseResult, error) {
	return upstream.Serve(c.open(req.Call, 0), func(s *session) (ports.ReleaseResult, error) { return s.release(ctx, req) })
}

func (s *session) release(ctx context.Context, req ports.ReleaseRequest) (ports.ReleaseResult, error) {
	made, err := s.Payment(ctx, req.PaymentNumber)
	switch f := fault.Of(err); {
	case f != nil && f.Class == fault.NotFound:
		return ports.ReleaseResult{Number: req.PaymentNumber, Outcome: ports.Found}, nil
	case err != nil && req.Attempt > 1:
		return ports.ReleaseResult{}, upstream.Unsettled(err)
	case err != nil:
		return ports.ReleaseResult{}, err
	case string(made.InvoiceNumber) != req.DocumentNumber:
		return ports.ReleaseResult{}, fault.Invalid(CodeReleaseRefused, "payment_number",
			"payment "+req.PaymentNumber+" belongs to document "+string(made.InvoiceNumber))
	case !bool(made.Booked):
		return s.remove(ctx, req)
	}
	opposite, err := opposed(made, req)
	if err != nil {
		return ports.ReleaseResult{}, err
	}
	booked, err := s.ensurePayment(ctx, ports.PaymentRequest{
		Write: req.Write, Payment: opposite, Known: req.Known, BalanceBefore: req.BalanceBefore,
	})
	if f := fault.Of(err); f != nil && f.Class == fault.Validation {
		return ports.ReleaseResult{}, fault.New(CodeReleaseRefused, fault.Conflict,
			"Fortnox refuses to take payment "+req.PaymentNumber+" of document "+req.DocumentNumber+" back: "+f.Reason).
			From(fault.Upstream).WithRemedy("take the payment back by hand in Fortnox, then retry the exception").Wrap(err)
	}
	return ports.ReleaseResult{Number: booked.Number, Outcome: booked.Outcome}, err
}

// remove deletes a payment that was registered and never booked.
func (s *session) remove(ctx context.Context, req ports.ReleaseRequest) (ports.ReleaseResult, error) {
	if s.Left() < 1 {
		return ports.ReleaseResult{}, upstream.Exhausted(req.Write)
	}
	if err := s.DeletePayment(ctx, req.PaymentNumber); err != nil {
		return ports.ReleaseResult{}, err
	}
	return ports.ReleaseResult{Number: req.PaymentNumber, Outcome: ports.Created}, nil
}

// opposed gives the payment that takes back the effect of another.
func opposed(made client.Payment, req ports.ReleaseRequest) (ports.Payment, error) {
	amount, err := money.Round(made.Amount.Decimal, booksCurrency)
	if err != nil {
		return ports.Payment{}, err
	}
	opposite := ports.Payment{
		DocumentNumber: req.DocumentNumber, DocumentKind: req.DocumentKind, Amount: amount.Neg(),
		Account: ledger.Account(made.ModeOfPaymentAccount), Date: req.Date,
	}
	if opposite.Exchange, err = settled(made); err != nil {
		return ports.Payment{}, err
	}
	if opposite.Exchange != nil {
		opposite.Exchange.Original = opposite.Exchange.Original.Neg()
	}
	for _, off := range made.WriteOffs {
		amount, err := money.Round(off.Amount.Decimal, booksCurrency)
		if err != nil {
			return ports.Payment{}, err
		}
		opposite.WriteOffs = append(opposite.WriteOffs, ports.WriteOff{
			Account: ledger.Account(off.AccountNumber), Amount: amount.Neg(), Text: "Payment " + req.PaymentNumber + " taken back",
		})
	}
	return opposite, nil
}
