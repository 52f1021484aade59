package server

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settlesRest in Payout.Settles stands for all that no payout has settled by its date.
const settlesRest = "*"

// Fees are what Klarna takes of each capture in the rows that are made of orders.
type Fees struct {
	Percentage int64 `json:"percentage"` // in hundredths of a per cent of the capture
	Fixed      int64 `json:"fixed"`      // in minor units
	VATRate    int64 `json:"vat_rate"`   // of both, in hundredths of a per cent
}

// defaultFees are 2.99 % and 3.00, with 25 % VAT.
func defaultFees() *Fees { return &Fees{Percentage: 299, Fixed: 300, VATRate: 2500} }

// event is a capture or a refund with the rows that a settlement has of it.
type event struct {
	id       string
	currency string
	moment   time.Time
	rows     []Transaction
}

// events gives the captures and refunds of orders, the oldest first.
func events(orders []*Order, fees Fees) []event {
	var all []event
	for _, o := range orders {
		for _, c := range o.Captures {
			all = append(all, event{c.CaptureID, strings.ToUpper(o.PurchaseCurrency), c.moment, o.captureRows(c, fees)})
		}
		for _, r := range o.Refunds {
			all = append(all, event{r.RefundID, strings.ToUpper(o.PurchaseCurrency), r.moment, []Transaction{o.refundRow(r)}})
		}
	}
	slices.SortStableFunc(all, func(a, b event) int { return a.moment.Compare(b.moment) })
	return all
}

// row is what all rows of an order have.
func (o *Order) row(kind, detailed string, amount int64, at string) Transaction {
	t := Transaction{"amount": strconv.AppendInt(nil, amount, 10)}
	for member, text := range map[string]string{
		"type": kind, "detailed_type": detailed, "order_id": o.OrderID, "short_order_id": o.KlarnaReference,
		"merchant_reference1": o.MerchantReference1, "merchant_reference2": o.MerchantReference2,
		"currency_code": o.PurchaseCurrency, "purchase_country": o.PurchaseCountry, "sale_date": o.CreatedAt, "capture_date": at,
	} {
		if text != "" {
			t.set(member, text)
		}
	}
	var method struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(o.InitialPaymentMethod, &method) == nil && method.Type != "" {
		t.set("initial_payment_method_type", method.Type)
	}
	return t
}

// captureRows are the sale and its two fees.
func (o *Order) captureRows(c Capture, fees Fees) []Transaction {
	rows := []Transaction{o.row("SALE", "PURCHASE", c.CapturedAmount, c.CapturedAt)}
	for _, fee := range []struct {
		detailed string
		amount   int64
	}{
		{"PURCHASE_FEE_PERCENTAGE", share(c.CapturedAmount, fees.Percentage)}, {"PURCHASE_FEE_FIXED", fees.Fixed},
	} {
		if fee.amount == 0 {
			continue
		}
		t := o.row("FEE", fee.detailed, fee.amount, c.CapturedAt)
		t["vat_rate"] = strconv.AppendInt(nil, fees.VATRate, 10)
		t["vat_amount"] = strconv.AppendInt(nil, share(fee.amount, fees.VATRate), 10)
		rows = append(rows, t)
	}
	for _, t := range rows {
		t.set("capture_id", c.CaptureID)
		if c.Reference != "" {
			t.set("merchant_capture_reference", c.Reference)
		}
	}
	return rows
}

func (o *Order) refundRow(r Refund) Transaction {
	t := o.row("RETURN", "PURCHASE_RETURN", r.RefundedAmount, r.RefundedAt)
	t.set("refund_id", r.RefundID)
	if r.Reference != "" {
		t.set("merchant_refund_reference", r.Reference)
	}
	return t
}

// share is so many hundredths of a per cent of an amount, half a minor unit rounded up.
func share(amount, hundredths int64) int64 {
	const whole = 100_00
	return (amount*hundredths + whole/2) / whole
}

