package rest

import (
	"context"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

func (s *server) ListExceptions(ctx context.Context, r api.ListExceptionsRequestObject) (api.ListExceptionsResponseObject, error) {
	filter := ports.ExceptionFilter{
		PayoutID: r.Params.Payout, State: ports.ExceptionState(r.Params.State), Code: fault.Code(r.Params.Code),
		FlowID: r.Params.Flow, Reference: r.Params.Reference, Before: momentOf(r.Params.RaisedBefore), Parked: r.Params.Parked, At: s.Clock.Now(),
	}
	found, err := s.Statements.Exceptions(ctx, r.ID, filter, pageOf(r.Params.Limit, r.Params.After))
	items, next := answered(found, r.Params.Limit, func(e ports.Exception) string { return e.ID }, exceptionAnswer)
	return api.ListExceptions200JSONResponse{Items: items, Next: next}, err
}

func (s *server) GetException(ctx context.Context, r api.GetExceptionRequestObject) (api.GetExceptionResponseObject, error) {
	e, err := s.Statements.Exception(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	compared, err := s.Statements.Compared(ctx, e)
	answer := exceptionAnswer(e)
	for _, c := range compared {
		answer.Compared = append(answer.Compared, api.Comparison{What: c.What, Line: c.Line, Document: c.Document})
	}
	return api.GetException200JSONResponse(answer), err
}

func (s *server) ResolveException(ctx context.Context, r api.ResolveExceptionRequestObject) (api.ResolveExceptionResponseObject, error) {
	resolve := s.Casework.Resolve
	switch {
	case r.Body.Advance && r.Body.WriteOff:
		return nil, fault.Invalid(CodeInvalid, "write_off", "a difference is an advance or written off, not both")
	case r.Body.Advance:
		resolve = s.Casework.ResolveAdvance
	case r.Body.WriteOff:
		resolve = func(ctx context.Context, exceptionID, document, by string) error {
			return s.Casework.ResolveWritingOff(ctx, exceptionID, document, r.Body.Reason, by)
		}
	}
	if err := resolve(ctx, r.ID, r.Body.Document, by(ctx)); err != nil {
		return nil, err
	}
	e, err := s.Statements.Exception(ctx, r.ID)
	return api.ResolveException200JSONResponse(exceptionAnswer(e)), err
}

func (s *server) AdoptException(ctx context.Context, r api.AdoptExceptionRequestObject) (api.AdoptExceptionResponseObject, error) {
	adoption, err := s.Casework.Adopt(ctx, r.ID, r.Body.Confirm, by(ctx))
	if err != nil {
		return nil, err
	}
	answer := api.AdoptException200JSONResponse{
		Document: adoption.Document, Payments: []api.RegisteredPayment{}, Correction: postings(adoption.Correction),
		CorrectionText: adoption.CorrectionText, Confirmed: adoption.Confirmed,
	}
	for _, p := range adoption.Payments {
		answer.Payments = append(answer.Payments, api.RegisteredPayment{
			Number: p.Number, Currency: string(p.Amount.Currency()), Amount: p.Amount.String(),
			Account: string(p.Account), Date: p.Date.String(), Booked: p.Booked,
		})
	}
	return answer, nil
}

func (s *server) RetryException(ctx context.Context, r api.RetryExceptionRequestObject) (api.RetryExceptionResponseObject, error) {
	if err := s.Casework.RetryException(ctx, r.ID, by(ctx)); err != nil {
		return nil, err
	}
	e, err := s.Statements.Exception(ctx, r.ID)
	return api.RetryException202JSONResponse(exceptionAnswer(e)), err
}

func (s *server) ParkException(ctx context.Context, r api.ParkExceptionRequestObject) (api.ParkExceptionResponseObject, error) {
	var until civil.Date
	if r.Body.Until != "" {
		var err error
		if until, err = civil.Parse(r.Body.Until); err != nil {
			return nil, fault.Invalid(CodeInvalid, "until", "\""+r.Body.Until+"\" is no day of the calendar")
		}
	}
	if err := s.Casework.Park(ctx, r.ID, r.Body.Note, until, by(ctx)); err != nil {
		return nil, err
	}
	e, err := s.Statements.Exception(ctx, r.ID)
	return api.ParkException200JSONResponse(exceptionAnswer(e)), err
}

func (s *server) UnparkException(ctx context.Context, r api.UnparkExceptionRequestObject) (api.UnparkExceptionResponseObject, error) {
	if err := s.Casework.Unpark(ctx, r.ID, by(ctx)); err != nil {
		return nil, err
	}
	e, err := s.Statements.Exception(ctx, r.ID)
	return api.UnparkException200JSONResponse(exceptionAnswer(e)), err
}

func exceptionAnswer(e ports.Exception) api.Exception {
	answer := api.Exception{
		ID: e.ID, MerchantID: e.MerchantID, PayoutID: e.PayoutID, LineID: e.LineID, StepID: e.StepID, EventID: e.EventID, Code: string(e.Code),
		Reference: e.Reference, Reason: e.Reason, Remedy: e.Remedy, Document: e.Document, State: api.ExceptionState(e.State),
		Resolution: e.Resolution, RaisedAt: e.RaisedAt, ResolvedAt: moment(e.ResolvedAt), ResolvedBy: e.ResolvedBy,
	}
	if p := e.Parking; !p.At.IsZero() {
		answer.Parking = &api.Parking{By: p.By, Note: p.Note, At: p.At, Until: moment(p.Until)}
	}
	answer.Amount, answer.Currency = amount(e.Amount)
	return answer
}
