// Package order holds what was sold: an order, by VAT rate and kind of supply, and
// how captures, transactions and refunds share it.
package order

import (
	"fmt"
	"slices"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/tax"
)

// Faults of orders.
const (
	// CodeOrderInvalid: the order makes no sense.
	CodeOrderInvalid fault.Code = "order.invalid"
	// CodeOrderExceeded: more is to be taken of an order than there is.
	CodeOrderExceeded fault.Code = "order.exceeded"
)

// Part is what an order sells of one supply at one VAT rate. Its amounts include
// VAT and are negative in a discount that stands as a part of its own. A gift
// card that pays for the order is no part but a transaction.
type Part struct {
	Supply tax.Supply
	Rate   tax.Rate
	Gross  money.Amount
	// VAT is what the source states, or not set: then it follows from Gross.
	VAT money.Amount
}

// Order is what a customer ordered of a merchant.
type Order struct {
	Number string
	// Country is the ISO 3166 code of where the goods go, and Postcode the place
	// there, or empty.
	Country, Postcode string
	// VATNumberValid: the customer is a business whose VAT number was valid at the
	// time of the sale.
	VATNumberValid bool
	Date           civil.Date
	Parts          []Part
}

// Total is the sum of the parts, including VAT. It fails with money.CodeMixed or
// money.CodeOverflow.
func (o Order) Total() (money.Amount, error) { return total(o.Parts) }

func total(parts []Part) (money.Amount, error) {
	var sum money.Amount
	for _, p := range parts {
		var err error
		if sum, err = sum.Add(p.Gross); err != nil {
			return money.Amount{}, err
		}
	}
	return sum, nil
}

// turnover is the sum of the parts without their signs.
func turnover(parts []Part) (money.Amount, error) {
	var sum money.Amount
	for _, p := range parts {
		var err error
		if sum, err = sum.Add(p.Gross.Abs()); err != nil {
			return money.Amount{}, err
		}
	}
	return sum, nil
}

// Validate refuses, with CodeOrderInvalid, an order that makes no sense: without
// number, country, date or parts, in several currencies, with VAT that its part
// cannot contain, or with more discount than goods.
func (o Order) Validate() error {
	switch {
	case o.Number == "":
		return fault.Invalid(CodeOrderInvalid, "number", "an order needs a number")
	case !isCountry(o.Country):
		return fault.Invalid(CodeOrderInvalid, "country", "\""+o.Country+"\" is not an ISO 3166 code of two capital letters")
	case o.Date.IsZero():
		return fault.Invalid(CodeOrderInvalid, "date", "an order needs a date")
	}
	if err := validateParts(o.Parts); err != nil {
		return err
	}
	return CheckVAT(o.Parts)
}

// CheckVAT refuses, with CodeOrderInvalid, VAT that a source states and that is not
// what the rate makes of the amount: it may differ by the rounding of many rows, at
// most 1 % of the amount and one unit of the currency (as EN 16931 BR-CO-17
// allows), and always by one minor unit.
func CheckVAT(parts []Part) error {
	for i, p := range parts {
		if p.VAT.Currency() == "" {
			continue
		}
		split, err := tax.FromGross(p.Gross, p.Rate)
		if err != nil {
			return err
		}
		off, err := p.VAT.Sub(split.VAT)
		if err != nil {
			return err
		}
		unit := int64(1)
		for range p.Gross.Currency().Exponent() {
			unit *= 10
		}
		if allowed := max(1, min(unit, p.Gross.Abs().Minor()/100)); off.Abs().Minor() > allowed {
			return fault.Invalid(CodeOrderInvalid, fmt.Sprintf("parts[%d].vat", i),
				p.VAT.String()+" is not the VAT in "+p.Gross.String()+" at "+p.Rate.String()+" %, which is "+split.VAT.String()).
				WithRemedy("state the VAT that the amount includes, or leave it out and it is computed")
		}
	}
	return nil
}

func isCountry(code string) bool {
	capital := func(c byte) bool { return 'A' <= c && c <= 'Z' }
	return len(code) == 2 && capital(code[0]) && capital(code[1])
}

func validateParts(parts []Part) error {
	if len(parts) == 0 {
		return fault.Invalid(CodeOrderInvalid, "parts", "an order needs a part")
	}
	for i, p := range parts {
		if field, reason := p.wrong(parts[0].Gross.Currency()); reason != "" {
			return fault.Invalid(CodeOrderInvalid, fmt.Sprintf("parts[%d].%s", i, field), reason)
		}
	}
	sum, err := total(parts)
	if err == nil {
		_, err = turnover(parts)
	}
	if err != nil {
		return fault.Invalid(CodeOrderInvalid, "parts", "the parts are too large to add up").Wrap(err)
	}
	if sum.Sign() < 0 {
		return fault.Invalid(CodeOrderInvalid, "parts", "the discounts exceed what is sold by "+sum.Abs().String()).
			WithRemedy("state what is taken back as a refund of the order it was sold by")
	}
	return nil
}

// wrong names the field of p that makes no sense and says why, or gives "".
func (p Part) wrong(currency money.Currency) (field, reason string) {
	switch {
	case !slices.Contains(tax.Supplies(), p.Supply.OrGoods()):
		return "supply", "\"" + string(p.Supply) + "\" is not a kind of supply"
	case p.Gross.Currency() == "":
		return "gross", "a part needs an amount"
	case p.Gross.Currency() != currency:
		return "gross", "an order has one currency"
	case p.VAT.Currency() == "":
		return "", ""
	case p.VAT.Currency() != currency:
		return "vat", "an order has one currency"
	case p.VAT.Sign()*p.Gross.Sign() < 0:
		return "vat", "the VAT has the sign of what it is part of"
	case p.VAT.Abs().Minor() > p.Gross.Abs().Minor():
		return "vat", "the VAT is part of the amount and cannot exceed it"
	case p.Rate.IsZero() && !p.VAT.IsZero():
		return "vat", "there is no VAT at 0 %"
	}
	return "", ""
}
