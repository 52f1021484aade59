package world

import (
	"fmt"
	"time"

	"github.com/kvitt/kvitt/server/demo/draw"
)

// Transaction has the members of Klarna's Transaction object. Amounts are öre
// without VAT and without sign; the type tells the direction.
type Transaction struct {
	Type         string `json:"type"`
	DetailedType string `json:"detailed_type"`
	Amount       int64  `json:"amount"`
	// VATRate (2500 = 25 %) and VATAmount are Klarna's own VAT, on fees only.
	VATRate      *int64 `json:"vat_rate,omitempty"`
	VATAmount    *int64 `json:"vat_amount,omitempty"`
	CurrencyCode string `json:"currency_code"`
	OrderID      string `json:"order_id,omitempty"`
	ShortOrderID string `json:"short_order_id,omitempty"`
	// CaptureID is empty, not absent, on rows that belong to no capture.
	CaptureID          string    `json:"capture_id"`
	RefundID           string    `json:"refund_id,omitempty"`
	MerchantReference1 string    `json:"merchant_reference1"`
	MerchantReference2 string    `json:"merchant_reference2"`
	SaleDate           time.Time `json:"sale_date"`
	CaptureDate        time.Time `json:"capture_date"`
	PaymentReference   string    `json:"payment_reference"`
	PurchaseCountry    string    `json:"purchase_country"`
	ShippingCountry    string    `json:"shipping_country,omitempty"`
	PaymentMethod      string    `json:"initial_payment_method_type,omitempty"`
	ReversalReference  string    `json:"reversal_reference,omitempty"`
	Comment            string    `json:"klarna_comment,omitempty"`
}

// rowsOf makes the rows of one payout, except the reserve.
func rowsOf(d draw.Seed, s story, b books, payout int) []Transaction {
	var rows []Transaction
	for _, o := range s.orders {
		if o.payout == payout {
			rows = append(rows, captureRows(orderRow(d, b, o), o)...)
		}
	}
	for _, r := range s.refunds {
		if r.payout == payout {
			row := orderRow(d, b, s.find(r.order))
			row.Type, row.DetailedType, row.Amount = "RETURN", "PURCHASE_RETURN", int64(r.total())
			row.CaptureID, row.RefundID, row.CaptureDate = "", d.UUID("refund/"+r.order), r.moment
			rows = append(rows, row)
		}
	}
	if payout == 1 {
		rows = append(rows, defaultRow(d, b, s.find(defaulted)))
		rows = append(rows, disputeRows(d, b, s.find(disputed))...)
	}
	return rows
}

// orderRow holds what all rows of an order have in common.
func orderRow(d draw.Seed, b books, o order) Transaction {
	methods := []string{"INVOICE", "INVOICE", "ACCOUNT", "DIRECT_DEBIT", "CARD"}
	return Transaction{
		CurrencyCode: "SEK", OrderID: d.UUID("order/" + o.reference), ShortOrderID: d.Code(7, "short/"+o.reference),
		CaptureID:          d.UUID("capture/" + o.reference),
		MerchantReference1: o.reference, MerchantReference2: b.ocr[o.reference],
		SaleDate: o.placed, CaptureDate: o.captured, PurchaseCountry: "SE", ShippingCountry: "SE",
		PaymentMethod: draw.Pick(d, methods, "method/"+o.reference),
	}
}

// captureRows are the three rows of a capture: the sale and Klarna's two fees,
// 2.99 percent and 3.00 kronor, each with VAT of 25 percent rounded for itself.
func captureRows(common Transaction, o order) []Transaction {
	amount := value(o.charged())
	sale := common
	sale.Type, sale.DetailedType, sale.Amount = "SALE", "PURCHASE", int64(amount)
	return []Transaction{
		sale,
		feeRow(common, "PURCHASE_FEE_PERCENTAGE", amount.share(299, 10000), 2500),
		feeRow(common, "PURCHASE_FEE_FIXED", 3_00, 2500),
	}
}

func feeRow(common Transaction, detailed string, amount ore, rate int64) Transaction {
	vat := int64(amount.share(ore(rate), 10000))
	common.Type, common.DetailedType, common.Amount = "FEE", detailed, int64(amount)
	common.VATRate, common.VATAmount = &rate, &vat
	return common
}

// defaultRow takes back what the customer never paid. No refund was made, so there
// is no credit invoice.
func defaultRow(d draw.Seed, b books, o order) Transaction {
	row := orderRow(d, b, o)
	row.Type, row.DetailedType, row.Amount = "RETURN", "PAYMENT_DEFAULT", int64(o.total())
	row.CaptureID, row.RefundID = "", d.UUID("default/"+o.reference)
	row.CaptureDate = moment(time.April, 8, 4, 15)
	return row
}

// disputeRows take back a disputed sale and charge for the trouble.
func disputeRows(d draw.Seed, b books, o order) []Transaction {
	common := orderRow(d, b, o)
	common.CaptureID, common.CaptureDate = "", moment(time.April, 8, 12, 0)
	common.ReversalReference = fmt.Sprintf("krn:klarna:eu1:dispute:goods_not_received:%d",
		263_000_000_000_000+d.Below(1_000_000_000, "dispute/"+o.reference))
	reversal := common
	reversal.Type, reversal.DetailedType, reversal.Amount = "REVERSAL", "REVERSAL", int64(o.total())
	reversal.RefundID = d.UUID("reversal/" + o.reference)
	return []Transaction{reversal, feeRow(common, "DISPUTE_FEE", disputeFee, 0)}
}

// reserveRow holds or releases the rolling reserve; it belongs to no order.
func reserveRow(kind string, amount int64, paid time.Time) Transaction {
	cut := paid.Add(-8 * time.Hour)
	return Transaction{
		Type: kind, DetailedType: "ROLLING_RESERVE", Amount: amount, CurrencyCode: "SEK", SaleDate: cut,
		CaptureDate: cut, PurchaseCountry: "SE", Comment: "Rolling reserve",
	}
}
