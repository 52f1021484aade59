package company_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/company"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

func TestWorldsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	row := func(rate string) []world.InvoiceRow {
		return []world.InvoiceRow{{
			Account: 3001, VAT: world.Percent{Decimal: decimal.RequireFromString(rate)}, Price: 10000, Quantity: 100,
		}}
	}
	invoice := func(change func(*world.Invoice)) func(*world.Fortnox) {
		return func(w *world.Fortnox) {
			i := world.Invoice{Number: "1", Date: "2026-03-30", Booked: true, Rows: row("25")}
			change(&i)
			w.Invoices = append(w.Invoices, i)
		}
	}
	cases := map[string]struct {
		change func(*world.Fortnox)
		says   string
	}{
		"a VAT rate without an account":    {invoice(func(i *world.Invoice) { i.Rows = row("17") }), "no VAT account"},
		"an invoice in no year":            {invoice(func(i *world.Invoice) { i.Date = "2027-01-01" }), "Räkenskapsår saknas"},
		"an invoice without a date":        {invoice(func(i *world.Invoice) { i.Date = "" }), "not a date"},
		"an unknown sales account":         {invoice(func(i *world.Invoice) { i.Rows[0].Account = 3999 }), "3999"},
		"an invoice booked and cancelled":  {invoice(func(i *world.Invoice) { i.Cancelled = true }), "booked and cancelled"},
		"a credit of nothing":              {invoice(func(i *world.Invoice) { i.CreditOf = "7" }), "does not exist"},
		"a currency without a rate":        {invoice(func(i *world.Invoice) { i.Currency = "NOK" }), "NOK"},
		"a payment of nothing":             {func(w *world.Fortnox) { w.Payments = []world.Payment{{Invoice: "9", Date: "2026-04-01"}} }, "fakturan"},
		"opening balances out of balance":  {func(w *world.Fortnox) { w.FinancialYears[0].OpeningBalances = map[int]ore.Amount{1930: 1} }, "debit and credit differ"},
		"an opening balance of no account": {func(w *world.Fortnox) { w.FinancialYears[0].OpeningBalances = map[int]ore.Amount{1931: 0} }, "1931"},
		"a lock on no date":                {func(w *world.Fortnox) { w.LockedUntil = "mars" }, "not a date"},
		"a rate that is none":              {func(w *world.Fortnox) { w.CurrencyRates["EUR"] = "-1" }, "rate of EUR"},
		"two invoices with one number": {func(w *world.Fortnox) {
			invoice(func(*world.Invoice) {})(w)
			invoice(func(*world.Invoice) {})(w)
		}, "taken"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := smallWorld()
			c.change(&w)
			_, err := company.New(w, time.Now)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestHistoryIsBookedEvenWhereTheBooksAreClosedNow(t *testing.T) {
	t.Parallel()
	inactive := false
	w := smallWorld()
	w.LockedUntil = "2026-12-31"
	w.Accounts = append(w.Accounts, world.Account{Number: 3009, Name: "Gammalt", Active: &inactive})
	w.Invoices = []world.Invoice{{Number: "1", Date: "2026-03-30", Booked: true, LastModified: "2026-04-01 09:30:00", Rows: []world.InvoiceRow{
		{Account: 3009, VAT: world.Percent{Decimal: decimal.NewFromInt(25)}, Price: 12500, Quantity: 100},
	}}}
	c, err := company.New(w, time.Now)
	require.NoError(t, err)
	invoice, refusal := c.Invoice("1")
	require.Nil(t, refusal)
	require.True(t, invoice.Booked)
	require.Equal(t, "2026-04-01 09:30:00", invoice.LastModified)
	require.Equal(t, ore.Amount(2500), invoice.Totals.VAT)
	require.Equal(t, "133", invoice.OCR)
	_, refusal = c.CreatePayment(company.PaymentOrder{Invoice: "1", Amount: &invoice.Totals.Total, Date: "2026-04-01", Mode: "KLARNA"})
	require.Equal(t, company.CodeLocked, refusal.Code)
}

func TestReferenceNumbersHaveLengthAndCheckDigit(t *testing.T) {
	t.Parallel()
	w := smallWorld()
	for _, number := range []string{"1", "18", "40", "23", "58", "20"} {
		w.Invoices = append(w.Invoices, world.Invoice{Number: number, Date: "2026-03-30"})
	}
	c, err := company.New(w, time.Now)
	require.NoError(t, err)
	// as recorded from the real service
	for number, want := range map[string]string{"1": "133", "18": "1842", "40": "4044", "23": "2345", "58": "5843", "20": "2048"} {
		invoice, refusal := c.Invoice(number)
		require.Nil(t, refusal)
		require.Equal(t, want, invoice.OCR)
	}
}
