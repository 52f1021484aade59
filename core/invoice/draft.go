package invoice

import (
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/tax"
)

// Draft is an order, an invoice or a credit invoice that is to be made in an
// accounting system.
type Draft struct {
	// Date is the date of the document, Due when an invoice is to be paid by, zero for
	// the terms of the accounting system.
	Date, Due civil.Date
	Currency  money.Currency
	Customer  Customer
	// References are ExternalReference1, ExternalReference2 and OrderNumber, as far as
	// they are known.
	References map[Reference]string
	// Rows add up to the total of the document. They have the signs of a sale on an
	// order and an invoice, and the opposite ones on a credit invoice.
	Rows []Row
	// Note is for the merchant's eyes, not the customer's.
	Note string
}

// Total is the sum of the rows. It fails with money.CodeMixed or money.CodeOverflow.
func (d Draft) Total() (money.Amount, error) { return total(d.Currency, d.Rows) }

func total(currency money.Currency, rows []Row) (money.Amount, error) {
	sum := money.Zero(currency)
	for _, r := range rows {
		var err error
		if sum, err = sum.Add(r.Gross); err != nil {
			return money.Amount{}, err
		}
	}
	return sum, nil
}

// Row is a row of a document and the account that it is booked on.
type Row struct {
	order.Row
	// Account takes the net; the accounting system books the VAT by itself.
	Account ledger.Account
}

// Customer is who a document is made out to.
type Customer struct {
	order.Buyer
	// Market is where and how the sale is taxed. Accounting systems keep it with the
	// customer, so that one customer is one market and one currency.
	Market tax.Market
}

// Written is a document as it stands in its accounting system, with its rows.
type Written struct {
	Document
	// Rows have the signs that Draft describes. Their kinds are SummaryRow where the
	// system does not know them.
	Rows []Row
	// RoundOff is what the system has added to round the total, as to whole kronor; it
	// is part of Total and of no row.
	RoundOff money.Amount
	// Credits is the number of the invoice that a credit invoice is linked to,
	// CreditedBy that of the credit invoice which is linked to an invoice, or empty.
	Credits, CreditedBy string
}
