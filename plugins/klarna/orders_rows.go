package main

import (
	"errors"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/sdk/amount"
)

var errRowType = errors.New("the type of the row is not known")

// rowKind follows Klarna's list of types of order lines. Rows whose sign is not that of
// their type are what they do: shops send reductions as goods with a negative price,
// and sell gift cards under the type of those that pay. A gift card with VAT in it has
// reduced what is taxed, so it is a discount.
func rowKind(kind string, row order.Row) (order.RowKind, error) {
	adds, reduces := order.GoodsRow, order.DiscountRow
	switch kind {
	case "physical", "digital", "":
	case "shipping_fee":
		adds = order.FreightRow
	case "surcharge", "discount":
		adds = order.FeeRow
	case "sales_tax":
		adds = order.TaxRow
	case "return_fee":
		adds, reduces = order.FeeRow, order.ReturnFeeRow
	case "gift_card", "store_credit":
		if row.VAT.IsZero() && row.Rate.IsZero() {
			reduces = order.GiftCardRow
		}
	default:
		return "", errRowType
	}
	switch {
	case row.Gross.Sign() > 0:
		return adds, nil
	case row.Gross.Sign() < 0 || reducing(kind):
		return reduces, nil
	}
	return adds, nil
}

// reducing tells the types whose rows usually are negative, for rows of 0.
func reducing(kind string) bool {
	switch kind {
	case "discount", "gift_card", "store_credit", "return_fee":
		return true
	}
	return false
}

// taxOf gives the VAT in an amount, which goes its way.
func taxOf(gross money.Amount, minor int64) money.Amount {
	return amount.Like(gross, money.New(minor, gross.Currency()))
}

// snap gives the legal rate that a row means. Shops that round prices compute rates
// such as 25.06 % back from amounts. A legal rate is taken for such a one if it lies
// within half a percentage point and makes the stated VAT of the row, give or take the
// minor unit that Klarna allows.
func (m orderMapper) snap(row order.Row) tax.Rate {
	best, nearest := row.Rate, decimal.New(5, -1)
	for _, legal := range m.legal {
		if legal == row.Rate {
			return legal
		}
		apart := legal.Percent().Sub(row.Rate.Percent()).Abs()
		if apart.LessThanOrEqual(nearest) && makes(row.VAT, row.Gross, legal) {
			best, nearest = legal, apart
		}
	}
	return best
}

// makes tells whether a rate makes the VAT of an amount.
func makes(vat, gross money.Amount, rate tax.Rate) bool {
	split, err := tax.FromGross(gross, rate)
	if err != nil {
		return false
	}
	off := vat.Minor() - split.VAT.Minor()
	return -1 <= off && off <= 1
}
