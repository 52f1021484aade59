package source

import (
	"context"

	"github.com/kvitt/kvitt/ports"
)

// The generator keeps nothing: the key that a document is asked for under serves
// as its number.

// EnsurePayment implements ports.InvoicePayments.
func (generator) EnsurePayment(_ context.Context, req ports.PaymentRequest) (ports.PaymentResult, error) {
	return ports.PaymentResult{Number: req.Key, Outcome: outcome(req.Write), Usage: once()}, nil
}

// ListPayments implements ports.PaymentSource.
func (generator) ListPayments(context.Context, ports.ListPaymentsRequest) (ports.PaymentList, error) {
	return ports.PaymentList{Usage: once()}, nil
}

// EnsureVoucher implements ports.Vouchers.
func (generator) EnsureVoucher(_ context.Context, req ports.VoucherRequest) (ports.VoucherResult, error) {
	return ports.VoucherResult{
		Number:  ports.VoucherNumber{Series: req.Series, Number: "1", Year: "2026"},
		Outcome: outcome(req.Write), Usage: once(),
	}, nil
}

// EnsureAttachment implements ports.Attachments.
func (generator) EnsureAttachment(_ context.Context, req ports.AttachmentRequest) (ports.AttachmentResult, error) {
	return ports.AttachmentResult{ID: req.FileName, Outcome: outcome(req.Write), Usage: once()}, nil
}

func outcome(w ports.Write) ports.Outcome {
	if w.Attempt > 1 {
		return ports.Found
	}
	return ports.Created
}
