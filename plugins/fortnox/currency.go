package main

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// Faults of documents in other currencies.
const (
	// CodeCurrencyUnit: the rate of the document is not for one unit of its currency.
	CodeCurrencyUnit fault.Code = "fortnox.currency_unit"
	// CodeExchange: the amounts of a payment do not come out in the document's currency.
	CodeExchange fault.Code = "fortnox.exchange_invalid"
)

// single reports whether a rate is for one unit. What Fortnox makes of a payment when
// it is for 100 is not documented, and the clients that are known differ.
func single(unit client.Number) bool {
	return unit.IsZero() || unit.Equal(decimal.NewFromInt(1))
}

// split gives what of a payment Fortnox takes as its amount in the document's currency,
// and the rate. Fortnox has write-offs in kronor alone and takes them off the document
// at the rate of the payment, so that both together must come to the original: the
// amount is the nearest for which they do, the rate that of the fewest decimals by
// which it is the kronor that reached the account.
func split(p ports.Payment) (money.Amount, decimal.Decimal, error) {
	x := p.Exchange
	invalid := fault.Invalid(CodeExchange, "payment.exchange", "the amounts do not come to "+x.Original.String()+" "+string(x.Original.Currency())+" at any rate").
		From(fault.Connector).WithRemedy("register the payment by hand in Fortnox, then adopt it")
	if err := x.Rate.Validate(); err != nil || x.Rate.From != x.Original.Currency() || x.Rate.To != booksCurrency {
		return money.Amount{}, decimal.Decimal{}, invalid
	}
	off := money.Zero(booksCurrency)
	for _, w := range p.WriteOffs {
		var err error
		if off, err = off.Add(w.Amount); err != nil {
			return money.Amount{}, decimal.Decimal{}, invalid
		}
	}
	near, err := inDocument(off, x.Rate)
	if err != nil {
		return money.Amount{}, decimal.Decimal{}, invalid
	}
	for _, step := range []int64{0, 1, -1} {
		share := money.New(near.Minor()+step, near.Currency())
		amount, err := x.Original.Sub(share)
		if err != nil {
			return money.Amount{}, decimal.Decimal{}, invalid
		}
		rate, fits := rateOf(amount, p.Amount, x.Rate)
		if got, err := inDocument(off, rate); fits && err == nil && got == share {
			return amount, rate.Value, nil
		}
	}
	return money.Amount{}, decimal.Decimal{}, invalid
}

// rateOf gives the rate at which an amount is so many kronor: the one that was chosen
// if it gives them.
func rateOf(amount, kronor money.Amount, chosen exchange.Rate) (exchange.Rate, bool) {
	if got, err := chosen.Convert(amount); err == nil && got == kronor {
		return chosen, true
	}
	implied, err := exchange.Implied(amount, kronor, chosen.Source, chosen.On)
	return implied, err == nil
}

// inDocument gives kronor in the document's currency.
func inDocument(kronor money.Amount, rate exchange.Rate) (money.Amount, error) {
	if rate.Value.Sign() <= 0 {
		return money.Zero(rate.From), nil
	}
	const digits = 16
	return money.Round(kronor.Decimal().DivRound(rate.Value, digits), rate.From)
}

// settled gives what a payment of Fortnox's takes off its document, or nil if that is
// in kronor.
func settled(made client.Payment) (*ports.Exchange, error) {
	currency, err := money.ParseCurrency(made.Currency)
	if err != nil || currency == booksCurrency {
		return nil, nil //nolint:nilerr // no currency is kronor
	}
	rate := exchange.Rate{From: currency, To: booksCurrency, Value: made.CurrencyRate.Decimal, Source: exchange.Line}
	original, err := money.Round(made.AmountCurrency.Decimal, currency)
	if err != nil {
		return nil, err
	}
	off := money.Zero(booksCurrency)
	for _, w := range made.WriteOffs {
		amount, err := money.Round(w.Amount.Decimal, booksCurrency)
		if err == nil {
			off, err = off.Add(amount)
		}
		if err != nil {
			return nil, err
		}
	}
	share, err := inDocument(off, rate)
	if err == nil {
		original, err = original.Add(share)
	}
	return &ports.Exchange{Original: original, Rate: rate}, err
}

// unfit refuses a payment that was registered on a document whose currency is not the
// one that was meant, or whose rate is for many units. It has no effect yet and is
// removed; if that is not possible now, a later attempt finds and removes it.
func (s *session) unfit(ctx context.Context, made client.Payment, intended ports.Payment) error {
	meant := booksCurrency
	if intended.Exchange != nil {
		meant = intended.Exchange.Original.Currency()
	}
	currency, err := money.ParseCurrency(made.Currency)
	if err != nil {
		currency = booksCurrency
	}
	var refused *fault.Error
	switch {
	case bool(made.Booked) || currency == meant && (currency == booksCurrency || single(made.CurrencyUnit)):
		return nil
	case currency != meant:
		refused = fault.New(CodeCurrency, fault.Conflict, "document "+string(made.InvoiceNumber)+" is in "+string(currency)+", not in "+string(meant)).
			From(fault.Upstream).WithRemedy("let the flow run again; it reads the document anew")
	default:
		refused = fault.New(CodeCurrencyUnit, fault.Conflict, "Fortnox states the rate of "+string(currency)+" for "+made.CurrencyUnit.String()+" units").
			From(fault.Upstream).WithRemedy("register the payment by hand in Fortnox, then adopt it")
	}
	if s.Left() < 1 {
		return upstream.Halfway("payment "+string(made.Number)+" is registered in Fortnox without effect", refused)
	}
	if err := s.DeletePayment(ctx, string(made.Number)); err != nil {
		return upstream.Halfway("payment "+string(made.Number)+" is registered in Fortnox without effect", err)
	}
	return refused
}
