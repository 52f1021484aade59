package booking

import (
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
)

// Faults of sales.
const (
	// CodeNotASale: the event does not move a sale.
	CodeNotASale fault.Code = "event.not_bookable"
	// CodeSharesDiffer: the parts by VAT rate do not add up to the whole.
	CodeSharesDiffer fault.Code = "sale.shares_differ"
	// CodeNoMapping: no accounts are set for a market, supply and VAT rate. There
	// is no account to fall back on: it would put the VAT in a wrong return.
	CodeNoMapping fault.Code = "vat.mapping_missing"
)

// Share is the part of a sale, refund or invoice that is one supply at one VAT
// rate. Its amounts have the sign of a sale, also where it is part of a refund.
type Share struct {
	// Supply is what is sold; empty means goods.
	Supply tax.Supply
	Rate   tax.Rate
	Gross  money.Amount
	// VAT is what the source states, or not set: then it follows from Gross.
	VAT money.Amount
}

// SaleVoucher gives the voucher of a capture, or reversed of a refund: the
// provider owes the gross, which is revenue and VAT by rate.
func SaleVoucher(e payment.Event, shares []Share, date civil.Date, s Settings) (ledger.Voucher, error) {
	clearing, missing := s.clearing(e.Amount.Currency())
	if missing != nil {
		return ledger.Voucher{}, missing
	}
	amount := e.Amount
	switch e.Kind {
	case payment.Payment:
	case payment.Refund:
		amount = amount.Neg()
	case payment.Prepare, payment.Deposit, payment.Credit, payment.Cancel:
		return ledger.Voucher{}, fault.New(CodeNotASale, fault.Validation, "a "+string(e.Kind)+" is neither a sale nor a refund")
	}
	return s.sale(row(clearing, amount, meaningClearing), shares, date, "Sale "+e.Reference)
}

// ExpectedDocument gives the voucher that the accounting system makes of an
// invoice or, reversed, of a credit invoice.
func ExpectedDocument(d invoice.Document, shares []Share, s Settings) (ledger.Voucher, error) {
	if s.Accounts.Receivable == "" {
		return ledger.Voucher{}, missingAccount("accounts.receivable", "no account is set for the customer ledger")
	}
	return s.sale(row(s.Accounts.Receivable, d.Total, meaningInvoice), shares, d.Date, "Invoice "+d.Number)
}

// sale puts the revenue and VAT of the shares against the row of the whole, with
// the whole's sign. What the shares lack is rounding, within the tolerance.
func (s Settings) sale(whole ledger.Row, shares []Share, date civil.Date, text string) (ledger.Voucher, error) {
	rows, err := s.revenue(shares, whole.Amount.Sign())
	if err != nil {
		return ledger.Voucher{}, err
	}
	rest := whole.Amount
	for _, r := range rows {
		if rest, err = rest.Add(r.Amount); err != nil {
			return ledger.Voucher{}, err
		}
	}
	if rest.Abs().Minor() > s.tolerance(rest.Currency()).Minor() {
		return ledger.Voucher{}, fault.Invalid(CodeSharesDiffer, "shares", "the shares differ from the whole by "+rest.Abs().String())
	}
	rows = append([]ledger.Row{whole}, rows...)
	if !rest.IsZero() {
		if s.Accounts.Rounding == "" {
			return ledger.Voucher{}, missingAccount("accounts.rounding", "no account is set for rounding")
		}
		rows = append(rows, row(s.Accounts.Rounding, rest.Neg(), meaningRounding))
	}
	return ledger.New(date, text, rows)
}

// revenue gives the rows of shares: credits of a sale (sign +1), debits of a
// refund (sign −1).
func (s Settings) revenue(shares []Share, sign int) ([]ledger.Row, error) {
	var rows []ledger.Row
	for _, share := range shares {
		accounts, err := s.salesAccounts(tax.Market{Treatment: tax.Domestic}, share.Supply, share.Rate)
		if err != nil {
			return nil, err
		}
		split, err := share.split()
		if err != nil {
			return nil, err
		}
		if sign > 0 {
			split.Net, split.VAT = split.Net.Neg(), split.VAT.Neg()
		}
		rows = append(rows, row(accounts.Revenue, split.Net, meaningSale))
		if !split.VAT.IsZero() {
			rows = append(rows, row(accounts.VAT, split.VAT, meaningSaleVAT))
		}
	}
	return rows, nil
}

// split prefers the VAT that the source states to VAT that is computed.
func (x Share) split() (tax.Split, error) {
	if x.VAT.Currency() == "" {
		return tax.FromGross(x.Gross, x.Rate)
	}
	net, err := x.Gross.Sub(x.VAT)
	return tax.Split{Gross: x.Gross, Net: net, VAT: x.VAT}, err
}
