package main

import (
	"context"
	"maps"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/ports"
)

// writing is one document that a test makes exactly once, whatever happens.
type writing struct {
	method string
	// dated says that the year of the document is asked for before.
	dated bool
	// requests are those of a first attempt, once the year is known.
	requests []struct{ method, path string }
	// effect is the request that makes the document.
	effect int
	// prepare does before the first attempt what other tests test.
	prepare func(*remote, everything)
	try     func(context.Context, *remote, everything, int) (ports.Outcome, ports.Usage, error)
	// want are the documents that there are then, on top of those before.
	want map[string]int
}

func payment(number string, kind invoice.Kind, amount string, offs ...ports.WriteOff) ports.Payment {
	return ports.Payment{
		DocumentNumber: number, DocumentKind: kind, Amount: sek(amount), Account: "1686", Date: on("2026-04-16"),
		WriteOffs: offs, Text: "Klarna",
	}
}

func (r *remote) tryPayment(ctx context.Context, c everything, p ports.Payment, before string, attempt int, known ...string) (ports.PaymentResult, error) {
	return c.EnsurePayment(ctx, ports.PaymentRequest{
		Write: r.write("EnsurePayment", "kv:KL:1;", attempt), Payment: p, Known: known, BalanceBefore: sek(before),
	})
}

func payingWith(p ports.Payment, before string) func(context.Context, *remote, everything, int) (ports.Outcome, ports.Usage, error) {
	return func(ctx context.Context, r *remote, c everything, attempt int) (ports.Outcome, ports.Usage, error) {
		result, err := r.tryPayment(ctx, c, p, before, attempt)
		return result.Outcome, result.Usage, err
	}
}

const voucherKey = "kv:KL:c1:XISA93DJ:2026-04-16:V;"

func aVoucher(tb testing.TB) ledger.Voucher {
	tb.Helper()
	v, err := ledger.New(on("2026-04-16"), "Klarna <utbetalning> XISA93DJ", []ledger.Row{
		{Account: "1930", Amount: sek("963.75"), Text: "utbetalt"},
		{Account: "6570", Amount: sek("29.00"), Text: "avgift"},
		{Account: "2641", Amount: sek("7.25"), Text: "moms | 25 %"},
		{Account: "1686", Amount: sek("-1000.00")},
	})
	require.NoError(tb, err)
	return v
}

func (r *remote) tryVoucher(ctx context.Context, c everything, attempt int) (ports.VoucherResult, error) {
	return c.EnsureVoucher(ctx, ports.VoucherRequest{
		Write: r.write("EnsureVoucher", voucherKey, attempt), Series: "K", Voucher: aVoucher(r.tb),
	})
}

func (r *remote) tryFile(ctx context.Context, c everything, attempt int) (ports.AttachmentResult, error) {
	return c.EnsureAttachment(ctx, ports.AttachmentRequest{
		Write: r.write("EnsureAttachment", "kv:KL:c1:XISA93DJ:P;", attempt), Voucher: ports.VoucherNumber{Series: "K", Number: "1", Year: "3"},
		FileName: "kvitt-XISA93DJ-0a1b2c.pdf", MediaType: "application/pdf", Content: []byte("%PDF-1.7 proof"),
	})
}

func writings() map[string]writing {
	paying := []struct{ method, path string }{
		{http.MethodPost, "^/3/invoicepayments$"}, {http.MethodPut, "^/3/invoicepayments/[0-9]+/bookkeep$"},
	}
	off := []ports.WriteOff{{Account: "3740", Amount: sek("0.30"), Text: "öresutjämning"}}
	all := sales()
	maps.Copy(all, map[string]writing{
		"payment": {
			method: "EnsurePayment", requests: paying, try: payingWith(payment("1001", invoice.Invoice, "499.00"), "499.00"),
			want: map[string]int{"invoice_payments": 1, "booked_invoice_payments": 1},
		},
		"payment with a write-off": {
			method: "EnsurePayment", requests: paying, try: payingWith(payment("1001", invoice.Invoice, "498.70", off...), "499.00"),
			want: map[string]int{"invoice_payments": 1, "booked_invoice_payments": 1},
		},
		"payment of a credit invoice": {
			method: "EnsurePayment", requests: paying, try: payingWith(payment("1004", invoice.Credit, "-95.00"), "-95.00"),
			want: map[string]int{"invoice_payments": 1, "booked_invoice_payments": 1},
		},
		"voucher": {
			method: "EnsureVoucher", dated: true, requests: []struct{ method, path string }{{http.MethodPost, "^/3/vouchers$"}},
			try: func(ctx context.Context, r *remote, c everything, attempt int) (ports.Outcome, ports.Usage, error) {
				result, err := r.tryVoucher(ctx, c, attempt)
				return result.Outcome, result.Usage, err
			},
			want: map[string]int{"vouchers": 1},
		},
		"attachment": {
			method: "EnsureAttachment",
			requests: []struct{ method, path string }{
				{http.MethodPost, "^/3/inbox$"}, {http.MethodPost, "^/3/voucherfileconnections$"},
			},
			prepare: func(r *remote, c everything) {
				_, err := r.tryVoucher(context.Background(), c, 1)
				require.NoError(r.tb, err)
			},
			try: func(ctx context.Context, r *remote, c everything, attempt int) (ports.Outcome, ports.Usage, error) {
				result, err := r.tryFile(ctx, c, attempt)
				return result.Outcome, result.Usage, err
			},
			want: map[string]int{"files": 1, "file_connections": 1},
		},
	})
	return all
}

// attempt makes a document as the hub does: an error that proves that nothing
// happened leaves the number of the attempt, any other raises it. It checks what
// each attempt says that it cost.
func (w writing) attempt(ctx context.Context, r *remote, c everything, attempt int) (next int, done bool) {
	r.forget()
	_, usage, err := w.try(ctx, r, c, attempt)
	if err != nil {
		var known bool
		usage, known = ports.UsageOf(err)
		require.True(r.tb, known || fault.CodeOf(err) == "connector.cut_off", "%v does not know its cost", err)
	}
	grant := r.granted(w.method, attempt).Grant
	require.LessOrEqual(r.tb, usage.Calls, grant)
	if err == nil {
		require.Len(r.tb, r.requests(), usage.Calls, "%v", r.requests())
		return 0, true
	}
	switch class := fault.ClassOf(err); class {
	case fault.NotSent, fault.RateLimited, fault.Auth:
		return attempt, false
	case fault.Unknown, fault.Temporary:
		return attempt + 1, false
	default:
		require.Failf(r.tb, "the hub would give up", "%v", err)
		return 0, false
	}
}

func (w writing) requireOnce(r *remote, before map[string]int) {
	for kind, n := range r.counts() {
		require.Equal(r.tb, before[kind]+w.want[kind], n, kind)
	}
}

func (w writing) setUp(r *remote, c everything) map[string]int {
	if w.prepare != nil {
		w.prepare(r, c)
	}
	return r.counts()
}
