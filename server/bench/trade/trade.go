// Package trade is an invented shop and its provider: every row of its payout, and
// the invoice that the row settles, follow from the row's index by arithmetic. So
// a payout of a million rows needs no file, and two processes agree on it.
package trade

import (
	"encoding/hex"
	"strconv"
	"time"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// Currency is that of everything in the shop.
const Currency money.Currency = "SEK"

// Payday is when the payout was sent.
func Payday() time.Time { return time.Date(2026, time.April, 2, 7, 45, 0, 0, time.UTC) }

// Row is one row of the payout.
type Row struct {
	Index int
	// Order is the index of the order; that of a refund is an earlier sale's.
	Order  int
	Refund bool
	// Gross, Fee and VAT are in öre; Gross is signed for the merchant, the fee is
	// without its VAT.
	Gross, Fee, VAT int64
}

// refundEvery is how many rows have one refund among them.
const refundEvery = 20

// At gives the row of an index from 0 on.
func At(i int) Row {
	if i%refundEvery == refundEvery-1 {
		order := i - refundEvery/2
		return Row{Index: i, Order: order, Refund: true, Gross: -price(order)}
	}
	r := Row{Index: i, Order: i, Gross: price(i)}
	r.Fee = 300 + (r.Gross*179+5000)/10000
	r.VAT = (r.Fee + 2) / 4
	return r
}

// price is between 100 and 1 000 kronor.
func price(i int) int64 { return 10_000 + int64(i)*7919%90_000 }

// Net is what a payout of so many rows pays out.
func Net(rows int) money.Amount {
	var net int64
	for i := range rows {
		r := At(i)
		net += r.Gross - r.Fee - r.VAT
	}
	return money.New(net, Currency)
}

// OrderNumber is the shop's own number of the order.
func (r Row) OrderNumber() string { return strconv.Itoa(1_000_000 + r.Order) }

// At is when the money was captured or refunded.
func (r Row) At() time.Time {
	return Payday().Add(-72*time.Hour + time.Duration(r.Index%200_000)*time.Second)
}

// OrderID is the provider's id of the order, MovementID that of the capture or refund.
func (r Row) OrderID() string { return uuid(uint64(r.Order)) }

// MovementID is the provider's id of the capture or refund.
func (r Row) MovementID() string { return uuid(uint64(r.Index) | 1<<62) }

// Key is the key of the line: like a hash it has no order, so that an index on it
// grows everywhere.
func (r Row) Key() string {
	var b [16]byte
	fill(b[:], uint64(r.Index)|1<<61)
	return hex.EncodeToString(b[:])
}

// RawType is the provider's name for the kind of row.
func (r Row) RawType() string {
	if r.Refund {
		return "RETURN"
	}
	return "SALE"
}

// Line gives the row as a connector delivers it.
func (r Row) Line(raw payout.Raw) payout.Line {
	order := r.OrderID()
	line := payout.Line{
		Key: r.Key(), Kind: payout.Sale, RawType: r.RawType(), FeeVATRate: "25",
		Gross: money.New(r.Gross, Currency), FeeExVAT: money.New(r.Fee, Currency), FeeVAT: money.New(r.VAT, Currency),
		OccurredAt: r.At(), Group: r.MovementID(), Raw: raw,
		References: map[payout.Reference]string{
			payout.MerchantReference1: r.OrderNumber(), payout.OrderID: order, payout.ShortOrderID: order[:8],
		},
	}
	movement := payout.CaptureID
	if r.Refund {
		line.Kind, movement = payout.Refund, payout.RefundID
	}
	line.References[movement] = line.Group
	return line
}

// AppendJSON appends the row as the provider's API writes it.
func (r Row) AppendJSON(b []byte, l payout.Line) []byte {
	movement, at := "capture", r.At().Format(time.RFC3339)
	if r.Refund {
		movement = "refund"
	}
	text := func(name, value string) { b = append(append(append(append(b, name...), `":"`...), value...), `","`...) }
	number := func(name string, value int64) {
		b = append(strconv.AppendInt(append(append(b, name...), `":`...), value, 10), `,"`...)
	}
	b = append(b, `{"`...)
	text("type", r.RawType())
	text("detailed_type", "PURCHASE")
	number("amount", max(r.Gross, -r.Gross))
	number("fee_amount", r.Fee)
	number("vat_rate", 2500)
	number("vat_amount", r.VAT)
	text("currency_code", string(Currency))
	text("order_id", l.References[payout.OrderID])
	text("short_order_id", l.References[payout.ShortOrderID])
	text(movement+"_id", l.Group)
	text("merchant_reference1", l.References[payout.MerchantReference1])
	text("merchant_reference2", "")
	text("sale_date", at)
	text(movement+"_date", at)
	text("payment_reference", "BENCH")
	text("purchase_country", "SE")
	text("shipping_country", "SE")
	return append(b, `initial_payment_method_type":"DIRECT_DEBIT"}`...)
}

// Document gives the invoice or credit invoice that the row settles.
func (r Row) Document() invoice.Document {
	day := civil.Of(r.At())
	number := strconv.Itoa(10_000 + position(r.Index))
	d := invoice.Document{
		Number: number, Kind: invoice.Invoice, Total: money.New(r.Gross, Currency), Balance: money.New(r.Gross, Currency),
		Date: day, DueDate: day, Booked: true, Partial: true,
		References: map[invoice.Reference]string{
			invoice.ExternalReference1: r.OrderNumber(), invoice.OCR: number + "7", invoice.Number: number,
		},
	}
	if r.Refund {
		d.Kind = invoice.Credit
	}
	return d
}
