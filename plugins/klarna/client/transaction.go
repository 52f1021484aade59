package client

import (
	"encoding/json"
	"errors"
	"math"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/sdk/jsonpage"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// minInt64 has no opposite, so no amount may be it.
const minInt64 = math.MinInt64

// longest is the most bytes that a text of a row may have; Klarna's references
// have at most 255 characters.
const longest = 1024

// Transaction is Klarna's Transaction object as far as kvitt reads it. A text
// that is absent, null or empty is empty: Klarna uses all three for "none".
type Transaction struct {
	Type         string `json:"type"`
	DetailedType string `json:"detailed_type"`
	Amount       *int64 `json:"amount"`
	VATAmount    int64  `json:"vat_amount"`
	VATRate      *int64 `json:"vat_rate"`
	// LocalVAT is VATAmount in the currency of the country of registration, at the rate
	// of the capture date, of merchants in some countries who sell in others.
	LocalVAT                 *int64 `json:"tax_in_currency_of_registration_country"`
	LocalCurrency            string `json:"currency_code_of_registration_country"`
	Currency                 string `json:"currency_code"`
	OrderID                  string `json:"order_id"`
	ShortOrderID             string `json:"short_order_id"`
	CaptureID                string `json:"capture_id"`
	RefundID                 string `json:"refund_id"`
	MerchantReference1       string `json:"merchant_reference1"`
	MerchantReference2       string `json:"merchant_reference2"`
	MerchantCaptureReference string `json:"merchant_capture_reference"`
	MerchantRefundReference  string `json:"merchant_refund_reference"`
	ReversalReference        string `json:"reversal_reference"`
	CaptureDate              string `json:"capture_date"`
	PaymentReference         string `json:"payment_reference"`
}

// ReadTransaction reads one row. It refuses what has the wrong type and leaves
// meaning to its caller. Where stands before the names of fields in faults.
func ReadTransaction(object jsonpage.Value, where string) (Transaction, error) {
	var t Transaction
	invalid := func(field, reason string) error {
		return fault.Invalid(payout.CodeLineInvalid, jsonpage.Join(where, field), reason).From(fault.Upstream).
			WithRemedy("compare the row with the settlement report in Klarna's merchant portal")
	}
	if err := json.Unmarshal(object.Bytes, &t); err != nil {
		return Transaction{}, invalid(upstream.WrongMember(err), "this is not the type that Klarna documents")
	}
	switch {
	case t.Type == "":
		return Transaction{}, invalid("type", "a row needs a type")
	case t.Amount == nil:
		return Transaction{}, invalid("amount", "a row needs an amount")
	case *t.Amount == minInt64 || t.VATAmount == minInt64 || t.LocalVAT != nil && *t.LocalVAT == minInt64:
		return Transaction{}, invalid("amount", "the amount does not fit in 64 bits")
	}
	for field, text := range t.texts() {
		if len(text) > longest {
			return Transaction{}, invalid(field, "the text is longer than any that Klarna gives")
		}
	}
	return t, nil
}

func (t Transaction) texts() map[string]string {
	return map[string]string{
		"type": t.Type, "detailed_type": t.DetailedType, "order_id": t.OrderID, "short_order_id": t.ShortOrderID,
		"capture_id": t.CaptureID, "refund_id": t.RefundID,
		"merchant_reference1": t.MerchantReference1, "merchant_reference2": t.MerchantReference2,
		"merchant_capture_reference": t.MerchantCaptureReference, "merchant_refund_reference": t.MerchantRefundReference,
		"reversal_reference": t.ReversalReference,
	}
}

// ReadTime reads a moment in either of Klarna's spellings, 2015-11-29T10:25:40.000Z
// and 2015-11-19T01:51:17+00:00, and gives it in UTC.
func ReadTime(text string) (time.Time, error) {
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, err
	}
	moment = moment.UTC()
	if moment.Year() < 1 || moment.Year() > 9999 {
		return time.Time{}, errors.New("the year is out of range")
	}
	return moment, nil
}
