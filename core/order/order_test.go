package order_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/tax"
)

func valid() order.Order {
	return order.Order{
		Number: "1001", Country: "SE", Postcode: "111 20",
		Date: civil.Date{Year: 2026, Month: time.April, Day: 1}, Parts: mixed(),
	}
}

func TestTheTotalIsTheSumOfTheParts(t *testing.T) {
	t.Parallel()
	total, err := valid().Total()
	require.NoError(t, err)
	require.Equal(t, sek(443_00), total)

	_, err = order.Order{Parts: []order.Part{goods(25, 1), {Gross: money.New(1, "EUR")}}}.Total()
	require.Equal(t, money.CodeMixed, fault.CodeOf(err))
}

func TestAnOrderThatMakesSense(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*order.Order){
		"as it is":              func(*order.Order) {},
		"without a postcode":    func(o *order.Order) { o.Postcode = "" },
		"VAT not stated":        func(o *order.Order) { o.Parts = []order.Part{goods(25, 1_00)} },
		"a supply not named":    func(o *order.Order) { o.Parts[0].Supply = "" },
		"a discount":            func(o *order.Order) { o.Parts = append(o.Parts, stated(25, -12_50, -2_50)) },
		"something for nothing": func(o *order.Order) { o.Parts = []order.Part{goods(25, 10_00), goods(25, -10_00)} },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := valid()
			change(&o)
			require.NoError(t, o.Validate())
		})
	}
}

func TestAnOrderThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		spoil func(*order.Order)
		field string
	}{
		"no number":              {func(o *order.Order) { o.Number = "" }, "number"},
		"no country":             {func(o *order.Order) { o.Country = "" }, "country"},
		"a country's name":       {func(o *order.Order) { o.Country = "Sweden" }, "country"},
		"a country in lowercase": {func(o *order.Order) { o.Country = "se" }, "country"},
		"no date":                {func(o *order.Order) { o.Date = civil.Date{} }, "date"},
		"no parts":               {func(o *order.Order) { o.Parts = nil }, "parts"},
		"an unknown supply":      {func(o *order.Order) { o.Parts[1].Supply = tax.Supply("boat") }, "parts[1].supply"},
		"no amount":              {func(o *order.Order) { o.Parts[0].Gross = money.Amount{} }, "parts[0].gross"},
		"two currencies":         {func(o *order.Order) { o.Parts[3].Gross = money.New(1, "EUR") }, "parts[3].gross"},
		"VAT in another":         {func(o *order.Order) { o.Parts[0].VAT = money.New(1, "EUR") }, "parts[0].vat"},
		"VAT against its part":   {func(o *order.Order) { o.Parts[0].VAT = sek(-1) }, "parts[0].vat"},
		"more VAT than amount":   {func(o *order.Order) { o.Parts[0].VAT = sek(125_01) }, "parts[0].vat"},
		"VAT of nothing":         {func(o *order.Order) { o.Parts[0] = stated(25, 0, 1) }, "parts[0].vat"},
		"VAT at 0 %":             {func(o *order.Order) { o.Parts[3].VAT = sek(1) }, "parts[3].vat"},
		"more discount than sold": {
			func(o *order.Order) { o.Parts = append(o.Parts, goods(25, -443_01)) }, "parts",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := valid()
			c.spoil(&o)
			err := o.Validate()
			require.Equal(t, order.CodeOrderInvalid, fault.CodeOf(err))
			require.Equal(t, c.field, fault.Of(err).Field)
		})
	}
}
