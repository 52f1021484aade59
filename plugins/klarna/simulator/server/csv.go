package server

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// The formats of a report's column.
type format int

const (
	asText   format = iota
	asAmount        // decimal in major units
	asRate          // percent
)

// column of the transactions block: the member of the JSON row, and its format.
type column struct {
	member string
	format format
}

// defaultColumns begin every report, in this order.
var defaultColumns = [...]string{
	"type", "capture_date", "sale_date", "order_id", "short_order_id", "capture_id",
	"merchant_reference1", "merchant_reference2", "amount", "posting_currency",
}

// renamed are the default columns that are not named and written as in JSON.
var renamed = map[string]column{
	"amount":           {"amount", asAmount},
	"posting_currency": {"currency_code", asText},
}

// optionalColumns are those that a merchant can add in Klarna's report
// configurator, and that the rows of the Settlements API know.
var optionalColumns = map[string]column{
	"refund_id":                      {"refund_id", asText},
	"purchase_country":               {"purchase_country", asText},
	"shipping_country":               {"shipping_country", asText},
	"tax_rate":                       {"vat_rate", asRate},
	"tax_amount":                     {"vat_amount", asAmount},
	"initial_payment_method_type":    {"initial_payment_method_type", asText},
	"initial_number_of_installments": {"initial_number_of_installments", asText},
	"merchant_capture_reference":     {"merchant_capture_reference", asText},
	"merchant_refund_reference":      {"merchant_refund_reference", asText},
	"detailed_type":                  {"detailed_type", asText},
	"reversal_reference":             {"reversal_reference", asText},
}

// summaryColumns are the columns of the summary block; total_x_amount is the
// total x_amount of the payout.
var summaryColumns = [...]struct{ name, total string }{
	{"total_sale_amount", "sale_amount"},
	{"total_fee_amount", "fee_amount"},
	{"total_fee_correction_amount", "fee_correction_amount"},
	{"total_tax_amount", "tax_amount"},
	{"total_return_amount", "return_amount"},
	{"total_reversal_amount", "reversal_amount"},
	{"total_commission_amount", "commission_amount"},
	{"total_commission_reversal_amount", "commission_reversal_amount"},
	{"total_credit_amount", "credit_amount"},
	{"total_charge_amount", "charge_amount"},
	{"total_holdback_amount", "holdback_amount"},
	{"total_release_amount", "release_amount"},
	{"opening_debt_balance", "opening_debt_balance_amount"},
	{"total_deposit_amount", "deposit_amount"},
	{"total_repay_amount", "repay_amount"},
	{"closing_debt_balance", "closing_debt_balance_amount"},
	{"total_fee_refund_amount", "fee_refund_amount"},
	{"total_settlement_amount", "settlement_amount"},
}

func (s *server) payoutCSV(r *http.Request) (reply, *failure) {
	e, failed := s.find(r.URL.Query().Get("payment_reference"))
	if failed != nil {
		return reply{}, failed
	}
	return s.report("settlement."+e.PaymentReference+".csv", []*entry{e}), nil
}

func (s *server) rangeCSV(r *http.Request) (reply, *failure) {
	filter, failed := readWindow(r, true)
	if failed != nil {
		return reply{}, failed
	}
	return s.report("settlements.csv", filter.apply(s.books.visible(s.control.Now()))), nil
}

// report writes both blocks: a summary with one row per payout, and the
// transactions of all of them, each under a header of its own.
func (s *server) report(filename string, entries []*entry) reply {
	var buffer bytes.Buffer
	w := csv.NewWriter(&buffer)
	w.Comma = ';'
	summary := [][]string{summaryHeader()}
	transactions := [][]string{slices.Concat(defaultColumns[:], s.world.ReportColumns)}
	for _, e := range entries {
		summary = append(summary, e.summaryRecord())
		for _, row := range e.rows {
			transactions = append(transactions, s.record(row.shown(s.world)))
		}
	}
	// Writing to memory does not fail.
	_ = w.WriteAll(summary)
	buffer.WriteByte('\n')
	_ = w.WriteAll(transactions)
	return reply{body: buffer.Bytes(), filename: filename}
}

func summaryHeader() []string {
	var header []string
	for _, c := range summaryColumns {
		header = append(header, c.name)
	}
	return append(header, "payment_reference", "settlement_currency", "payout_date",
		"merchant_id", "merchant_settlement_type", "submerchant_id")
}

func (e *entry) summaryRecord() []string {
	var record []string
	for _, c := range summaryColumns {
		record = append(record, decimal(e.Totals[c.total]))
	}
	return append(record, e.PaymentReference, e.CurrencyCode, e.PayoutDate,
		e.MerchantID, e.MerchantSettlementType, "")
}

func (s *server) record(t Transaction) []string {
	var record []string
	for _, name := range defaultColumns {
		c, ok := renamed[name]
		if !ok {
			c = column{member: name}
		}
		record = append(record, c.value(t))
	}
	for _, name := range s.world.ReportColumns {
		record = append(record, optionalColumns[name].value(t))
	}
	return record
}

// value writes a member; empty where the row has none.
func (c column) value(t Transaction) string {
	n, isNumber := t.number(c.member)
	switch {
	case !isNumber:
		return t.text(c.member)
	case c.format == asText:
		return strconv.FormatInt(n, 10)
	default: // amounts and rates alike have two implied decimals in JSON
		return decimal(n)
	}
}

// decimal writes hundredths as a decimal number: every currency that Klarna
// settles in has two decimals.
func decimal(hundredths int64) string {
	sign := ""
	if hundredths < 0 {
		sign, hundredths = "-", -hundredths
	}
	return fmt.Sprintf("%s%d.%02d", sign, hundredths/100, hundredths%100)
}
