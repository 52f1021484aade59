package invoicing

import (
	"regexp"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
)

// Maker makes the documents of one purchase by a merchant's settings.
type Maker struct {
	Purchase order.Purchase
	// Market is where the purchase is taxed and how.
	Market   tax.Market
	Settings booking.Settings
}

// Order gives the order of the purchase as it was placed.
func (m Maker) Order(date civil.Date) (invoice.Draft, error) {
	d, err := m.draft(m.Purchase.Rows, date, +1)
	if err != nil {
		return d, err
	}
	d.References[invoice.ExternalReference2] = m.Purchase.ID
	return d, nil
}

// Invoice gives the invoice of the capture at place i.
func (m Maker) Invoice(i int, sold Sold, date civil.Date) (invoice.Draft, error) {
	d, err := m.draft(sold.Rows, date, +1)
	if err != nil {
		return d, err
	}
	d.References[invoice.ExternalReference2] = m.Purchase.Captures[i].ID
	d.Note = "capture " + m.Purchase.Captures[i].ID
	return d, nil
}

// CreditInvoice gives the credit invoice of a part of a refund. The note names the
// invoice that it credits.
func (m Maker) CreditInvoice(c Credit, original string, date civil.Date) (invoice.Draft, error) {
	d, err := m.draft(c.Rows, date, -1)
	if err != nil {
		return d, err
	}
	d.References[invoice.ExternalReference2] = m.Purchase.Refunds[c.Refund].ID
	d.Note = "refund " + m.Purchase.Refunds[c.Refund].ID + ", credits invoice " + original
	return d, nil
}

// draft puts rows on their accounts. Sign −1 turns what was given back into the rows
// of a credit invoice.
func (m Maker) draft(rows []order.Row, date civil.Date, sign int) (invoice.Draft, error) {
	number, err := Number(m.Settings.Documents.OrderNumber, m.Purchase)
	if err != nil {
		return invoice.Draft{}, err
	}
	d := invoice.Draft{
		Date: date, Currency: m.Purchase.Total.Currency(), Customer: invoice.Customer{Buyer: m.Purchase.Buyer, Market: m.Market},
		References: map[invoice.Reference]string{invoice.OrderNumber: number},
	}
	if name := m.Purchase.References[m.Settings.Documents.Reference]; name != "" {
		d.References[invoice.ExternalReference1] = name
	}
	for _, r := range rows {
		if r.Gross.IsZero() {
			continue
		}
		if r.Kind == order.GiftCardRow {
			r = m.giftCard(r)
		}
		account, err := m.account(r)
		if err != nil {
			return invoice.Draft{}, err
		}
		if r.Name == "" {
			r.Name = nameOf(r)
		}
		if r.Quantity.IsZero() {
			r.Quantity = decimal.NewFromInt(1)
		}
		if sign < 0 {
			r.Gross, r.VAT = r.Gross.Neg(), r.VAT.Neg()
		}
		d.Rows = append(d.Rows, invoice.Row{Row: r, Account: account})
	}
	return d, nil
}

// giftCard gives a row of a gift card that pays the VAT of its kind, whatever the
// provider says: none if it buys at several rates; that of the one rate, which was due
// when the card was sold, if it is single-purpose (ML 2023:200 5 kap. 39-42 §§).
func (m Maker) giftCard(r order.Row) order.Row {
	r.Rate, r.VAT = tax.Rate{}, money.Zero(r.Gross.Currency())
	if m.Settings.GiftCard.Kind == booking.SinglePurpose {
		r.Rate, r.VAT = m.Settings.GiftCard.Rate, money.Amount{}
	}
	return r
}

// account finds the account of a row. A gift card that pays is a debt that ends, and
// no sale.
func (m Maker) account(r order.Row) (ledger.Account, error) {
	if r.Kind == order.GiftCardRow {
		if m.Settings.Accounts.GiftCard == "" {
			return "", fault.New(booking.CodeMissingAccount, fault.Conflict, "no account is set for what is owed to holders of gift cards").
				WithField("accounts.gift_card").WithRemedy("choose an account in the setting \"accounts.gift_card\"")
		}
		return m.Settings.Accounts.GiftCard, nil
	}
	accounts, err := m.Settings.SalesAccounts(m.Market, SupplyOf(r.Kind, m.Settings.Documents.ReturnFee), r.Rate)
	return accounts.Revenue, err
}

func nameOf(r order.Row) string {
	switch r.Kind {
	case order.FreightRow:
		return "Freight"
	case order.DiscountRow:
		return "Discount"
	case order.GiftCardRow:
		return "Gift card"
	case order.ReturnFeeRow:
		return "Return fee"
	case order.FeeRow:
		return "Fee"
	case order.GoodsRow, order.TaxRow, order.SummaryRow:
	}
	return "Goods " + r.Rate.String() + " %"
}

var placeholder = regexp.MustCompile(`\{([a-z0-9_]+)\}`) //nolint:gochecknoglobals // a constant in all but name

// Number fills a template of order numbers such as "KL-{merchant_reference1}". Its
// placeholders are the names of references of payout lines.
func Number(template string, p order.Purchase) (string, error) {
	var missing string
	number := placeholder.ReplaceAllStringFunc(template, func(found string) string {
		name := strings.Trim(found, "{}")
		value := p.References[payout.Reference(name)]
		if value == "" && missing == "" {
			missing = name
		}
		return value
	})
	if missing != "" {
		return "", fault.New(CodeNumberTemplate, fault.Conflict, "the order has no "+missing+", which the order number is made of").
			WithField("documents.order_number").WithRemedy("set the reference at the provider, or choose another one in the setting documents.order_number")
	}
	return number, nil
}
