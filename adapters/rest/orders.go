package rest

import (
	"context"
	"strconv"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/registration"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
)

func (s *server) RegisterOrder(ctx context.Context, r api.RegisterOrderRequestObject) (api.RegisterOrderResponseObject, error) {
	o, err := readOrder(*r.Body)
	if err != nil {
		return nil, err
	}
	if err := s.Registration.RegisterOrder(ctx, r.ID, o, by(ctx)); err != nil {
		return nil, err
	}
	answer, err := orderAnswer(o)
	return api.RegisterOrder201JSONResponse(answer), err
}

func (s *server) GetOrder(ctx context.Context, r api.GetOrderRequestObject) (api.GetOrderResponseObject, error) {
	o, err := s.Registration.Order(ctx, r.ID, r.Number)
	if err != nil {
		return nil, err
	}
	answer, err := orderAnswer(o)
	return api.GetOrder200JSONResponse(answer), err
}

func orderAnswer(o order.Order) (api.Order, error) {
	total, err := o.Total()
	return api.Order{
		Number: o.Number, Country: o.Country, Postcode: o.Postcode, VatNumberValid: o.VATNumberValid, Date: o.Date.String(),
		Currency: string(total.Currency()), Total: total.String(), Parts: partsAnswer(o.Parts),
	}, err
}

func partsAnswer(parts []order.Part) []api.OrderPart {
	var answer []api.OrderPart
	for _, p := range parts {
		part := api.OrderPart{Supply: api.OrderPartSupply(p.Supply.OrGoods()), Rate: p.Rate.String(), Gross: p.Gross.String()}
		part.Vat, _ = amount(p.VAT)
		answer = append(answer, part)
	}
	return answer
}

func readOrder(in api.OrderInput) (order.Order, error) {
	date, err := civil.Parse(in.Date)
	if err != nil {
		return order.Order{}, fault.Invalid(order.CodeOrderInvalid, "date", "\""+in.Date+"\" is not a day of the calendar")
	}
	currency, err := readMoneyOf(in.Currency)
	if err != nil {
		return order.Order{}, err
	}
	parts, err := readParts(in.Parts, currency)
	return order.Order{
		Number: in.Number, Country: in.Country, Postcode: in.Postcode, VATNumberValid: in.VatNumberValid, Date: date, Parts: parts,
	}, err
}

func readMoneyOf(code string) (money.Currency, error) {
	currency, err := money.ParseCurrency(code)
	return currency, within("currency", err)
}

func readParts(in []api.OrderPart, currency money.Currency) ([]order.Part, error) {
	var parts []order.Part
	for i, p := range in {
		at := "parts[" + strconv.Itoa(i) + "]."
		rate, err := tax.ParseRate(p.Rate)
		if err != nil {
			return nil, within(at+"rate", err)
		}
		part := order.Part{Supply: tax.Supply(p.Supply).OrGoods(), Rate: rate}
		if part.Gross, err = money.Parse(p.Gross, currency); err != nil {
			return nil, within(at+"gross", err)
		}
		if part.VAT, err = readOptional(p.Vat, currency); err != nil {
			return nil, within(at+"vat", err)
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// readOptional reads an amount that may be left out.
func readOptional(text string, currency money.Currency) (money.Amount, error) {
	if text == "" {
		return money.Amount{}, nil
	}
	return money.Parse(text, currency)
}

// within puts a fault at the place of the value in the request.
func within(field string, err error) error {
	f := fault.Of(err)
	if f == nil {
		return err
	}
	at := *f
	at.Field = field
	return &at
}

// readFacts reads events; a fault names the event and the value.
func readFacts(in []api.PaymentEventInput) ([]registration.Fact, error) {
	facts := make([]registration.Fact, 0, len(in))
	for i, e := range in {
		fact, err := readFact(e)
		if err != nil {
			return nil, within("events["+strconv.Itoa(i)+"]."+fault.Of(err).Field, err)
		}
		facts = append(facts, fact)
	}
	return facts, nil
}

func readFact(in api.PaymentEventInput) (registration.Fact, error) {
	fact := registration.Fact{Event: payment.Event{
		Kind: payment.Kind(in.Kind), Order: in.Order, Transaction: in.Transaction, Method: in.Method, Key: in.Key, At: in.At, Reference: in.Reference,
	}}
	currency, err := readMoneyOf(in.Currency)
	if err != nil {
		return fact, err
	}
	if fact.Amount, err = money.Parse(in.Amount, currency); err != nil {
		return fact, within("amount", err)
	}
	if fact.Fee, err = readOptional(in.Fee, currency); err != nil {
		return fact, within("fee", err)
	}
	if fact.FeeVAT, err = readOptional(in.FeeVat, currency); err != nil {
		return fact, within("fee_vat", err)
	}
	fact.Parts, err = readParts(in.Parts, currency)
	return fact, err
}
