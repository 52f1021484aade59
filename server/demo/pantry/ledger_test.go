package pantry_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/server/demo/pantry"
	"github.com/kvitt/kvitt/server/demo/world"
)

// The rates at which the company books invoices in euro, and at which the payout of
// 8 April is booked.
var (
	booksRate  = decimal.New(1100, -2)
	payoutRate = decimal.New(1080, -2)
)

// sharedBack is what the 100.00 given back of order 30110 consist of if they are shared
// over its 89.00 of food at 12 percent, 249.00 of a bowl and 59.00 of freight, 397.00
// in all: 100 x 89/397 = 22.418, 100 x 249/397 = 62.720 and 100 x 59/397 = 14.861.
func sharedBack() []world.OrderLine {
	return []world.OrderLine{
		{Type: "physical", TaxRate: 1200, TotalAmount: 22_42},
		{Type: "physical", TaxRate: 2500, TotalAmount: 62_72},
		{Type: "shipping_fee", TaxRate: 2500, TotalAmount: 14_86},
	}
}

// books is a ledger in öre, debit positive.
type books map[int]int64

func (b books) post(account int, amount int64) { b[account] += amount }

// balances are the accounts once all is invoiced, credited and paid out. They are
// computed here from the orders alone: every row on the account of its kind and rate,
// every capture and refund over the customer ledger and clearing to the bank.
func balances(w pantry.World) books {
	b := books{1930: 500_00, 2421: -500_00}
	for _, o := range w.Klarna.Orders {
		for _, c := range o.Captures {
			b.document(o, rowsOf(c.Lines, o.Lines), -1)
		}
		for _, r := range o.Refunds {
			b.document(o, given(o, r), +1)
		}
	}
	for i, p := range w.Klarna.Payouts {
		s := sums(w, i)
		if p.CurrencyCode == "EUR" {
			b.payEuro(w, s)
			continue
		}
		b.post(1930, s.net())
		b.post(6040, s.fees)
		b.post(2641, s.vat)
		b.post(1510, -s.sales+s.refunds)
	}
	return b
}

// given is what a refund gives back: what it says, all that was captured, or 30110's
// share.
func given(o world.Order, r world.Refund) []world.OrderLine {
	if r.Amount == sumOf(o.Lines) || len(r.Lines) > 0 {
		return rowsOf(r.Lines, o.Lines)
	}
	return sharedBack()
}

func rowsOf(own, whole []world.OrderLine) []world.OrderLine {
	if len(own) > 0 {
		return own
	}
	return whole
}

// document posts rows to sales and VAT, and their sum to the customer ledger. Sign is
// that of the sales: credit for an invoice.
func (b books) document(o world.Order, rows []world.OrderLine, sign int64) {
	kronor := func(minor int64) int64 {
		if o.PurchaseCurrency == "EUR" {
			return decimal.New(minor, 0).Mul(booksRate).IntPart() // without a rest, as the rate is whole
		}
		return minor
	}
	for _, r := range rows {
		rate := r.TaxRate / 100
		vat := vatIn(r.TotalAmount, rate)
		b.post(1510, -sign*kronor(r.TotalAmount))
		b.post(salesAccount(r.Type, rate), sign*kronor(r.TotalAmount-vat))
		if vat != 0 {
			b.post(map[int64]int{25: 2611, 12: 2621, 6: 2631}[rate], sign*kronor(vat))
		}
	}
}

func salesAccount(kind string, rate int64) int {
	switch kind {
	case "shipping_fee":
		return 3520
	case "return_fee":
		return 3540
	case "gift_card":
		return 2421
	}
	return map[int64]int{25: 3001, 12: 3002, 6: 3003, 0: 3004}[rate]
}

// payEuro books the payout in euro: money and fees at its rate, the customer ledger at
// that of the books. Sales lose what lies between, refunds gain it, and what rounding
// leaves over is a gain.
func (b books) payEuro(w pantry.World, s totals) {
	at := func(minor int64, rate decimal.Decimal) int64 {
		return decimal.New(minor, 0).Mul(rate).Round(0).IntPart()
	}
	bank, fees, vat := at(s.net(), payoutRate), at(s.fees, payoutRate), at(s.vat, payoutRate)
	b.post(1980, bank)
	b.post(6040, fees)
	b.post(2641, vat)
	b.post(1510, -at(s.sales-s.refunds, booksRate))
	b.post(7960, at(s.sales, booksRate)-at(s.sales, payoutRate))
	b.post(3960, -at(s.refunds, booksRate)+at(s.refunds, payoutRate))
	b.post(3960, at(s.sales-s.refunds, payoutRate)-bank-fees-vat)
}

// totals are magnitudes in minor units.
type totals struct {
	rows, sales, refunds, fees, vat int64
}

func (t totals) net() int64 { return t.sales - t.refunds - t.fees - t.vat }

// sums adds up what a payout settles: what happened after the payout before it. A
// capture costs 2.99 percent and 3.00, with VAT of 25 percent on each.
func sums(w pantry.World, n int) totals {
	p := w.Klarna.Payouts[n]
	var after time.Time
	for _, earlier := range w.Klarna.Payouts[:n] {
		if earlier.CurrencyCode == p.CurrencyCode {
			after = earlier.PayoutDate
		}
	}
	pays := func(o world.Order, at time.Time) bool {
		return o.PurchaseCurrency == p.CurrencyCode && at.After(after) && !at.After(p.PayoutDate)
	}
	var t totals
	for _, o := range w.Klarna.Orders {
		for _, c := range o.Captures {
			if pays(o, c.At) {
				fee := decimal.New(c.Amount, 0).Mul(decimal.New(299, -4)).Round(0)
				quarter := func(d decimal.Decimal) int64 { return d.Div(decimal.New(4, 0)).Round(0).IntPart() }
				t.rows, t.sales, t.fees = t.rows+3, t.sales+c.Amount, t.fees+fee.IntPart()+3_00
				t.vat += quarter(fee) + quarter(decimal.New(3_00, 0))
			}
		}
		for _, r := range o.Refunds {
			if pays(o, r.At) {
				t.rows, t.refunds = t.rows+1, t.refunds+r.Amount
			}
		}
	}
	return t
}

// vatIn is the VAT in an amount that includes it, rounded half away from zero.
func vatIn(gross, rate int64) int64 {
	return decimal.New(gross*rate, 0).Div(decimal.New(100+rate, 0)).Round(0).IntPart()
}

func kronor(minor int64) string { return decimal.New(minor, -2).StringFixed(2) }

// payoutRow is the line that the README has for a payout: signed effects that sum to
// what reached the bank.
func payoutRow(w pantry.World, n int) string {
	p, t := w.Klarna.Payouts[n], sums(w, n)
	return fmt.Sprintf("| %d `%s` %s | %d | %s | %s | %s | %s | %s | %s | %s | **%s** |", n+1, p.PaymentReference,
		p.PayoutDate.Format(time.DateOnly), t.rows, kronor(t.sales), kronor(-t.refunds), kronor(-t.fees), kronor(-t.vat),
		kronor(0), kronor(0), kronor(0), kronor(t.net()))
}

func balanceRows(w pantry.World) []string {
	b := balances(w)
	b[1580], b[1686] = 0, 0 // passed through, and nothing stays
	var rows []string
	for _, account := range slices.Sorted(maps.Keys(b)) {
		rows = append(rows, fmt.Sprintf("| %d | %s |", account, kronor(b[account])))
	}
	return rows
}
