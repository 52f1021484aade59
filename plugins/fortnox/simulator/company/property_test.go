package company_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/civil"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/company"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ledger"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

func smallWorld() world.Fortnox {
	w := world.Fortnox{
		Customers: []world.Customer{{Number: "7", Discount: 1250}},
		TenantID:  1, Company: world.Company{Name: "Prov AB"},
		FinancialYears: []world.FinancialYear{
			{ID: 1, From: "2025-01-01", To: "2025-12-31"}, {ID: 2, From: "2026-01-01", To: "2026-12-31"},
		},
		VoucherSeries:  []world.VoucherSeries{{Code: "K", Manual: true}},
		ModesOfPayment: []world.ModeOfPayment{{Code: "KLARNA", Account: 1686}},
		Currencies:     []string{"SEK", "EUR"}, CurrencyRates: map[string]string{"EUR": "11.2345"},
	}
	for _, number := range accounts() {
		w.Accounts = append(w.Accounts, world.Account{Number: number, Name: strconv.Itoa(number)})
	}
	return w
}

func accounts() []int {
	return []int{1510, 1686, 1930, 2099, 2611, 2621, 2631, 3001, 3740, 3960, 6040, 7960}
}

// bookkeeper does to a company whatever rapid thinks of.
type bookkeeper struct {
	c *company.Company
	t *rapid.T
}

func (b *bookkeeper) date() civil.Date {
	day := rapid.IntRange(0, 729).Draw(b.t, "day")
	return civil.Date(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, day).Format(time.DateOnly))
}

func (b *bookkeeper) amount(label string) ore.Amount {
	return ore.Amount(rapid.Int64Range(-200_000, 200_000).Draw(b.t, label))
}

func (b *bookkeeper) addInvoice() {
	invoice := world.Invoice{
		Date: string(b.date()), Currency: rapid.SampledFrom([]string{"SEK", "SEK", "EUR"}).Draw(b.t, "currency"),
		Booked: rapid.IntRange(0, 3).Draw(b.t, "draft") > 0,
	}
	for range rapid.IntRange(1, 4).Draw(b.t, "rows") {
		rate := rapid.SampledFrom([]string{"25", "12", "6", "0"}).Draw(b.t, "vat")
		invoice.Rows = append(invoice.Rows, world.InvoiceRow{
			Account: 3001, VAT: world.Percent{Decimal: decimal.RequireFromString(rate)},
			Price:    b.amount("price").Abs(),
			Quantity: ore.Amount(rapid.IntRange(-500, 500).Draw(b.t, "quantity")),
		})
	}
	_, _ = b.c.AddInvoice(invoice)
}

// rows are what a request says of rows, with or without VAT, a discount or a quantity.
func (b *bookkeeper) rows() *[]company.RowChange {
	var rows []company.RowChange
	for range rapid.IntRange(1, 3).Draw(b.t, "rows") {
		text, account := "prov", 3001
		price, quantity, discount := b.amount("price").Abs(), ore.Amount(rapid.IntRange(-500, 500).Draw(b.t, "quantity")), b.amount("discount")%10_000
		rate := world.Percent{Decimal: decimal.RequireFromString(rapid.SampledFrom([]string{"25", "12", "6", "0"}).Draw(b.t, "vat"))}
		row := company.RowChange{Description: &text, AccountNumber: &account, Price: &price, DeliveredQuantity: &quantity, OrderedQuantity: &quantity, VAT: &rate}
		if rapid.Bool().Draw(b.t, "discounted") {
			row.Discount = &discount
		}
		rows = append(rows, row)
	}
	return &rows
}

func (b *bookkeeper) changeInvoice() {
	gross := rapid.Bool().Draw(b.t, "prices with VAT")
	change := company.InvoiceChange{InvoiceRows: b.rows(), HeadChange: company.HeadChange{VATIncluded: &gross}}
	_, _ = b.c.UpdateInvoice(b.anyInvoice(), change)
}

// order makes an order and perhaps its invoice.
func (b *bookkeeper) order() {
	customer := "7"
	order, refusal := b.c.CreateOrder(company.OrderChange{OrderRows: b.rows(), HeadChange: company.HeadChange{CustomerNumber: &customer}})
	if refusal == nil && rapid.Bool().Draw(b.t, "invoice the order") {
		_, _, refusal = b.c.InvoiceOrder(order.Number)
		require.Nil(b.t, refusal)
	}
}

func (b *bookkeeper) anyInvoice() string {
	invoices := b.c.Invoices()
	if len(invoices) == 0 {
		return "1"
	}
	return rapid.SampledFrom(invoices).Draw(b.t, "invoice").Number
}

// addPayment pays all of an invoice, half of it, or whatever comes to mind.
func (b *bookkeeper) addPayment() {
	number := b.anyInvoice()
	order := company.PaymentOrder{Invoice: number, Date: b.date(), Mode: "KLARNA"}
	amount := b.amount("amount")
	rate := decimal.New(rapid.Int64Range(100_000, 130_000).Draw(b.t, "rate"), -4)
	if invoice, refusal := b.c.Invoice(number); refusal == nil {
		if share := rapid.IntRange(0, 2).Draw(b.t, "share"); share > 0 {
			amount, order.Date = invoice.Balance()/ore.Amount(share), invoice.Date
		}
		if invoice.Currency != company.SEK {
			order.Rate = &rate
		}
	}
	if rapid.IntRange(0, 3).Draw(b.t, "write off") == 0 {
		off := ore.Amount(rapid.Int64Range(-500, 500).Draw(b.t, "write-off"))
		order.WriteOffs = []company.WriteOff{{Account: 6040, Amount: off}}
		if order.Rate == nil {
			amount -= off
		}
	}
	order.AmountCurrency = &amount
	payment, refusal := b.c.CreatePayment(order)
	if refusal == nil && rapid.Bool().Draw(b.t, "book at once") {
		b.bookPayment(strconv.Itoa(payment.Number))
	}
}

