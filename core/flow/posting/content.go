package posting

import (
	"encoding/json"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// Voucher is a planned voucher as it is stored.
type Voucher struct {
	Series string       `json:"series"`
	Date   civil.Date   `json:"date"`
	Text   string       `json:"text"`
	Rows   []ledger.Row `json:"rows"`
	// Rate is that at which a payout in another currency became the rows, else nil.
	Rate *exchange.Rate `json:"rate,omitempty"`
}

// VoucherContent gives the stored form of a voucher in a series, under the text
// given: a part of a voucher that was split keeps the text of the whole.
func VoucherContent(series, text string, v ledger.Voucher) (json.RawMessage, error) {
	return json.Marshal(Voucher{Series: series, Date: v.Date(), Text: text, Rows: v.Rows()})
}

// ConvertedContent is VoucherContent of a payout in another currency than the books.
func ConvertedContent(series, text string, v ledger.Voucher, rate exchange.Rate) (json.RawMessage, error) {
	return json.Marshal(Voucher{Series: series, Date: v.Date(), Text: text, Rows: v.Rows(), Rate: &rate})
}

// RateOf gives the rate at which a step's voucher was converted, false if it was not.
func RateOf(s ports.Step) (exchange.Rate, bool, error) {
	var content struct {
		Rate *exchange.Rate `json:"rate"`
	}
	if err := json.Unmarshal(s.Content, &content); err != nil {
		return exchange.Rate{}, false, unreadable(s, err)
	}
	if content.Rate == nil {
		return exchange.Rate{}, false, nil
	}
	return *content.Rate, true, nil
}

// ReadVoucher reads the voucher of a step.
func ReadVoucher(s ports.Step) (series string, v ledger.Voucher, err error) {
	var content Voucher
	if err := json.Unmarshal(s.Content, &content); err != nil {
		return "", ledger.Voucher{}, unreadable(s, err)
	}
	v, err = ledger.New(content.Date, content.Text, content.Rows)
	if err != nil {
		return "", ledger.Voucher{}, unreadable(s, err)
	}
	return content.Series, v, nil
}

// File is a planned attachment as it is stored. It is written once, when planned,
// so that every attempt sends the same bytes under the same name.
type File struct {
	// Voucher is the key of the step whose voucher the file belongs to.
	Voucher   string `json:"voucher"`
	FileName  string `json:"file_name"`
	MediaType string `json:"media_type"`
	Content   []byte `json:"content"`
}

// Release is a planned taking back of a payment as it is stored: what it does to the
// document and the accounts, which is the opposite of what the payment did, and the
// payment's number.
type Release struct {
	ports.Payment
	PaymentNumber string `json:"payment_number"`
}

// PaymentIntent is what was known of a document when a payment of it, or the taking
// back of one, was opened.
type PaymentIntent struct {
	BalanceBefore money.Amount `json:"balance_before"`
	// Known are the payments of the document that kvitt has made before.
	Known []string `json:"known,omitempty"`
}

func unreadable(step ports.Step, err error) error {
	return fault.New(CodeContentUnreadable, fault.Validation, "the planned "+string(step.Kind)+" cannot be read").Wrap(err)
}
