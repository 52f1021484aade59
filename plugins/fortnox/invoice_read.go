package main

import (
	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
)

// written turns a single invoice into the hub's noun.
func written(in client.Invoice) (invoice.Written, error) {
	d, err := document(in)
	if err != nil {
		return invoice.Written{}, err
	}
	out := invoice.Written{
		Document: d, Credits: string(client.None(in.InvoiceReference)), CreditedBy: string(client.None(in.CreditInvoiceReference)),
	}
	currency := d.Total.Currency()
	if out.RoundOff, err = money.Round(in.RoundOff.Decimal, currency); err != nil {
		return invoice.Written{}, nonsense(d.Number, "round_off", "the rounding is not an amount")
	}
	net := in.VATIncluded != nil && !bool(*in.VATIncluded)
	for _, r := range in.InvoiceRows {
		row, err := writtenRow(r, currency, net)
		if err != nil {
			return invoice.Written{}, nonsense(d.Number, "rows", err.Error())
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

// writtenRow turns a row into the hub's noun. Its total has the sign of the quantity; it
// is without VAT where the document's prices are.
func writtenRow(in client.InvoiceRowRead, currency money.Currency, net bool) (invoice.Row, error) {
	rate, err := tax.ParseRate(in.VAT.String())
	if err != nil {
		return invoice.Row{}, err
	}
	total := in.Total.Decimal
	if net {
		total = total.Mul(decimal.NewFromInt(1).Add(rate.Percent().Shift(-2)))
	}
	gross, err := money.Round(total, currency)
	if err != nil {
		return invoice.Row{}, err
	}
	return invoice.Row{Account: ledger.Account(client.None(in.AccountNumber)), Row: order.Row{
		Kind: order.SummaryRow, Article: string(in.ArticleNumber), Name: string(in.Description), Unit: string(in.Unit),
		Quantity: in.DeliveredQuantity.Abs(), Gross: gross, Rate: rate,
	}}, nil
}
