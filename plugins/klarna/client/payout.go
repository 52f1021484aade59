package client

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/sdk/jsonpage"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// CodePayoutInvalid: a payout that makes no sense.
const CodePayoutInvalid fault.Code = "klarna.payout_invalid"

// The values of merchant_settlement_type.
const (
	Net      = "NET"       // fees are deducted
	Gross    = "GROSS"     // fees are invoiced apart
	GrossFee = "GROSS_FEE" // the record of that invoice
)

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

// Total is a total with its place in the page.
type Total struct {
	Minor int64
	JSON  jsonpage.Value
}

// Minor gives a total in minor units.
func (t Totals) Minor(name string) int64 { return t[name].Minor }

// ReadPayout reads one payout. Where stands before the names of fields in faults.
func ReadPayout(object jsonpage.Value, where string) (Payout, error) {
	var in struct {
		PaymentReference string `json:"payment_reference"`
		PayoutDate       string `json:"payout_date"`
		Currency         string `json:"currency_code"`
		LocalCurrency    string `json:"currency_code_of_registration_country"`
		MerchantID       string `json:"merchant_id"`
		SettlementType   string `json:"merchant_settlement_type"`
	}
	invalid := func(field, reason string) error {
		return fault.Invalid(CodePayoutInvalid, jsonpage.Join(where, field), reason).From(fault.Upstream).
			WithRemedy("compare the payout with the one in Klarna's merchant portal")
	}
	if err := json.Unmarshal(object.Bytes, &in); err != nil {
		return Payout{}, invalid(upstream.WrongMember(err), "this is not the type that Klarna documents")
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
func readTotals(object jsonpage.Value) (totals Totals, wrong string) {
	stated, err := object.Member("totals")
	switch {
	case errors.Is(err, jsonpage.ErrMissing):
		return nil, ""
	case err != nil:
		return nil, jsonpage.PathOf(err)
	}
	members, err := stated.Members()
	if err != nil {
		return nil, jsonpage.Join("totals", jsonpage.PathOf(err))
	}
	totals = Totals{}
	for _, m := range members {
		if m.IsNull() {
			continue
		}
		minor, err := strconv.ParseInt(string(m.Bytes), 10, 64)
		if err != nil || minor == minInt64 {
			return nil, "totals." + m.Name
		}
		totals[m.Name] = Total{Minor: minor, JSON: m.Value}
	}
	return totals, ""
}