// bookPayment may be refused, but never because the simulator's own postings do
// not balance.
func (b *bookkeeper) bookPayment(number string) {
	if _, refusal := b.c.BookPayment(number); refusal != nil {
		require.NotEqual(b.t, company.CodeUnbalanced, refusal.Code, refusal.Message)
	}
}

func (b *bookkeeper) lock() {
	b.c.LockedUntil = ""
	if rapid.IntRange(0, 3).Draw(b.t, "lock") == 0 {
		b.c.LockedUntil = b.date()
	}
}

func (b *bookkeeper) anyPayment() string {
	payments := b.c.Payments()
	if len(payments) == 0 {
		return "1"
	}
	return strconv.Itoa(rapid.SampledFrom(payments).Draw(b.t, "payment").Number)
}

func (b *bookkeeper) addVoucher() {
	date := b.date()
	order := company.VoucherOrder{Series: "K", Date: date, Description: "prov"}
	if year, refusal := b.c.YearOf(date); refusal == nil {
		order.Year = year.ID
	}
	var sum ore.Amount
	for range rapid.IntRange(0, 5).Draw(b.t, "rows") {
		amount := b.amount("amount")
		sum += amount
		order.Rows = append(order.Rows, ledger.Signed(rapid.SampledFrom(accounts()).Draw(b.t, "account"), amount, ""))
	}
	if rapid.IntRange(0, 3).Draw(b.t, "balance it") > 0 {
		order.Rows = append(order.Rows, ledger.Signed(1930, -sum, ""))
	}
	_, _ = b.c.CreateVoucher(order)
}

// check is what must hold after everything that anybody did.
func (b *bookkeeper) check(manualOn1510 ore.Amount) {
	var claims ore.Amount
	for _, year := range b.c.Books.Years() {
		var opening, moved ore.Amount
		for _, balance := range b.c.Books.Balances(year.ID) {
			opening += balance.Opening
			moved += balance.Moved
			if balance.Account.Number == 1510 {
				claims += balance.Moved
			}
		}
		require.Zero(b.t, opening, "opening balances of year %d", year.ID)
		require.Zero(b.t, moved, "movements of year %d", year.ID)
		for i, voucher := range year.Vouchers("") {
			require.True(b.t, ledger.Balanced(voucher.Rows), "voucher %d of year %d", i, year.ID)
		}
	}
	var open ore.Amount
	for _, invoice := range b.c.Invoices() {
		if !invoice.Booked {
			require.Zero(b.t, invoice.Paid, "a draft cannot be paid")
			continue
		}
		total, err := invoice.Totals.Total.Times(invoice.Rate)
		require.NoError(b.t, err)
		open += total - invoice.PaidSEK
		require.Equal(b.t, invoice.FullyPaid(), invoice.FinalPayDate != "", fmt.Sprintf("invoice %s", invoice.Number))
		if invoice.FullyPaid() {
			require.Equal(b.t, total, invoice.PaidSEK, "nothing stays of a paid receivable")
		}
	}
	require.Equal(b.t, open, claims-manualOn1510, "the receivable is the sum of the open invoices")
}

func (b *bookkeeper) manualOn1510() ore.Amount {
	var sum ore.Amount
	for _, year := range b.c.Books.Years() {
		for _, voucher := range year.Vouchers("K") {
			for _, row := range voucher.Rows {
				if row.Account == 1510 {
					sum += row.Amount()
				}
			}
		}
	}
	return sum
}

func TestBooksBalanceWhateverHappens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := smallWorld()
		w.RoundToKronor = rapid.Bool().Draw(t, "whole kronor")
		c, err := company.New(w, func() time.Time { return time.Date(2026, 4, 20, 8, 0, 0, 0, time.UTC) })
		require.NoError(t, err)
		b := &bookkeeper{c: c, t: t}
		t.Repeat(map[string]func(*rapid.T){
			"invoice":        func(*rapid.T) { b.addInvoice() },
			"book invoice":   func(*rapid.T) { _, _ = c.BookInvoice(b.anyInvoice()) },
			"cancel invoice": func(*rapid.T) { _, _ = c.CancelInvoice(b.anyInvoice()) },
			"payment":        func(*rapid.T) { b.addPayment() },
			"book payment":   func(*rapid.T) { b.bookPayment(b.anyPayment()) },
			"credit invoice": func(*rapid.T) { _, _ = c.CreditInvoice(b.anyInvoice()) },
			"change invoice": func(*rapid.T) { b.changeInvoice() },
			"order":          func(*rapid.T) { b.order() },
			"delete payment": func(*rapid.T) { _ = c.DeletePayment(b.anyPayment()) },
			"voucher":        func(*rapid.T) { b.addVoucher() },
			"lock":           func(*rapid.T) { b.lock() },
			"":               func(*rapid.T) { b.check(b.manualOn1510()) },
		})
	})
}
