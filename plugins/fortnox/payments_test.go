package main

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/simulator"
)

func TestAPaymentWithAWriteOffClosesTheInvoice(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		p := payment("1001", invoice.Invoice, "498.70", ports.WriteOff{Account: "6040", Amount: sek("0.30"), Text: "öre"})
		_, err := r.tryPayment(t.Context(), c, p, "499.00", 1)
		require.NoError(t, err)
		require.Equal(t, "498.70", r.balance(1686))
		require.Equal(t, "0.30", r.balance(6040))
		found, err := c.FindDocuments(t.Context(), ports.FindDocumentsRequest{
			Call: r.granted("FindDocuments", 1), Reference: invoice.Number, Value: "1001",
		})
		require.NoError(t, err)
		require.Equal(t, sek("0.00"), found.Documents[0].Balance)
	})
}

func TestAPaymentOfACreditInvoiceTakesMoneyFromTheAccount(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		_, err := r.tryPayment(t.Context(), c, payment("1004", invoice.Credit, "-95.00"), "-95.00", 1)
		require.NoError(t, err)
		require.Equal(t, "-95.00", r.balance(1686))
	})
}

func TestTheModeOfPaymentIsNamedWhenItIsChosen(t *testing.T) {
	t.Parallel()
	r := start(t)
	req := ports.PaymentRequest{Write: r.write("EnsurePayment", "kv:1;", 1), Payment: payment("1001", invoice.Invoice, "499.00")}
	req.Connection.Settings = []byte(`{"mode_of_payment":"BG"}`)
	req.Payment.Account = "1580"
	_, err := New().EnsurePayment(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, "499.00", r.balance(1580), "the account of the flow counts, not that of the mode")
}

func TestAPaymentThatKvittKnowsIsNotTheOneLookedFor(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		part := payment("1001", invoice.Invoice, "100.00")
		first, err := r.tryPayment(t.Context(), c, part, "499.00", 1)
		require.NoError(t, err)
		second, err := r.tryPayment(t.Context(), c, part, "399.00", 2, first.Number)
		require.NoError(t, err)
		require.Equal(t, ports.Created, second.Outcome)
		require.NotEqual(t, first.Number, second.Number)
		third, err := r.tryPayment(t.Context(), c, part, "299.00", 2, first.Number)
		require.NoError(t, err)
		require.Equal(t, ports.Found, third.Outcome)
		require.Equal(t, second.Number, third.Number)
	})
}

func TestTwoPaymentsThatFitAreNeverGuessedAt(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		part := payment("1001", invoice.Invoice, "100.00")
		for range 2 {
			_, err := r.tryPayment(t.Context(), c, part, "499.00", 1)
			require.NoError(t, err)
		}
		before := r.counts()
		_, err := r.tryPayment(t.Context(), c, part, "499.00", 2)
		r.requireFault(err, CodeAmbiguousPayment, fault.Duplicate)
		require.Equal(t, before, r.counts())
	})
}

func TestMoreCandidatesThanCanBeReadAreNeverGuessedAt(t *testing.T) {
	t.Parallel()
	r := start(t)
	for range mostCandidates + 1 {
		r.pay("1001", "10.00", 1930)
	}
	p := payment("1001", invoice.Invoice, "10.00")
	p.Date = on("2026-04-15")
	_, err := r.tryPayment(t.Context(), New(), p, "499.00", 2)
	r.requireFault(err, CodeAmbiguousPayment, fault.Duplicate)
}

func TestAPaymentByHandIsNotTakenForKvitts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		paid  string
		code  fault.Code
		write string
	}{
		"the invoice is paid in full on another account": {"499.00", matching.CodeAlreadyPaid, "499.00"},
		"the invoice is paid in part":                    {"100.00", CodeBalanceChanged, "499.00"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, r *remote, c everything) {
				r.pay("1001", test.paid, 1930)
				before := r.counts()
				_, err := r.tryPayment(t.Context(), c, payment("1001", invoice.Invoice, test.write), "499.00", 2)
				r.requireFault(err, test.code, fault.Conflict)
				require.Equal(t, before, r.counts())
			})
		})
	}
}