// settled gives the ids of captures and refunds that payouts have settled or name.
func settled(payouts []Payout, unpaid []Transaction) map[string]bool {
	known := map[string]bool{}
	name := func(rows []Transaction) {
		for _, t := range rows {
			known[t.text("capture_id")], known[t.text("refund_id")] = true, true
		}
	}
	for _, p := range payouts {
		name(p.Transactions)
	}
	name(unpaid)
	return known
}

// settle adds to a payout the rows of the captures and refunds that it settles, and the
// totals that follow from them unless the payout states its own. Debts are those of the
// payouts before.
func (p *Payout) settle(all []event, before []Payout, known map[string]bool) error {
	if len(p.Settles) == 0 {
		return nil
	}
	if p.Totals == nil && len(p.Transactions) > 0 {
		return fmt.Errorf("totals are needed beside transactions")
	}
	for _, id := range p.Settles {
		found := false
		for _, e := range all {
			rest := id == settlesRest && e.currency == p.CurrencyCode && !e.moment.After(p.moment)
			if known[e.id] || !rest && e.id != id {
				continue
			}
			if e.currency != p.CurrencyCode {
				return fmt.Errorf("settles: %q is in %s", id, e.currency)
			}
			known[e.id], found = true, true
			p.Transactions = append(p.Transactions, e.rows...)
		}
		if !found && id != settlesRest {
			return fmt.Errorf("settles: %q is no capture or refund of an order, or in another payout", id)
		}
	}
	if p.Totals == nil {
		p.Totals = totalsOf(p.Transactions, p.debt(before))
	}
	return nil
}

// debt is what the last payout of the currency before this one has left.
func (p *Payout) debt(payouts []Payout) int64 {
	var last *Payout
	for _, other := range payouts {
		if other.CurrencyCode == p.CurrencyCode && other.moment.Before(p.moment) && (last == nil || last.moment.Before(other.moment)) {
			last = &other
		}
	}
	if last == nil {
		return 0
	}
	return last.Totals["closing_debt_balance_amount"]
}

// totalsOf follows Klarna's formula. A payout that would be negative is lifted to 0 and
// the rest becomes debt, which the next ones repay.
func totalsOf(rows []Transaction, debt int64) map[string]int64 {
	totals := map[string]int64{}
	for _, t := range rows {
		amount, _ := t.number("amount")
		vat, _ := t.number("vat_amount")
		totals[map[string]string{"SALE": "sale_amount", "RETURN": "return_amount", "FEE": "fee_amount"}[t.text("type")]] += amount
		totals["tax_amount"] += vat
	}
	net := totals["sale_amount"] - totals["return_amount"] - totals["fee_amount"] - totals["tax_amount"]
	repay := max(0, min(debt, net))
	totals["repay_amount"], totals["deposit_amount"] = repay, max(0, -net)
	totals["opening_debt_balance_amount"], totals["closing_debt_balance_amount"] = debt, debt-repay+max(0, -net)
	totals["settlement_amount"] = max(0, net) - repay
	return totals
}

// unsettledRows are the rows of an order's captures and refunds that no payout has.
func (s *server) unsettledRows(orderID string) []row {
	payouts, unpaid := s.books.plain()
	known := settled(payouts, unpaid)
	s.orders.mu.Lock()
	defer s.orders.mu.Unlock()
	var found []Transaction
	for _, e := range events(s.orders.orders, *s.world.Fees) {
		if !known[e.id] && e.rows[0].text("order_id") == orderID {
			found = append(found, e.rows...)
		}
	}
	return readRows(found)
}

// settle completes a payout that comes after the world was read.
func (s *server) settle(p *Payout) error {
	payouts, unpaid := s.books.plain()
	payouts = slices.DeleteFunc(payouts, func(other Payout) bool { return other.PaymentReference == p.PaymentReference })
	s.orders.mu.Lock()
	defer s.orders.mu.Unlock()
	return p.settle(events(s.orders.orders, *s.world.Fees), payouts, settled(payouts, unpaid))
}
