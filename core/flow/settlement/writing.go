package settlement

import (
	"context"
	"encoding/json"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/ports"
)

// write makes the document of an open step in the accounting system and gives its
// number there.
func (w *work) write(ctx context.Context, s ports.Step) (string, ports.Outcome, error) {
	switch s.Kind {
	case ports.StepPayment:
		return w.writePayment(ctx, s)
	case ports.StepVoucher, ports.StepCorrection:
		return w.writeVoucher(ctx, s)
	case ports.StepAttachment:
		return w.writeAttachment(ctx, s)
	}
	return "", "", fault.New("step.kind_unknown", fault.Validation, "\""+string(s.Kind)+"\" is not a kind of step")
}

func (w *work) writePayment(ctx context.Context, s ports.Step) (string, ports.Outcome, error) {
	payments, err := remote.Capability[ports.InvoicePayments](w.target, ports.CapabilityPayments)
	if err != nil {
		return "", "", err
	}
	var known intent
	var req ports.PaymentRequest
	if err := json.Unmarshal(s.Content, &req.Payment); err != nil {
		return "", "", unreadable(s, err)
	}
	if err := json.Unmarshal(s.Intent, &known); err != nil {
		return "", "", unreadable(s, err)
	}
	req.Key, req.Attempt, req.Known, req.BalanceBefore = s.Key, s.Attempt, known.Known, known.BalanceBefore
	var result ports.PaymentResult
	err = w.target.Do(ctx, "EnsurePayment", s.Attempt, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		req.Call = call
		var err error
		result, err = payments.EnsurePayment(ctx, req)
		return result.Usage, err
	})
	return result.Number, result.Outcome, err
}

func (w *work) writeVoucher(ctx context.Context, s ports.Step) (string, ports.Outcome, error) {
	vouchers, err := remote.Capability[ports.Vouchers](w.target, ports.CapabilityVouchers)
	if err != nil {
		return "", "", err
	}
	var content voucherContent
	if err := json.Unmarshal(s.Content, &content); err != nil {
		return "", "", unreadable(s, err)
	}
	voucher, err := content.voucher()
	if err != nil {
		return "", "", unreadable(s, err)
	}
	req := ports.VoucherRequest{Series: content.Series, Voucher: voucher}
	req.Key, req.Attempt = s.Key, s.Attempt
	var result ports.VoucherResult
	err = w.target.Do(ctx, "EnsureVoucher", s.Attempt, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		req.Call = call
		var err error
		result, err = vouchers.EnsureVoucher(ctx, req)
		return result.Usage, err
	})
	return result.Number.String(), result.Outcome, err
}

func (w *work) writeAttachment(ctx context.Context, s ports.Step) (string, ports.Outcome, error) {
	attachments, err := remote.Capability[ports.Attachments](w.target, ports.CapabilityAttachments)
	if err != nil {
		return "", "", err
	}
	var content attachmentContent
	if err := json.Unmarshal(s.Content, &content); err != nil {
		return "", "", unreadable(s, err)
	}
	number, err := w.voucherOf(ctx, content.Voucher)
	if err != nil {
		return "", "", err
	}
	req := ports.AttachmentRequest{Voucher: number, FileName: content.FileName, MediaType: content.MediaType, Content: content.Content}
	req.Key, req.Attempt = s.Key, s.Attempt
	var result ports.AttachmentResult
	err = w.target.Do(ctx, "EnsureAttachment", s.Attempt, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		req.Call = call
		var err error
		result, err = attachments.EnsureAttachment(ctx, req)
		return result.Usage, err
	})
	return result.ID, result.Outcome, err
}

// voucherOf gives the number of the voucher that a step has made.
func (w *work) voucherOf(ctx context.Context, key string) (ports.VoucherNumber, error) {
	var made ports.Step
	err := w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		made, err = tx.Steps().ByKey(ctx, key)
		return err
	})
	if err != nil {
		return ports.VoucherNumber{}, err
	}
	number, ok := ports.ParseVoucherNumber(made.Number)
	if made.State != ports.StepDone || !ok {
		return ports.VoucherNumber{}, fault.New("step.voucher_missing", fault.Conflict, "the voucher that the file belongs to is not booked").
			WithRemedy("resolve the voucher's exception, then retry this one")
	}
	return number, nil
}
