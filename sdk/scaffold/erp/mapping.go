package main

import (
	"encoding/json"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// booksCurrency is the currency of every ledger in SampleBooks.
const booksCurrency money.Currency = "SEK"

// creditNote is SampleBooks' name of a credit invoice. Its amounts have no sign.
const creditNote = "credit_note"

// CodeKind: a document is of a kind that nobody has taught the connector.
const CodeKind fault.Code = "samplebooks.kind_unknown"

// Faults that SampleBooks names by a code of its own.
const (
	CodeAccountMissing fault.Code = "erp.account_missing"
	CodeSeriesMissing  fault.Code = "erp.series_missing"
	CodeCancelled      fault.Code = "erp.cancelled"
	CodeAlreadyPaid    fault.Code = "erp.already_paid"
)

// refusals are the errors that SampleBooks documents: {"error": {"code": ...}}.
func refusals() upstream.Refusals {
	return upstream.Refusals{
		Read: func(answer upstream.Answer) upstream.Said {
			var body struct{ Error struct{ Code string } }
			_ = json.Unmarshal(answer.Body, &body) // a proxy's page says nothing
			return upstream.Said{Code: body.Error.Code}
		},
		Codes: map[string]upstream.Meaning{
			"no_such_account":   {Code: CodeAccountMissing, Class: fault.Validation, Remedy: "open the account in SampleBooks, or choose another one in the settings"},
			"no_such_series":    {Code: CodeSeriesMissing, Class: fault.Validation, Remedy: "make the series in SampleBooks, or choose another one in the settings"},
			"invoice_cancelled": {Code: CodeCancelled, Class: fault.Conflict, Remedy: "find out in SampleBooks why the invoice was cancelled, and pay another one"},
			"more_than_open":    {Code: CodeAlreadyPaid, Class: fault.Conflict, Remedy: "adopt the payment that stands in SampleBooks, or undo it there"},
		},
	}
}

type remoteAccount struct {
	Number string
	Name   string
	Closed bool
}

func (a remoteAccount) id() string { return a.Number }

func (a remoteAccount) choice() ports.Choice {
	return ports.Choice{Value: a.Number, Label: a.Name, Active: !a.Closed}
}

type remoteSeries struct{ Code, Name string }

func (s remoteSeries) id() string { return s.Code }

func (s remoteSeries) choice() ports.Choice {
	return ports.Choice{Value: s.Code, Label: s.Name, Active: true}
}

// remoteInvoice is an invoice or a credit note as SampleBooks shows it.
type remoteInvoice struct {
	Number    int
	Kind      string
	Currency  string
	Total     decimal.Decimal
	Open      decimal.Decimal
	Date, Due civil.Date
	Reference string
	Cancelled bool
}

func (i remoteInvoice) id() string { return strconv.Itoa(i.Number) }

func (i remoteInvoice) document() (invoice.Document, error) {
	d := invoice.Document{
		Number: i.id(), Kind: invoice.Invoice, Date: i.Date, DueDate: i.Due, Booked: true, Cancelled: i.Cancelled,
		References: map[invoice.Reference]string{invoice.Number: i.id()},
	}
	if i.Reference != "" {
		d.References[invoice.ExternalReference1] = i.Reference
	}
	currency, err := money.ParseCurrency(i.Currency)
	if err != nil {
		return invoice.Document{}, fault.Of(err).WithField("invoices[" + d.Number + "].currency")
	}
	if d.Total, err = money.FromDecimal(i.Total, currency); err != nil {
		return invoice.Document{}, fault.Of(err).WithField("invoices[" + d.Number + "].total")
	}
	if d.Balance, err = money.FromDecimal(i.Open, currency); err != nil {
		return invoice.Document{}, fault.Of(err).WithField("invoices[" + d.Number + "].open")
	}
	switch i.Kind {
	case "invoice":
		return d, nil
	case creditNote:
		d.Kind, d.Total, d.Balance = invoice.Credit, d.Total.Neg(), d.Balance.Neg()
		return d, nil
	}
	return invoice.Document{}, fault.Invalid(CodeKind, "invoices["+d.Number+"].kind", "\""+i.Kind+"\" is not a kind of document that the connector knows").From(fault.Connector)
}

// remotePayment is a payment as SampleBooks takes and shows it, without a sign.
type remotePayment struct {
	ID        string           `json:"id,omitempty"`
	Kind      string           `json:"kind,omitempty"`
	Amount    decimal.Decimal  `json:"amount"`
	Account   string           `json:"account"`
	Date      civil.Date       `json:"date"`
	Text      string           `json:"text,omitempty"`
	WriteOffs []remoteWriteOff `json:"write_offs,omitempty"`
}

type remoteWriteOff struct {
	Amount  decimal.Decimal `json:"amount"`
	Account string          `json:"account"`
	Text    string          `json:"text,omitempty"`
}

func (p remotePayment) id() string { return p.ID }

// paymentOf says a payment as SampleBooks does, where a credit note is paid with
// amounts that are not negative.
func paymentOf(p ports.Payment) remotePayment {
	said := func(a money.Amount) decimal.Decimal {
		if p.DocumentKind == invoice.Credit {
			a = a.Neg()
		}
		return a.Decimal()
	}
	out := remotePayment{Amount: said(p.Amount), Account: string(p.Account), Date: p.Date, Text: p.Text}
	for _, off := range p.WriteOffs {
		out.WriteOffs = append(out.WriteOffs, remoteWriteOff{Amount: said(off.Amount), Account: string(off.Account), Text: off.Text})
	}
	return out
}

func (p remotePayment) registered() (ports.RegisteredPayment, error) {
	amount, err := money.FromDecimal(p.Amount, booksCurrency)
	if err != nil {
		return ports.RegisteredPayment{}, fault.Of(err).WithField("payments[" + p.ID + "].amount")
	}
	if p.Kind == creditNote {
		amount = amount.Neg()
	}
	return ports.RegisteredPayment{Number: p.ID, Amount: amount, Account: ledger.Account(p.Account), Date: p.Date, Booked: true}, nil
}

// remoteVoucher is a voucher as SampleBooks takes and shows it.
type remoteVoucher struct {
	Series string      `json:"series"`
	Number int         `json:"number,omitempty"`
	Year   string      `json:"year,omitempty"`
	Date   civil.Date  `json:"date"`
	Text   string      `json:"text"`
	Rows   []remoteRow `json:"rows"`
}

func (v remoteVoucher) id() string {
	if v.Number == 0 {
		return ""
	}
	return strconv.Itoa(v.Number)
}

type remoteRow struct {
	Account string          `json:"account"`
	Debit   decimal.Decimal `json:"debit"`
	Credit  decimal.Decimal `json:"credit"`
	Text    string          `json:"text,omitempty"`
}

func voucherOf(series string, v ledger.Voucher) remoteVoucher {
	out := remoteVoucher{Series: series, Date: v.Date(), Text: v.Text()}
	for _, row := range v.Rows() {
		out.Rows = append(out.Rows, remoteRow{
			Account: string(row.Account), Debit: row.Debit().Decimal(), Credit: row.Credit().Decimal(), Text: row.Text,
		})
	}
	return out
}