func TestACreditInvoiceSettledByHandIsToldApart(t *testing.T) {
	t.Parallel()
	r := start(t)
	r.pay("1004", "-95.00", 1930)
	_, err := r.tryPayment(t.Context(), New(), payment("1004", invoice.Credit, "-95.00"), "-95.00", 2)
	r.requireFault(err, matching.CodeAlreadyCredited, fault.Conflict)
}

// Fortnox searches payments by parts of invoice numbers.
func TestPaymentsOfLongerInvoiceNumbersAreNotMistaken(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		longer := r.add(sale("499.00", map[string]any{"number": "11001"}))
		_, err := r.tryPayment(t.Context(), c, payment(longer, invoice.Invoice, "499.00"), "499.00", 1)
		require.NoError(t, err)
		list, err := c.ListPayments(t.Context(), ports.ListPaymentsRequest{Call: r.granted("ListPayments", 1), DocumentNumber: "1001"})
		require.NoError(t, err)
		require.Empty(t, list.Payments)
		result, err := r.tryPayment(t.Context(), c, payment("1001", invoice.Invoice, "499.00"), "499.00", 2)
		require.NoError(t, err)
		require.Equal(t, ports.Created, result.Outcome)
	})
}

func TestPaymentsAreListedOldestFirstWithTheirAccounts(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		_, err := r.tryPayment(t.Context(), c, payment("1001", invoice.Invoice, "100.00"), "499.00", 1)
		require.NoError(t, err)
		r.pay("1001", "50.00", 1930) // later number, earlier date
		r.forget()
		list, err := c.ListPayments(t.Context(), ports.ListPaymentsRequest{Call: r.granted("ListPayments", 1), DocumentNumber: "1001"})
		require.NoError(t, err)
		require.Equal(t, []ports.RegisteredPayment{
			{Number: "3", Amount: sek("50.00"), Account: "1930", Date: on("2026-04-15"), Booked: true},
			{Number: "2", Amount: sek("100.00"), Account: "1686", Date: on("2026-04-16"), Booked: true},
		}, list.Payments)
		require.Equal(t, len(r.requests()), list.Usage.Calls)
	})
}

func TestMorePaymentsThanTheGrantAreRefused(t *testing.T) {
	t.Parallel()
	r := start(t)
	for range 20 {
		r.pay("1001", "10.00", 1930)
	}
	_, err := New().ListPayments(t.Context(), ports.ListPaymentsRequest{Call: r.granted("ListPayments", 1), DocumentNumber: "1001"})
	f := r.requireFault(err, CodeTooManyPayments, fault.Conflict)
	require.Contains(t, f.Reason, strconv.Itoa(20))
}

func TestFortnoxsRefusalsOfPaymentsHaveCodes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*ports.Payment)
		code   fault.Code
		class  fault.Class
	}{
		"before the invoice":     {func(p *ports.Payment) { p.Date = on("2026-03-29") }, client.CodeBeforeInvoice, fault.Validation},
		"no such invoice":        {func(p *ports.Payment) { p.DocumentNumber = "999999" }, client.CodeNotFound, fault.NotFound},
		"already paid":           {func(p *ports.Payment) { p.DocumentNumber = "1005"; p.Amount = sek("249.00") }, matching.CodeAlreadyPaid, fault.Conflict},
		"no such account":        {func(p *ports.Payment) { p.Account = "1999" }, client.CodeAccountMissing, fault.Validation},
		"inactive account":       {func(p *ports.Payment) { p.Account = "1585" }, client.CodeAccountInactive, fault.Validation},
		"no account at all":      {func(p *ports.Payment) { p.Account = "" }, client.CodeAccountInvalid, fault.Validation},
		"no date":                {func(p *ports.Payment) { p.Date = civil.Date{} }, civil.CodeDate, fault.Validation},
		"an unbooked invoice":    {func(p *ports.Payment) { p.DocumentNumber = "1006"; p.Amount = sek("199.00") }, client.CodeRefused, fault.Validation},
		"not a number":           {func(p *ports.Payment) { p.DocumentNumber = "../1001" }, CodeNumber, fault.Validation},
		"no such write-off":      {func(p *ports.Payment) { p.WriteOffs = []ports.WriteOff{{Account: "3741", Amount: sek("0.10")}} }, client.CodeAccountMissing, fault.Validation},
		"a write-off of nothing": {func(p *ports.Payment) { p.WriteOffs = []ports.WriteOff{{Account: "3740"}} }, CodeCurrency, fault.Validation},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, r *remote, c everything) {
				p := payment("1001", invoice.Invoice, "400.00")
				test.change(&p)
				before := r.counts()
				_, err := r.tryPayment(t.Context(), c, p, "499.00", 1)
				r.requireFault(err, test.code, test.class)
				require.Equal(t, before, r.counts())
			})
		})
	}
}

