package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/booking"
)

// sale is a payout of one sale, at a fee of 10.00 and its VAT, and the invoice that
// it settles. Amounts are in whole kronor.
type sale struct {
	payout, date, order, invoice string
	kronor                       int
}

// pay has Klarna pay out.
func (s *stage) pay(of sale) {
	s.t.Helper()
	totals := map[string]int{}
	for _, name := range []string{
		"return_amount", "reversal_amount", "fee_correction_amount", "commission_amount", "charge_amount", "credit_amount", "holdback_amount",
		"release_amount", "repay_amount", "deposit_amount", "fee_refund_amount", "tax_refund_amount", "opening_debt_balance_amount", "closing_debt_balance_amount",
	} {
		totals[name] = 0
	}
	totals["sale_amount"], totals["fee_amount"], totals["tax_amount"] = of.kronor*100, 1000, 250
	totals["settlement_amount"] = of.kronor*100 - 1250
	row := func(kind, detail string, amount int) map[string]any {
		return map[string]any{
			"type": kind, "detailed_type": detail, "amount": amount, "currency_code": "SEK", "order_id": "order-" + of.order, "short_order_id": of.order,
			"capture_id": "capture-" + of.order, "merchant_reference1": of.order, "merchant_reference2": "", "sale_date": of.date, "capture_date": of.date,
			"payment_reference": of.payout, "purchase_country": "SE",
		}
	}
	fee := row("FEE", "PURCHASE_FEE_FIXED", 1000)
	fee["vat_rate"], fee["vat_amount"] = 2500, 250
	s.klarna.control(s.t, http.MethodPost, "/_sim/klarna/payouts", map[string]any{
		"payment_reference": of.payout, "payout_date": of.date, "currency_code": "SEK", "currency_code_of_registration_country": "SEK",
		"merchant_settlement_type": "NET", "totals": totals, "transactions": []any{row("SALE", "PURCHASE", of.kronor*100), fee},
	}, nil)
}

// invoiceFor has the other system make the invoice.
func (s *stage) invoiceFor(of sale) {
	s.t.Helper()
	s.fortnox.control(s.t, http.MethodPost, "/_sim/fortnox/invoices", map[string]any{
		"number": of.invoice, "customer_name": "Testa Testsson", "date": "2026-04-01", "external_reference_1": of.order, "booked": true,
		"rows": []any{map[string]any{"description": "Vara", "account": 3001, "vat": 25, "price": fmt.Sprintf("%d.00", of.kronor), "quantity": "1"}},
	}, nil)
}

// meanwhile lets something happen while the answer to a request is under way.
func (s *stage) meanwhile(c cast, system *simulator, request int, happen func()) {
	s.t.Helper()
	system.inflict(s.t, misfortune{Request: request, Kind: "hold_after"})
	s.post("/v1/flows/"+c.flow+"/runs", nil, nil)
	s.until("the request comes", func() bool { return system.holds(s.t) })
	happen()
	system.relent(s.t)
}

// states gives the state of each payout by its reference.
func (s *stage) states(c cast) map[string]string {
	s.t.Helper()
	states := map[string]string{}
	for _, p := range list[api.Payout](s, "/v1/merchants/"+c.merchant+"/payouts") {
		require.Equal(s.t, "0.00", p.Effects.Difference)
		states[p.Reference] = string(p.State)
	}
	return states
}

// exceptionsAbout gives the open exceptions with a code.
func (s *stage) exceptionsAbout(c cast, code string) []api.Exception {
	s.t.Helper()
	open := list[api.Exception](s, "/v1/merchants/"+c.merchant+"/exceptions?state=open")
	return slices.DeleteFunc(open, func(e api.Exception) bool { return e.Code != code })
}

// first gives the number of the first request with a path.
func first(t *testing.T, requests []request, path string) int {
	t.Helper()
	for _, r := range requests {
		if r.Path == path {
			return r.Number
		}
	}
	t.Fatalf("nothing asks for %s", path)
	return 0
}

func TestTheWorldMayMoveWhileItIsRead(t *testing.T) {
	t.Parallel()
	r := rehearse(t, booking.Clearing)
	t.Run("a payout appears among those being listed", func(t *testing.T) { r.aPayoutAppears(t) })
	t.Run("an invoice is paid by hand after it was listed", func(t *testing.T) { r.anInvoiceIsPaid(t) })
	t.Run("an invoice is edited after it was listed", func(t *testing.T) { r.anInvoiceIsEdited(t) })
	t.Run("an invoice comes later than its payout", func(t *testing.T) { r.anInvoiceIsLate(t) })
}

