package server

import (
	"encoding/json"
	"hash/fnv"
	"time"
)

// show is Klarna's Order object.
func (o *Order) show(w World, now time.Time) map[string]any {
	spellings := plainly
	if w.Spelling == SpellingMixed {
		hash := fnv.New32a()
		_, _ = hash.Write([]byte(o.OrderID)) // never fails
		spellings = respelling{int(hash.Sum32() % 6)}
	}
	captures, refunds := []map[string]any{}, []map[string]any{}
	for _, c := range o.Captures {
		captures = append(captures, o.showCapture(c, spellings))
	}
	for _, r := range o.Refunds {
		refunds = append(refunds, r.show(spellings))
	}
	shown := map[string]any{
		"order_id": o.OrderID, "klarna_reference": o.KlarnaReference,
		"status": o.statusAt(now), "fraud_status": o.FraudStatus,
		"order_amount": *o.OrderAmount, "original_order_amount": *o.OriginalOrderAmount,
		"captured_amount": o.captured(), "refunded_amount": o.refunded(), "remaining_authorized_amount": o.remaining(now),
		"purchase_currency": spellings.code(o.PurchaseCurrency), "purchase_country": spellings.code(o.PurchaseCountry),
		"created_at": spellings.date(o.CreatedAt), "expires_at": spellings.date(o.ExpiresAt),
		"order_lines": shownLines(o.OrderLines), "captures": captures, "refunds": refunds,
	}
	for member, text := range map[string]string{
		"merchant_reference1": o.MerchantReference1, "merchant_reference2": o.MerchantReference2,
		"locale": o.Locale, "merchant_data": o.MerchantData,
	} {
		if text != "" {
			shown[member] = text
		}
	}
	for member, object := range map[string]json.RawMessage{
		"customer": o.Customer, "billing_address": o.BillingAddress, "shipping_address": o.ShippingAddress,
		"initial_payment_method": o.InitialPaymentMethod,
	} {
		if len(object) > 0 {
			shown[member] = object
		}
	}
	return shown
}

// showCapture is Klarna's Capture object, which repeats the addresses.
func (o *Order) showCapture(c Capture, spellings respelling) map[string]any {
	shown := map[string]any{
		"capture_id": c.CaptureID, "klarna_reference": c.KlarnaReference, "captured_amount": c.CapturedAmount,
		"captured_at": spellings.date(c.CapturedAt), "order_lines": shownLines(c.OrderLines),
	}
	for member, text := range map[string]string{"reference": c.Reference, "description": c.Description} {
		if text != "" {
			shown[member] = text
		}
	}
	for member, object := range map[string]json.RawMessage{
		"billing_address": o.BillingAddress, "shipping_address": o.ShippingAddress, "shipping_info": c.ShippingInfo,
	} {
		if len(object) > 0 {
			shown[member] = object
		}
	}
	return shown
}

// show is Klarna's Refund object.
func (r Refund) show(spellings respelling) map[string]any {
	shown := map[string]any{
		"refund_id": r.RefundID, "refunded_amount": r.RefundedAmount,
		"refunded_at": spellings.date(r.RefundedAt), "order_lines": shownLines(r.OrderLines),
	}
	for member, text := range map[string]string{"reference": r.Reference, "description": r.Description} {
		if text != "" {
			shown[member] = text
		}
	}
	return shown
}

// shownLines are lines as they stand; none is an empty array.
func shownLines(lines []OrderLine) []OrderLine {
	if lines == nil {
		return []OrderLine{}
	}
	return lines
}

// respelling gives dates and codes in one of the spellings that occur.
type respelling struct{ turn int }

// plainly leaves them as the world writes them.
var plainly = respelling{-1}

func (r respelling) date(s string) string {
	if r == plainly {
		return s
	}
	return respellDate(s, r.turn)
}

func (r respelling) code(s string) string {
	if r == plainly {
		return s
	}
	return respellCode(s, r.turn)
}
