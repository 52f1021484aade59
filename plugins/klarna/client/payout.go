package client

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

// CodePayoutInvalid: a payout that makes no sense.
const CodePayoutInvalid fault.Code = "klarna.payout_invalid"

// The values of merchant_settlement_type.
const (
	Net      = "NET"       // fees are deducted
	Gross    = "GROSS"     // fees are invoiced apart
	GrossFee = "GROSS_FEE" // the record of that invoice
)

var errNumber = errors.New("this is not a number that can be used")

// Payout is Klarna's Payout object as far as kvitt reads it.
type Payout struct {
	PaymentReference string
	PayoutDate       time.Time
	Currency         money.Currency
	// LocalCurrency is that of the country of registration, as Klarna writes it, or empty.
	LocalCurrency  string
	MerchantID     string
	SettlementType string
	Totals         Totals
}

// Totals are the totals by their names ("sale_amount"), minor units. One that is
// missing or null is 0.
type Totals map[string]Total

// Total is a total with its place in the payout's JSON object.
type Total struct {
	Minor          int64
	Offset, Length int64
}

// Minor gives a total in minor units.
func (t Totals) Minor(name string) int64 { return t[name].Minor }

// ReadPayout reads one payout. Where stands before the names of fields in faults.
func ReadPayout(object []byte, where string) (Payout, error) {
	var in struct {
		PaymentReference string `json:"payment_reference"`
		PayoutDate       string `json:"payout_date"`
		Currency         string `json:"currency_code"`
		LocalCurrency    string `json:"currency_code_of_registration_country"`
		MerchantID       string `json:"merchant_id"`
		SettlementType   string `json:"merchant_settlement_type"`
	}
	invalid := func(field, reason string) error {
		return fault.Invalid(CodePayoutInvalid, join(where, field), reason).From(fault.Upstream).
			WithRemedy("compare the payout with the one in Klarna's merchant portal")
	}
	if err := json.Unmarshal(object, &in); err != nil {
		return Payout{}, invalid(wrongField(err), "this is not the type that Klarna documents")
	}
	if in.PaymentReference == "" {
		return Payout{}, invalid("payment_reference", "a payout needs its reference")
	}
	for field, text := range map[string]string{
		"payment_reference": in.PaymentReference, "merchant_id": in.MerchantID, "merchant_settlement_type": in.SettlementType,
	} {
		if len(text) > longest {
			return Payout{}, invalid(field, "the text is longer than any that Klarna gives")
		}
	}
	date, err := ReadTime(in.PayoutDate)
	if err != nil {
		return Payout{}, invalid("payout_date", "\""+in.PayoutDate+"\" is not a moment")
	}
	currency, err := money.ParseCurrency(in.Currency)
	if err != nil {
		return Payout{}, invalid("currency_code", "\""+in.Currency+"\" is not a currency")
	}
	totals, wrong := readTotals(object)
	if wrong != "" {
		return Payout{}, invalid(wrong, "this is not a whole number of minor units, or stands there twice")
	}
	if _, stated := totals["settlement_amount"]; !stated {
		return Payout{}, invalid("totals.settlement_amount", "a payout needs its amount")
	}
	return Payout{
		PaymentReference: in.PaymentReference, PayoutDate: date, Currency: currency, MerchantID: in.MerchantID,
		SettlementType: strings.ToUpper(in.SettlementType), Totals: totals, LocalCurrency: in.LocalCurrency,
	}, nil
}

// readTotals gives the totals with their places, or the path of the member that
// makes no sense.
func readTotals(object []byte) (totals Totals, wrong string) {
	found := false
	read := func(name string, number []byte, offset int64) error {
		wrong = "totals." + name
		if string(number) == "null" {
			return nil
		}
		minor, err := strconv.ParseInt(string(number), 10, 64)
		if err != nil {
			return err
		}
		if _, twice := totals[name]; twice || minor == minInt64 {
			return errNumber
		}
		totals[name] = Total{Minor: minor, Offset: offset, Length: int64(len(number))}
		return nil
	}
	totals = Totals{}
	err := eachMember(object, func(member string, value []byte, at int64) error {
		if member != "totals" {
			return nil
		}
		wrong = "totals"
		if found {
			return errNumber
		}
		found = true
		return eachMember(value, func(name string, number []byte, offset int64) error { return read(name, number, at+offset) })
	})
	if err != nil {
		return nil, wrong
	}
	return totals, ""
}
