package rest

import (
	"context"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/flow/registration"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

func (s *server) GetEventsSettingsSchema(context.Context, api.GetEventsSettingsSchemaRequestObject) (api.GetEventsSettingsSchemaResponseObject, error) {
	schema, err := booking.SchemaByMethod()
	return eventsSchema(schema), err
}

func (s *server) ListPaymentMethods(ctx context.Context, r api.ListPaymentMethodsRequestObject) (api.ListPaymentMethodsResponseObject, error) {
	found, err := s.Registration.Methods(ctx, r.ID, pageOf(r.Params.Limit, r.Params.After))
	items, next := answered(found, r.Params.Limit, func(m ports.MethodRecord) string { return m.ID }, methodAnswer)
	return api.ListPaymentMethods200JSONResponse{Items: items, Next: next}, err
}

func (s *server) AddPaymentMethod(ctx context.Context, r api.AddPaymentMethodRequestObject) (api.AddPaymentMethodResponseObject, error) {
	added, err := s.Registration.AddMethod(ctx, payment.Method{
		ID: r.Body.ID, MerchantID: r.ID, Name: r.Body.Name, Kind: payment.MethodKind(r.Body.Kind), Connection: r.Body.Connection, Authorised: r.Body.Authorised,
	}, by(ctx))
	return api.AddPaymentMethod201JSONResponse(methodAnswer(added)), err
}

func methodAnswer(m ports.MethodRecord) api.PaymentMethod {
	return api.PaymentMethod{
		ID: m.ID, MerchantID: m.MerchantID, Name: m.Name, Kind: api.PaymentMethodKind(m.Kind), Connection: m.Connection,
		Authorised: m.Authorised, CreatedAt: m.CreatedAt,
	}
}

func (s *server) RegisterEvents(ctx context.Context, r api.RegisterEventsRequestObject) (api.RegisterEventsResponseObject, error) {
	facts, err := readFacts(r.Body.Events)
	if err != nil {
		return nil, err
	}
	records, err := s.Registration.Register(ctx, r.ID, facts, by(ctx))
	if err != nil {
		return nil, err
	}
	items, err := s.eventAnswers(ctx, records)
	return api.RegisterEvents200JSONResponse{Items: items}, err
}

func (s *server) ListEvents(ctx context.Context, r api.ListEventsRequestObject) (api.ListEventsResponseObject, error) {
	after, err := ordinal(r.Params.After)
	if err != nil {
		return nil, err
	}
	filter := ports.EventFilter{
		State: ports.EventState(r.Params.State), Kind: payment.Kind(r.Params.Kind),
		Transaction: r.Params.Transaction, Order: r.Params.Order, Method: r.Params.Method,
	}
	found, err := s.Registration.Events(ctx, r.ID, filter, after, sizeOf(r.Params.Limit)+1)
	if err != nil {
		return nil, err
	}
	page, next := answered(found, r.Params.Limit, func(e ports.EventRecord) string { return itoa(e.Num) }, func(e ports.EventRecord) ports.EventRecord { return e })
	items, err := s.eventAnswers(ctx, page)
	return api.ListEvents200JSONResponse{Items: items, Next: next}, err
}

func (s *server) GetEvent(ctx context.Context, r api.GetEventRequestObject) (api.GetEventResponseObject, error) {
	found, err := s.Registration.Event(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	items, err := s.eventAnswers(ctx, []ports.EventRecord{found})
	if err != nil {
		return nil, err
	}
	return api.GetEvent200JSONResponse(items[0]), nil
}

func (s *server) DeliverEvent(ctx context.Context, r api.DeliverEventRequestObject) (api.DeliverEventResponseObject, error) {
	day, err := civil.Parse(r.Body.Date)
	if err != nil {
		return nil, err
	}
	delivered, err := s.Registration.Deliver(ctx, r.ID, day, by(ctx))
	if err != nil {
		return nil, err
	}
	items, err := s.eventAnswers(ctx, []ports.EventRecord{delivered})
	if err != nil {
		return nil, err
	}
	return api.DeliverEvent200JSONResponse(items[0]), nil
}

func (s *server) WithdrawEvent(ctx context.Context, r api.WithdrawEventRequestObject) (api.WithdrawEventResponseObject, error) {
	withdrawn, err := s.Registration.Withdraw(ctx, r.ID, r.Body.Reason, by(ctx))
	if err != nil {
		return nil, err
	}
	items, err := s.eventAnswers(ctx, []ports.EventRecord{withdrawn})
	if err != nil {
		return nil, err
	}
	return api.WithdrawEvent200JSONResponse(items[0]), nil
}

func (s *server) GetTransaction(ctx context.Context, r api.GetTransactionRequestObject) (api.GetTransactionResponseObject, error) {
	t, err := s.Registration.Transaction(ctx, r.ID, r.Transaction)
	if err != nil {
		return nil, err
	}
	events, err := s.eventAnswers(ctx, t.Events)
	currency := t.Events[0].Amount.Currency()
	text := func(a money.Amount) string { return whole(a, currency) }
	return api.GetTransaction200JSONResponse{
		ID: t.ID, MerchantID: r.ID, Order: t.Order, Method: t.Method.ID, Currency: string(currency),
		Authorised: text(t.State.Authorised), Captured: text(t.State.Captured), Settled: text(t.State.Settled),
		Refunded: text(t.State.Refunded), Credited: text(t.State.Credited), Cancelled: text(t.State.Cancelled),
		Fee: text(t.State.Fee), FeeVat: text(t.State.FeeVAT), OpenAtProvider: text(t.State.OpenAtProvider),
		RefundDebt: text(t.State.RefundDebt), Bank: text(t.State.Bank), Events: events,
	}, err
}

func (s *server) ListVouchers(ctx context.Context, r api.ListVouchersRequestObject) (api.ListVouchersResponseObject, error) {
	after, err := ordinal(r.Params.After)
	if err != nil {
		return nil, err
	}
	found, err := s.Registration.Vouchers(ctx, r.ID, after, sizeOf(r.Params.Limit)+1)
	items, next := answered(found, r.Params.Limit, func(v registration.Voucher) string { return itoa(v.ID) }, voucherAnswer)
	return api.ListVouchers200JSONResponse{Items: items, Next: next}, err
}

func voucherAnswer(v registration.Voucher) api.EventVoucher {
	return api.EventVoucher{
		ID: v.ID, Key: v.Key, Kind: api.EventVoucherKind(v.Kind), State: api.EventVoucherState(v.State), Registration: v.Registration,
		Number: v.Number, Reverses: v.Reverses, Series: v.Series, Date: v.Voucher.Date().String(), Text: v.Voucher.Text(),
		Rows: postings(v.Voucher.Rows()), Fault: faultAnswer(v.Fault), RunID: v.RunID, ConnectorVersion: v.ConnectorVersion,
		SettingsVersion: v.SettingsVersion,
	}
}

// eventAnswers gives events with the numbers of their vouchers.
func (s *server) eventAnswers(ctx context.Context, events []ports.EventRecord) ([]api.PaymentEvent, error) {
	steps, err := s.Registration.Steps(ctx, events)
	if err != nil {
		return nil, err
	}
	answers := make([]api.PaymentEvent, 0, len(events))
	for _, e := range events {
		answers = append(answers, eventAnswer(e, steps))
	}
	return answers, nil
}

func eventAnswer(e ports.EventRecord, steps map[string]ports.Step) api.PaymentEvent {
	answer := api.PaymentEvent{
		ID: e.ID, MerchantID: e.MerchantID, Key: e.Key, Kind: api.PaymentEventKind(e.Kind), Origin: api.PaymentEventOrigin(e.Origin),
		Order: e.Order, Transaction: e.Transaction, Method: e.Method, Currency: string(e.Amount.Currency()), Amount: e.Amount.String(),
		At: e.At, Reference: e.Reference, Delivered: e.Delivered.String(), Parts: partsAnswer(e.Parts), State: api.PaymentEventState(e.State), Fault: faultAnswer(e.Fault),
		Vouchers: []api.EventVoucherName{}, RegisteredAt: e.RegisteredAt,
	}
	answer.Fee, _ = amount(e.Fee)
	answer.FeeVat, _ = amount(e.FeeVAT)
	if e.Taken != nil {
		answer.Taken, answer.Treatment, answer.Country = partsAnswer(e.Taken), string(e.Market.Treatment), e.Market.Country
	}
	for _, key := range e.Steps {
		step := steps[key]
		answer.Vouchers = append(answer.Vouchers, api.EventVoucherName{
			Key: key, Number: step.Number, State: api.EventVoucherNameState(step.State), Reverses: step.Reverses,
		})
	}
	return answer
}
