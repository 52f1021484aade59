package rest

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/ports"
)

func (s *server) MakeCallbackURL(ctx context.Context, r api.MakeCallbackURLRequestObject) (api.MakeCallbackURLResponseObject, error) {
	address, err := s.Callbacks.NewAddress(ctx, r.ID, by(ctx))
	if err != nil {
		return nil, err
	}
	answer := api.MakeCallbackURL201JSONResponse{
		URL:           CallbackURL(s.PublicURL, address.ConnectionID, address.Token),
		PreviousUntil: moment(address.ReplacedUntil),
	}
	for _, method := range address.Methods {
		answer.Methods = append(answer.Methods, api.CallbackURLMethods(method))
	}
	return answer, nil
}

// CallbackURL is where a provider sends messages to a connection.
func CallbackURL(public, connectionID, token string) string {
	return strings.TrimSuffix(public, "/") + strings.NewReplacer(":id", connectionID, ":token", token).Replace(intakePath)
}

func (s *server) RevokeCallbackURLs(ctx context.Context, r api.RevokeCallbackURLsRequestObject) (api.RevokeCallbackURLsResponseObject, error) {
	if err := s.Callbacks.RevokeReplaced(ctx, r.ID, by(ctx)); err != nil {
		return nil, err
	}
	return api.RevokeCallbackURLs204Response{}, nil
}

func (s *server) ListCallbacks(ctx context.Context, r api.ListCallbacksRequestObject) (api.ListCallbacksResponseObject, error) {
	found, err := s.Callbacks.Messages(ctx, r.ID, ports.CallbackState(r.Params.State), pageOf(r.Params.Limit, r.Params.After))
	if err != nil {
		return nil, err
	}
	items, next := answered(found, r.Params.Limit, func(c ports.CallbackRecord) string { return c.ID }, callbackAnswer)
	return api.ListCallbacks200JSONResponse{Items: items, Next: next}, nil
}

func (s *server) GetCallback(ctx context.Context, r api.GetCallbackRequestObject) (api.GetCallbackResponseObject, error) {
	record, err := s.Callbacks.Message(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return api.GetCallback200JSONResponse(callbackAnswer(record)), nil
}

func (s *server) RetryCallback(ctx context.Context, r api.RetryCallbackRequestObject) (api.RetryCallbackResponseObject, error) {
	record, err := s.Callbacks.Retry(ctx, r.ID, by(ctx))
	if err != nil {
		return nil, err
	}
	return api.RetryCallback200JSONResponse(callbackAnswer(record)), nil
}

func callbackAnswer(c ports.CallbackRecord) api.Callback {
	answer := api.Callback{
		ID: c.ID, ConnectionID: c.ConnectionID, Method: c.Method, ReceivedAt: c.ReceivedAt, State: api.CallbackState(c.State),
		ReadAt: moment(c.ReadAt), Attempts: c.Attempts, Fault: faultAnswer(c.Fault), Notices: []api.CallbackNotice{},
		Query: c.Query, Headers: c.Headers, Body: c.Body,
	}
	if utf8.Valid(c.Body) {
		answer.Text = string(c.Body)
	}
	for _, n := range c.Notices {
		answer.Notices = append(answer.Notices, api.CallbackNotice{
			Subject: api.CallbackNoticeSubject(n.Subject), SubjectID: n.ID, OrderID: n.Order, EventID: n.Event,
			OccurredAt: moment(n.OccurredAt), Outcome: api.CallbackNoticeOutcome(n.Outcome), Detail: n.Detail,
		})
	}
	return answer
}