// It is dated before one that this run reads, so the next run has to look back.
func (r rehearsal) aPayoutAppears(t *testing.T) {
	s := raise(t, r.template)
	s.open()
	of := sale{payout: "E2EPAY00", date: "2026-04-01T07:45:00Z", order: "10005", invoice: "1105", kronor: 300}
	s.meanwhile(r.cast, s.klarna, first(t, r.requests["klarna"], "/settlements/v1/payouts"), func() {
		s.pay(of)
		s.invoiceFor(of)
	})
	s.settle(r.cast)
	s.runAgain(r.cast)
	require.Equal(t, map[string]string{"E2EPAY00": "closed", "E2EPAY01": "closed", "E2EPAY02": "booked"}, s.states(r.cast))
	require.Zero(t, s.runAgain(r.cast).DocumentsWritten)
	books := s.look(r.cast)
	require.Equal(t, r.Documents["invoice_payments"]+1, books.Documents["booked_invoice_payments"])
	require.Equal(t, r.Documents["vouchers"]+1, books.Documents["vouchers"])
	require.Equal(t, r.Ledger["1686"], books.Ledger["1686"])
	require.Equal(t, sum(t, r.Ledger["1930"], "287.50"), books.Ledger["1930"])
}

// The money of the line then stays on the clearing account, where a person sees it.
func (r rehearsal) anInvoiceIsPaid(t *testing.T) {
	s := raise(t, r.template)
	s.open()
	// The voucher comes after all matching and before the payments.
	s.meanwhile(r.cast, s.fortnox, first(t, r.requests["fortnox"], "/3/vouchers"), func() {
		s.fortnox.control(t, http.MethodPost, "/_sim/fortnox/payments", map[string]any{
			"invoice": "1001", "amount": "499.00", "date": "2026-04-03", "mode": "BG",
		}, nil)
	})
	s.settle(r.cast)
	paid := s.exceptionsAbout(r.cast, "erp.already_paid")
	require.Len(t, paid, 1)
	require.Equal(t, "1001", paid[0].Document)
	require.Equal(t, "booked", s.states(r.cast)["E2EPAY01"])
	require.Zero(t, s.runAgain(r.cast).DocumentsWritten)
	books := s.look(r.cast)
	require.Equal(t, r.Documents["invoice_payments"], books.Documents["booked_invoice_payments"], "one by hand, the others by kvitt")
	require.Equal(t, sum(t, r.Ledger["1686"], "-499.00"), books.Ledger["1686"])
	require.Equal(t, []string{"1686 -652.75 open -652.75 unexplained 0.00"}, books.Clearing)

	var adopted api.Adoption
	s.post("/v1/exceptions/"+paid[0].ID+"/adopt", map[string]any{"confirm": true}, &adopted)
	require.Len(t, adopted.Payments, 1)
	s.until("the adoption is booked", func() bool { return s.states(r.cast)["E2EPAY01"] == "closed" })
	books = s.look(r.cast)
	require.Equal(t, r.Documents["vouchers"]+1, books.Documents["vouchers"], "a voucher moves the money")
	require.Equal(t, r.Ledger, books.Ledger)
	require.Equal(t, r.Clearing, books.Clearing)
}

// The order number is taken off and the amount raised: the payment that was
// planned is still right, and pays a part.
func (r rehearsal) anInvoiceIsEdited(t *testing.T) {
	s := raise(t, r.template)
	s.open()
	s.meanwhile(r.cast, s.fortnox, first(t, r.requests["fortnox"], "/3/vouchers"), func() {
		s.fortnox.control(t, http.MethodPatch, "/_sim/fortnox/invoices/1002", map[string]any{"your_order_number": "other", "total": "260.00"}, nil)
	})
	s.settle(r.cast)
	require.Equal(t, "closed", s.states(r.cast)["E2EPAY01"])
	books := s.look(r.cast)
	require.Equal(t, r.Documents, books.Documents)
	require.Equal(t, r.Ledger["1686"], books.Ledger["1686"])
	require.Equal(t, sum(t, r.Ledger["1510"], "10.00"), books.Ledger["1510"])
}

// Until it comes, the line waits and its money stays on the clearing account.
func (r rehearsal) anInvoiceIsLate(t *testing.T) {
	s := raise(t, r.template)
	s.open()
	of := sale{payout: "E2EPAY03", date: "2026-04-19T07:45:00Z", order: "10006", invoice: "1106", kronor: 400}
	s.pay(of)
	s.settle(r.cast)
	require.Equal(t, "booked", s.states(r.cast)["E2EPAY03"])
	require.Equal(t, sum(t, r.Ledger["1686"], "-400.00"), s.ledger(t)["1686"])
	require.Len(t, s.exceptionsAbout(r.cast, "match.no_document"), 1, "it waits, it is no exception yet")
	s.invoiceFor(of)
	require.EqualValues(t, 1, s.runAgain(r.cast).DocumentsWritten)
	require.Equal(t, "closed", s.states(r.cast)["E2EPAY03"])
	require.Equal(t, r.Ledger["1686"], s.ledger(t)["1686"])
	require.Zero(t, s.runAgain(r.cast).DocumentsWritten)
}
