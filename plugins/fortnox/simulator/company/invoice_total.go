package company

import (
	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ledger"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
)

// InvoiceRow is one row.
type InvoiceRow struct {
	// ID is renewed whenever the document is changed.
	ID          int
	Article     string
	Description string
	Unit        string
	Account     int
	VAT         decimal.Decimal
	// Price includes VAT, unless Net is set.
	Price ore.Amount
	Net   bool
	// Quantity is in hundredths of a piece.
	Quantity ore.Amount
	// Discount is a percentage, or an amount off the row if DiscountIsAmount is set.
	Discount         ore.Amount
	DiscountIsAmount bool
}

// Amounts are price times quantity less the discount, and the part of it that is VAT.
func (r InvoiceRow) Amounts() (gross, vat ore.Amount, err error) {
	price, err := r.Price.Times(r.Quantity.Decimal())
	if err != nil {
		return 0, 0, err
	}
	switch {
	case r.DiscountIsAmount:
		price -= r.Discount
	case r.Discount != 0:
		left := decimal.NewFromInt(1).Sub(r.Discount.Decimal().Shift(-2))
		if price, err = price.Times(left); err != nil {
			return 0, 0, err
		}
	}
	if r.Net {
		vat, err = ore.Round(price.Decimal().Mul(r.VAT).Shift(-2))
		return price + vat, vat, err
	}
	vat, err = ore.Round(price.Decimal().Mul(r.VAT).Div(decimal.NewFromInt(100).Add(r.VAT)))
	return price, vat, err
}

// Totals are the sums of an invoice in its own currency.
type Totals struct {
	// Gross is the sum of the rows, VAT the part of it that is VAT.
	Gross ore.Amount
	VAT   ore.Amount
	// RoundOff is what rounding to whole kronor added.
	RoundOff ore.Amount
	// Total is what the customer shall pay.
	Total ore.Amount
}

func (c *Company) totals(rows []InvoiceRow, currency string) (Totals, error) {
	var t Totals
	for _, row := range rows {
		gross, vat, err := row.Amounts()
		if err != nil {
			return Totals{}, err
		}
		t.Gross += gross
		t.VAT += vat
	}
	t.Total = t.Gross
	if c.Switches.RoundToKronor && currency == SEK {
		t.Total = ore.Amount(t.Gross.Decimal().Round(0).Shift(2).IntPart())
		t.RoundOff = t.Total - t.Gross
	}
	return t, nil
}

// invoicePostings are the rows of an invoice's voucher in kronor: the
// receivable, then sales and VAT by account. What conversion leaves over goes
// to the account for rounding.
func (c *Company) invoicePostings(invoice *Invoice) ([]ledger.Row, error) {
	var sums postingSums
	claim, err := invoice.Totals.Total.Times(invoice.Rate)
	if err != nil {
		return nil, err
	}
	sums.add(c.predefined(receivable), claim)
	var accounts map[int]ledger.Account
	if year, found := c.Books.YearOf(invoice.Date); found {
		accounts = year.Accounts
	}
	for _, row := range invoice.Rows {
		if err := c.addRow(&sums, row, invoice.Rate, accounts[row.Account].VATCode); err != nil {
			return nil, err
		}
	}
	sums.add(c.predefined(roundOff), -sums.total())
	return sums.rows(), nil
}

func (c *Company) addRow(sums *postingSums, row InvoiceRow, rate decimal.Decimal, code string) error {
	gross, vat, err := row.Amounts()
	if err != nil {
		return err
	}
	sales, err := (gross - vat).Times(rate)
	if err != nil {
		return err
	}
	sums.add(row.Account, -sales)
	if vat == 0 {
		return nil
	}
	account, err := c.vatAccount(code, row.VAT)
	if err != nil {
		return err
	}
	vatSEK, err := vat.Times(rate)
	if err != nil {
		return err
	}
	sums.add(account, -vatSEK)
	return nil
}

// postingSums adds amounts by account and remembers in which order accounts
// came.
type postingSums struct {
	order []int
	sums  map[int]ore.Amount
}

func (s *postingSums) add(account int, amount ore.Amount) {
	if amount == 0 {
		return
	}
	if s.sums == nil {
		s.sums = map[int]ore.Amount{}
	}
	if _, known := s.sums[account]; !known {
		s.order = append(s.order, account)
	}
	s.sums[account] += amount
}

func (s *postingSums) total() ore.Amount {
	var total ore.Amount
	for _, amount := range s.sums {
		total += amount
	}
	return total
}

func (s *postingSums) rows() []ledger.Row {
	var rows []ledger.Row
	for _, account := range s.order {
		if amount := s.sums[account]; amount != 0 {
			rows = append(rows, ledger.Signed(account, amount, ""))
		}
	}
	return rows
}
