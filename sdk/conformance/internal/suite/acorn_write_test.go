package suite_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// EnsurePayment makes a draft and books it; a later attempt looks for the draft
// or the payment by what it is.
func (a *acorn) EnsurePayment(ctx context.Context, req ports.PaymentRequest) (ports.PaymentResult, error) {
	s, err := a.open(ctx, req.Call, false)
	if err != nil {
		return ports.PaymentResult{}, err
	}
	outcome, number, halfway := ports.Created, "", false
	if req.Attempt > 1 && !a.is("never looks for what it has made") {
		found, err := s.find(ctx, req)
		if err != nil {
			return ports.PaymentResult{}, err
		}
		if found != nil {
			outcome, number = ports.Found, found.Number
		} else if a.is("only looks for what it has made") || a.is("gives up what it does not find after a 500") && a.failed500.Load() {
			return ports.PaymentResult{}, s.failed(fault.New(codeGone, fault.NotFound, "there is no such payment"))
		}
	}
	if number == "" {
		if s.client.Left() < 2 && !a.is("stops halfway as if nothing was sent") {
			return ports.PaymentResult{}, s.failed(fault.New(ports.CodeGrantExhausted, fault.NotSent, "two calls are needed"))
		}
		var made oakPayment
		draft := oakPayment{Amount: req.Payment.Amount.Minor(), Account: string(req.Payment.Account), Date: req.Payment.Date.String()}
		if _, err := s.do(ctx, http.MethodPost, "/invoices/"+req.Payment.DocumentNumber+"/payments", draft, &made); err != nil {
			return ports.PaymentResult{}, err
		}
		number, halfway = made.Number, true
	}
	if _, err := s.do(ctx, http.MethodPut, "/payments/"+number+"/book", nil, nil); err != nil {
		return ports.PaymentResult{}, s.halfway(err, halfway)
	}
	return s.paid(number, outcome), nil
}

func (s *session) paid(number string, outcome ports.Outcome) ports.PaymentResult {
	result := ports.PaymentResult{Number: number, Outcome: outcome, Usage: s.client.Usage()}
	switch s.broken {
	case "says found of what it made":
		result.Outcome = ports.Found
	case "counts fewer calls of a write":
		result.Usage.Calls--
	}
	return result
}

// halfway is the fault of a write whose first half is done: its outcome is open.
func (s *session) halfway(err error, done bool) error {
	f := fault.Of(err)
	if f == nil || !done || s.broken != "" { // what is broken shall be seen at either half
		return err
	}
	changed := *f
	changed.Class = fault.Unknown
	return s.failed(&changed)
}

// find looks for a payment that nobody knows and that is like the one asked for.
func (s *session) find(ctx context.Context, req ports.PaymentRequest) (*oakPayment, error) {
	all, err := s.payments(ctx, req.Payment.DocumentNumber)
	if err != nil {
		return nil, err
	}
	var found []oakPayment
	for _, p := range all {
		known := slices.Contains(req.Known, p.Number) && !s.is("forgets what the hub knows")
		if !known && p.Amount == req.Payment.Amount.Minor() && p.Account == string(req.Payment.Account) {
			found = append(found, p)
		}
	}
	switch {
	case len(found) == 0:
		return nil, nil //nolint:nilnil // there is none
	case len(found) > 1 && !s.is("takes one of two payments"):
		return nil, s.failed(fault.New(codeTwo, fault.Duplicate, "two payments fit"))
	}
	return &found[0], nil
}

// EnsureVoucher books a voucher that carries its key.
func (a *acorn) EnsureVoucher(ctx context.Context, req ports.VoucherRequest) (ports.VoucherResult, error) {
	s, err := a.open(ctx, req.Call, false)
	if err != nil {
		return ports.VoucherResult{}, err
	}
	luck := a.is("declares a voucher unsafe and tries its luck")
	if req.Attempt > 1 && !luck {
		var list struct{ Vouchers []oakVoucher }
		if _, err := s.get(ctx, "/vouchers?key="+url.QueryEscape(req.Key), &list); err != nil {
			return ports.VoucherResult{}, err
		}
		if list.Vouchers == nil {
			return ports.VoucherResult{}, s.failed(fault.New(codeAnswer, fault.Temporary, "the answer lacks its list"))
		}
		if len(list.Vouchers) > 0 {
			return s.booked(list.Vouchers[0], ports.Found), nil
		}
	}
	voucher := oakVoucher{Key: req.Key}
	for _, row := range req.Voucher.Rows() {
		voucher.Rows = append(voucher.Rows, oakVoucherRow{string(row.Account), row.Amount.Minor()})
	}
	var made oakVoucher
	if _, err := s.do(ctx, http.MethodPost, "/vouchers", voucher, &made); err != nil {
		return ports.VoucherResult{}, err
	}
	return s.booked(made, ports.Created), nil
}

func (s *session) booked(v oakVoucher, outcome ports.Outcome) ports.VoucherResult {
	return ports.VoucherResult{
		Number:  ports.VoucherNumber{Series: "K", Number: strconv.Itoa(v.Number), Year: "2026"},
		Outcome: outcome, Usage: s.client.Usage(),
	}
}

// EnsureAttachment joins a file to a voucher; a later attempt looks for its name.
func (a *acorn) EnsureAttachment(ctx context.Context, req ports.AttachmentRequest) (ports.AttachmentResult, error) {
	s, err := a.open(ctx, req.Call, false)
	if err != nil {
		return ports.AttachmentResult{}, err
	}
	files := "/vouchers/" + req.Voucher.Number + "/files"
	if req.Attempt > 1 {
		var list struct{ Files []oakFile }
		if _, err := s.get(ctx, files, &list); err != nil {
			return ports.AttachmentResult{}, err
		}
		if list.Files == nil {
			return ports.AttachmentResult{}, s.missing()
		}
		for _, f := range list.Files {
			if f.Name == req.FileName {
				return ports.AttachmentResult{ID: f.ID, Outcome: ports.Found, Usage: s.client.Usage()}, nil
			}
		}
	}
	if a.is("takes no large files") && len(req.Content) > 4<<20 {
		return ports.AttachmentResult{}, s.failed(fault.Invalid(codeAnswer, "content", "the file is too large"))
	}
	var made oakFile
	upload := upstream.Request{Method: http.MethodPost, URL: oakHost + files + "?name=" + url.QueryEscape(req.FileName), Body: req.Content}
	if _, err := s.send(ctx, upload, &made); err != nil {
		return ports.AttachmentResult{}, err
	}
	return ports.AttachmentResult{ID: made.ID, Outcome: ports.Created, Usage: s.client.Usage()}, nil
}