func TestALockedPeriodIsNamed(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		r.sim("PUT", "fortnox/lock", map[string]string{"until": "2026-04-18"}, nil)
		_, err := r.tryPayment(t.Context(), c, payment("1001", invoice.Invoice, "499.00"), "499.00", 1)
		f := r.requireFault(err, client.CodePeriodLocked, fault.Conflict)
		require.Contains(t, f.Reason, "2026-04-18")
		require.NotEmpty(t, f.Remedy)
		_, err = r.tryVoucher(t.Context(), c, 1)
		r.requireFault(err, client.CodePeriodLocked, fault.Conflict)
	})
}

// The period is locked between the two requests of one payment.
func TestAPaymentThatCannotBeBookedIsFoundAndBookedLater(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		refused := `{"ErrorInformation":{"error":1,"message":"Perioden är låst till och med 2026-04-18.","code":2000401}}`
		r.fault(simulator.Fault{Method: "PUT", Path: "bookkeep$", Times: 1, Kind: simulator.KindStatus, Status: 400, Body: refused})
		_, err := r.tryPayment(t.Context(), c, payment("1001", invoice.Invoice, "499.00"), "499.00", 1)
		f := r.requireFault(err, client.CodePeriodLocked, fault.Unknown)
		require.Contains(t, f.Reason, "payment 2 is registered")
		require.Equal(t, "0.00", r.balance(1686))
		result, err := r.tryPayment(t.Context(), c, payment("1001", invoice.Invoice, "499.00"), "499.00", 2)
		require.NoError(t, err)
		require.Equal(t, ports.Found, result.Outcome)
		require.Equal(t, "499.00", r.balance(1686))
	})
}

func TestALookUpThatIsRefusedProvesNothing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		body   string
		class  fault.Class
	}{
		"a no for good":       {400, `{"ErrorInformation":{"error":1,"message":"Nej","code":2999999}}`, fault.Unknown},
		"not found":           {404, `{"ErrorInformation":{"Error":1,"Message":"Nej","Code":2000434}}`, fault.Unknown},
		"too many requests":   {429, "", fault.RateLimited},
		"an expired token":    {401, `{"message":"unauthorized"}`, fault.Auth},
		"a failure of theirs": {500, "", fault.Temporary},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, r *remote, c everything) {
				r.fault(simulator.Fault{Method: "GET", Times: 1, Kind: simulator.KindStatus, Status: test.status, Body: test.body})
				before := r.counts()
				_, err := r.tryPayment(t.Context(), c, payment("1001", invoice.Invoice, "499.00"), "499.00", 2)
				require.Equal(t, test.class, fault.ClassOf(err), "%v", err)
				require.Equal(t, before, r.counts())
			})
		})
	}
}

func TestABookingThatSaysItIsNotBookedStaysOpen(t *testing.T) {
	t.Parallel()
	r := start(t)
	r.fault(simulator.Fault{Method: "PUT", Times: 1, Kind: simulator.KindStatus, Status: 200, Body: `{"InvoicePayment":{"Number":"2","Booked":false}}`})
	_, err := r.tryPayment(t.Context(), New(), payment("1001", invoice.Invoice, "499.00"), "499.00", 1)
	r.requireFault(err, CodePaymentOpen, fault.Unknown)
}
