package posting

import (
	"context"
	"encoding/json"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/ports"
)

// made is a document of the accounting system: its number there and, of documents with
// rows, what the system shows of it.
type made struct {
	number  string
	outcome ports.Outcome
	shown   json.RawMessage
}

// write makes the document of an open step in the accounting system.
func (c *Clerk) write(ctx context.Context, s ports.Step) (made, error) {
	switch s.Kind {
	case ports.StepPayment:
		return c.writePayment(ctx, s)
	case ports.StepRelease:
		return c.writeRelease(ctx, s)
	case ports.StepVoucher, ports.StepCorrection:
		return c.writeVoucher(ctx, s)
	case ports.StepAttachment:
		return c.writeAttachment(ctx, s)
	case ports.StepOrder:
		return c.writeOrder(ctx, s)
	case ports.StepInvoice:
		return c.writeInvoice(ctx, s)
	case ports.StepCredit:
		return c.writeCredit(ctx, s)
	case ports.StepBooking, ports.StepCancel:
		return c.endDraft(ctx, s)
	case ports.StepOrderCancel:
		return c.cancelOrder(ctx, s)
	}
	return made{}, fault.New("step.kind_unknown", fault.Validation, "\""+string(s.Kind)+"\" is not a kind of step")
}

func (c *Clerk) writePayment(ctx context.Context, s ports.Step) (made, error) {
	payments, err := remote.Capability[ports.InvoicePayments](c.Target, ports.CapabilityPayments)
	if err != nil {
		return made{}, err
	}
	var known PaymentIntent
	var req ports.PaymentRequest
	if err := json.Unmarshal(s.Content, &req.Payment); err != nil {
		return made{}, unreadable(s, err)
	}
	if err := json.Unmarshal(s.Intent, &known); err != nil {
		return made{}, unreadable(s, err)
	}
	req.Key, req.Attempt, req.Known, req.BalanceBefore = s.Key, s.Attempt, known.Known, known.BalanceBefore
	var result ports.PaymentResult
	err = c.Target.Do(ctx, "EnsurePayment", s.Attempt, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		req.Call = call
		var err error
		result, err = payments.EnsurePayment(ctx, req)
		return result.Usage, err
	})
	return made{number: result.Number, outcome: result.Outcome}, err
}

func (c *Clerk) writeRelease(ctx context.Context, s ports.Step) (made, error) {
	releases, err := remote.Capability[ports.PaymentReleases](c.Target, ports.CapabilityReleases)
	if err != nil {
		return made{}, err
	}
	var content Release
	if err := json.Unmarshal(s.Content, &content); err != nil {
		return made{}, unreadable(s, err)
	}
	var known PaymentIntent
	if err := json.Unmarshal(s.Intent, &known); err != nil {
		return made{}, unreadable(s, err)
	}
	req := ports.ReleaseRequest{
		DocumentNumber: content.DocumentNumber, DocumentKind: content.DocumentKind, PaymentNumber: content.PaymentNumber,
		Date: content.Date, Known: known.Known, BalanceBefore: known.BalanceBefore,
	}
	req.Key, req.Attempt = s.Key, s.Attempt
	var result ports.ReleaseResult
	err = c.Target.Do(ctx, "EnsureReleased", s.Attempt, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		req.Call = call
		var err error
		result, err = releases.EnsureReleased(ctx, req)
		return result.Usage, err
	})
	return made{number: result.Number, outcome: result.Outcome}, err
}

func (c *Clerk) writeVoucher(ctx context.Context, s ports.Step) (made, error) {
	vouchers, err := remote.Capability[ports.Vouchers](c.Target, ports.CapabilityVouchers)
	if err != nil {
		return made{}, err
	}
	series, voucher, err := ReadVoucher(s)
	if err != nil {
		return made{}, err
	}
	req := ports.VoucherRequest{Series: series, Voucher: voucher}
	req.Key, req.Attempt = s.Key, s.Attempt
	var result ports.VoucherResult
	err = c.Target.Do(ctx, "EnsureVoucher", s.Attempt, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		req.Call = call
		var err error
		result, err = vouchers.EnsureVoucher(ctx, req)
		return result.Usage, err
	})
	return made{number: result.Number.String(), outcome: result.Outcome}, err
}

func (c *Clerk) writeAttachment(ctx context.Context, s ports.Step) (made, error) {
	attachments, err := remote.Capability[ports.Attachments](c.Target, ports.CapabilityAttachments)
	if err != nil {
		return made{}, err
	}
	var content File
	if err := json.Unmarshal(s.Content, &content); err != nil {
		return made{}, unreadable(s, err)
	}
	number, err := c.voucherOf(ctx, content.Voucher)
	if err != nil {
		return made{}, err
	}
	req := ports.AttachmentRequest{Voucher: number, FileName: content.FileName, MediaType: content.MediaType, Content: content.Content}
	req.Key, req.Attempt = s.Key, s.Attempt
	var result ports.AttachmentResult
	err = c.Target.Do(ctx, "EnsureAttachment", s.Attempt, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		req.Call = call
		var err error
		result, err = attachments.EnsureAttachment(ctx, req)
		return result.Usage, err
	})
	return made{number: result.ID, outcome: result.Outcome}, err
}

// voucherOf gives the number of the voucher that a step has made.
func (c *Clerk) voucherOf(ctx context.Context, key string) (ports.VoucherNumber, error) {
	var made ports.Step
	err := c.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		made, err = tx.Steps().ByKey(ctx, key)
		return err
	})
	if err != nil {
		return ports.VoucherNumber{}, err
	}
	number, ok := ports.ParseVoucherNumber(made.Number)
	if made.State != ports.StepDone || !ok {
		return ports.VoucherNumber{}, fault.New(CodeVoucherMissing, fault.Conflict, "the voucher that the file belongs to is not booked").
			WithRemedy("resolve the voucher's exception, then retry this one")
	}
	return number, nil
}
