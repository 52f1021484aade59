package invoicing

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/tax"
)

// Sold is what a capture or a refund consists of, with the signs of a sale.
type Sold struct {
	Rows []order.Row
	// Assumed: the provider does not say, so that the amount is shared over the rates of
	// the order in proportion (klarna.md 4.3).
	Assumed bool
}

// Captured gives what the capture at place i consists of: its own rows, the order's
// if all of it was captured at once, or else the amount's share of the order.
func Captured(p order.Purchase, i int) (Sold, error) {
	c := p.Captures[i]
	if whole, err := makes(c.Rows, c.Amount); err != nil || whole {
		return Sold{Rows: c.Rows}, err
	}
	if len(p.Captures) == 1 && c.Amount == p.Total {
		if whole, err := makes(p.Rows, c.Amount); err != nil || whole {
			return Sold{Rows: p.Rows}, err
		}
	}
	before := money.Zero(c.Amount.Currency())
	for j, other := range p.Captures {
		if j == i || !earlier(other.At.UnixNano(), other.ID, c.At.UnixNano(), c.ID) {
			continue
		}
		var err error
		if before, err = before.Add(other.Amount); err != nil {
			return Sold{}, err
		}
	}
	rows, err := share(p.Rows, before, c.Amount)
	return Sold{Rows: rows, Assumed: true}, err
}

// earlier orders facts by moment, then id, so that everybody orders them alike.
func earlier(at int64, id string, than int64, thanID string) bool {
	return cmp.Or(cmp.Compare(at, than), cmp.Compare(id, thanID)) < 0
}

// makes reports whether there are rows and they add up to the amount.
func makes(rows []order.Row, amount money.Amount) (bool, error) {
	sum, err := sumOf(rows, amount.Currency())
	return len(rows) > 0 && sum == amount, err
}

func sumOf(rows []order.Row, currency money.Currency) (money.Amount, error) {
	sum := money.Zero(currency)
	for _, r := range rows {
		var err error
		if sum, err = sum.Add(r.Gross); err != nil {
			return money.Amount{}, err
		}
	}
	return sum, nil
}

// share gives one row for each supply, rate and sign of what amount takes of rows
// after before was taken.
func share(rows []order.Row, before, amount money.Amount) ([]order.Row, error) {
	parts, names := gathered(rows)
	taken, err := order.Take(parts, before, amount)
	if f := fault.Of(err); f != nil {
		return nil, fault.New(CodeRowsUnknown, fault.Conflict, "the provider does not say what "+amount.String()+" consists of, and the rows of the order do not tell: "+f.Reason).
			WithRemedy("make the document in the accounting system by hand and adopt it").Wrap(err)
	}
	shared := make([]order.Row, 0, len(taken))
	at := 0
	for _, t := range taken {
		for !alike(parts[at], t) {
			at++
		}
		shared = append(shared, order.Row{
			Kind: names[at], Quantity: decimal.NewFromInt(1), Gross: t.Gross, VAT: t.VAT, Rate: t.Rate,
		})
	}
	return shared, nil
}

func alike(whole, part order.Part) bool {
	return whole.Supply == part.Supply && whole.Rate == part.Rate && (whole.Gross.Sign() < 0) == (part.Gross.Sign() < 0)
}

// gathered adds up rows by supply, rate and sign, and says what kind of row each sum
// is shown as.
func gathered(rows []order.Row) ([]order.Part, []order.RowKind) {
	var parts []order.Part
	var kinds []order.RowKind
	for _, r := range rows {
		if r.Gross.IsZero() {
			continue
		}
		p := order.Part{Supply: SupplyOf(r.Kind, tax.InvoiceFee), Rate: r.Rate, Gross: r.Gross, VAT: vatOf(r)}
		at := slices.IndexFunc(parts, func(other order.Part) bool { return alike(other, p) })
		if at < 0 {
			parts, kinds = append(parts, p), append(kinds, summaryOf(r.Kind))
			continue
		}
		gross, err := parts[at].Gross.Add(p.Gross)
		if err != nil {
			return append(parts, p), append(kinds, summaryOf(r.Kind)) // order.Take refuses it
		}
		vat, err := parts[at].VAT.Add(p.VAT)
		if err != nil {
			return append(parts, p), append(kinds, summaryOf(r.Kind))
		}
		parts[at].Gross, parts[at].VAT = gross, vat
	}
	return parts, kinds
}

// vatOf is the VAT that a row states, or else that of its gross.
func vatOf(r order.Row) money.Amount {
	if r.VAT.Currency() != "" {
		return r.VAT
	}
	split, err := tax.FromGross(r.Gross, r.Rate)
	if err != nil {
		return money.Amount{}
	}
	return split.VAT
}

func summaryOf(kind order.RowKind) order.RowKind {
	if kind == order.GoodsRow || kind == order.TaxRow {
		return order.SummaryRow
	}
	return kind
}

// SupplyOf gives what a row sells, as far as accounts tell it apart. A fee kept of a
// refund is sold as returnFee says.
func SupplyOf(kind order.RowKind, returnFee tax.Supply) tax.Supply {
	switch kind {
	case order.FreightRow:
		return tax.Freight
	case order.FeeRow:
		return tax.InvoiceFee
	case order.ReturnFeeRow:
		return returnFee
	case order.GiftCardRow:
		return tax.GiftCard
	case order.GoodsRow, order.DiscountRow, order.TaxRow, order.SummaryRow:
	}
	return tax.Goods
}
