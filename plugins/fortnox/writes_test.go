package main

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/simulator"
)

// writing is one document that a test makes exactly once, whatever happens.
type writing struct {
	method string
	// requests are those of a first attempt, once the year is known.
	requests []struct{ method, path string }
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
	return map[string]writing{
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
			method: "EnsureVoucher", requests: []struct{ method, path string }{{http.MethodPost, "^/3/vouchers$"}},
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
	}
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

func TestEveryWriteTakesTheLeastRequests(t *testing.T) {
	t.Parallel()
	for name, w := range writings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, r *remote, c everything) {
				before := w.setUp(r, c)
				r.forget()
				outcome, usage, err := w.try(t.Context(), r, c, 1)
				require.NoError(t, err)
				require.Equal(t, ports.Created, outcome)
				asked := r.requests()
				require.Len(t, asked, usage.Calls)
				if w.method == "EnsureVoucher" {
					require.Equal(t, "/3/financialyears", asked[0].Path)
					asked = asked[1:]
				}
				require.Len(t, asked, len(w.requests))
				for i, wanted := range w.requests {
					require.Equal(t, wanted.method, asked[i].Method)
					require.Regexp(t, wanted.path, asked[i].Path)
				}
				w.requireOnce(r, before)
			})
		})
	}
}

func TestALaterAttemptFindsWhatAnEarlierOneHasMade(t *testing.T) {
	t.Parallel()
	for name, w := range writings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, r *remote, c everything) {
				before := w.setUp(r, c)
				_, _, err := w.try(t.Context(), r, c, 1)
				require.NoError(t, err)
				outcome, _, err := w.try(t.Context(), r, c, 2)
				require.NoError(t, err)
				require.Equal(t, ports.Found, outcome)
				w.requireOnce(r, before)
			})
		})
	}
}

// faults are what can befall a request, save those that hold it.
var faults = map[string]simulator.Fault{
	"500 before it took effect": {Kind: simulator.KindStatus, Status: 500, Body: "<html>Internal Server Error</html>"},
	"500 after it took effect":  {Kind: simulator.KindStatusAfter, Status: 500},
	"503 after it took effect":  {Kind: simulator.KindStatusAfter, Status: 503, Headers: map[string]string{"Retry-After": "1"}},
	"cut before it took effect": {Kind: simulator.KindCutBefore},
	"cut after it took effect":  {Kind: simulator.KindCutAfter},
	"half an answer":            {Kind: simulator.KindTruncate},
	"too many requests":         {Kind: simulator.KindStatus, Status: 429, Body: `{"message":"too many requests"}`},
	"a system exception": {
		Kind: simulator.KindStatusAfter, Status: 400, Body: `{"ErrorInformation":{"error":1,"message":"Systemfel","code":1000003}}`,
	},
	"an answer that is not JSON": {Kind: simulator.KindStatusAfter, Status: 200, Body: "OK"},
	"a token that has expired":   {Kind: simulator.KindStatus, Status: 401, Body: `{"message":"unauthorized"}`},
}

func TestAWriteThatWasDisturbedIsMadeExactlyOnce(t *testing.T) {
	t.Parallel()
	for name, w := range writings() {
		for i, disturbed := range w.requests {
			for kind, f := range faults {
				t.Run(name+"/"+disturbed.path+"/"+kind, func(t *testing.T) {
					t.Parallel()
					eachWay(t, func(t *testing.T, r *remote, c everything) {
						before := w.setUp(r, c)
						f := f
						f.Method, f.Path, f.Times = disturbed.method, disturbed.path, 1
						r.fault(f)
						next, done := w.attempt(t.Context(), r, c, 1)
						require.False(t, done)
						if i > 0 {
							require.Equal(t, 2, next, "the first request has taken effect, so the hub must look")
						}
						_, done = w.attempt(t.Context(), r, c, next)
						require.True(t, done)
						w.requireOnce(r, before)
					})
				})
			}
		}
	}
}

func TestAWriteWhoseTimeEndedIsMadeExactlyOnce(t *testing.T) {
	t.Parallel()
	for name, w := range writings() {
		for _, disturbed := range w.requests {
			for _, kind := range []simulator.Kind{simulator.KindHoldBefore, simulator.KindHoldAfter} {
				t.Run(name+"/"+disturbed.path+"/"+string(kind), func(t *testing.T) {
					t.Parallel()
					eachWay(t, func(t *testing.T, r *remote, c everything) {
						before := w.setUp(r, c)
						r.fault(simulator.Fault{Method: disturbed.method, Path: disturbed.path, Times: 1, Kind: kind})
						ctx, cancel := context.WithCancel(t.Context())
						go func() {
							r.waitForHeld()
							cancel()
						}()
						_, _, err := w.try(ctx, r, c, 1)
						require.Equal(t, fault.Unknown, fault.ClassOf(err), "%v", err)
						r.heal()
						_, done := w.attempt(t.Context(), r, c, 2)
						require.True(t, done)
						w.requireOnce(r, before)
					})
				})
			}
		}
	}
}

// waitForHeld polls until a fault holds a request, or for long enough.
func (r *remote) waitForHeld() {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		var held struct{ Held []struct{ N int } }
		r.sim(http.MethodGet, "held", nil, &held)
		if len(held.Held) > 0 {
			return
		}
		<-time.After(time.Millisecond)
	}
}

func TestAnySequenceOfDisturbancesEndsInOneDocument(t *testing.T) {
	t.Parallel()
	var kinds []simulator.Fault
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		kinds = append(kinds, faults[name])
	}
	for name, w := range writings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				r := start(t)
				c := New()
				before := w.setUp(r, c)
				attempt := 1
				for range rapid.IntRange(0, 4).Draw(rt, "disturbances") {
					f := kinds[rapid.IntRange(0, len(kinds)-1).Draw(rt, "kind")]
					if f.Status == http.StatusOK {
						f.Path = "^/3/[a-z/]*$" // the bytes of a file are no JSON anyway
					}
					f.Nth, f.Times = rapid.IntRange(1, 4).Draw(rt, "nth"), 1
					r.fault(f)
					next, done := w.attempt(t.Context(), r, c, attempt)
					r.heal()
					if attempt = next; done {
						w.requireOnce(r, before)
						return
					}
				}
				_, done := w.attempt(t.Context(), r, c, attempt)
				require.True(t, done)
				w.requireOnce(r, before)
			})
		})
	}
}

func TestAGrantThatIsTooSmallSendsNothing(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		req := ports.PaymentRequest{Payment: payment("1001", invoice.Invoice, "499.00"), BalanceBefore: sek("499.00")}
		req.Call, req.Attempt, req.Key = r.call(1), 1, "kv:1;"
		_, err := c.EnsurePayment(t.Context(), req)
		r.requireFault(err, ports.CodeGrantExhausted, fault.NotSent)
		require.Empty(t, r.requests())
		req.Attempt = 2
		_, err = c.EnsurePayment(t.Context(), req)
		r.requireFault(err, ports.CodeGrantExhausted, fault.Unknown)
		for _, asked := range r.requests() {
			require.Equal(t, http.MethodGet, asked.Method)
		}
	})
}

func TestForeignMoneyIsRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		p := payment("1008", invoice.Invoice, "1.00")
		p.Amount = money.New(3333, "EUR")
		_, err := r.tryPayment(t.Context(), c, p, "33.33", 1)
		require.Equal(t, "payment.amount", r.requireFault(err, CodeCurrency, fault.Validation).Field)
		require.Empty(t, r.requests())
	})
}
