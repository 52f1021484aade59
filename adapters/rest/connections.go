package rest

import (
	"bytes"
	"context"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/consent"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/ports"
)

func (s *server) ListConnections(ctx context.Context, r api.ListConnectionsRequestObject) (api.ListConnectionsResponseObject, error) {
	found, err := s.Onboarding.Connections(ctx, r.ID, pageOf(r.Params.Limit, r.Params.After))
	items, next := answered(found, r.Params.Limit, func(c ports.ConnectionRecord) string { return c.ID }, s.connection)
	return api.ListConnections200JSONResponse{Items: items, Next: next}, err
}

func (s *server) CreateConnection(ctx context.Context, r api.CreateConnectionRequestObject) (api.CreateConnectionResponseObject, error) {
	record, err := s.Onboarding.CreateConnection(ctx, onboarding.NewConnection{
		ID: wanted(ctx, "connection-"), MerchantID: r.ID, Connector: r.Body.Connector, Label: r.Body.Label,
		Settings: r.Body.Settings, Credentials: r.Body.Credentials,
	}, by(ctx))
	if err != nil {
		return nil, err
	}
	return api.CreateConnection201JSONResponse(s.connection(record)), nil
}

func (s *server) GetConnection(ctx context.Context, r api.GetConnectionRequestObject) (api.GetConnectionResponseObject, error) {
	record, err := s.Onboarding.Connection(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return api.GetConnection200JSONResponse(s.connection(record)), nil
}

func (s *server) UpdateConnection(ctx context.Context, r api.UpdateConnectionRequestObject) (api.UpdateConnectionResponseObject, error) {
	record, err := s.Onboarding.UpdateConnection(ctx, r.ID, onboarding.ConnectionChange{
		Label: r.Body.Label, Settings: r.Body.Settings, Credentials: r.Body.Credentials,
	}, by(ctx))
	if err != nil {
		return nil, err
	}
	return api.UpdateConnection200JSONResponse(s.connection(record)), nil
}

func (s *server) VerifyConnection(ctx context.Context, r api.VerifyConnectionRequestObject) (api.VerifyConnectionResponseObject, error) {
	record, err := s.Onboarding.Verify(ctx, r.ID, by(ctx))
	if err != nil {
		return nil, err
	}
	return api.VerifyConnection200JSONResponse(s.connection(record)), nil
}

// CallbackPath is where authorisation servers send merchants back to.
const CallbackPath = "/v1/oauth/callback"

func (s *server) AskConsent(ctx context.Context, r api.AskConsentRequestObject) (api.AskConsentResponseObject, error) {
	link, err := s.Onboarding.AskConsent(ctx, r.ID, consent.Caller{ID: caller(ctx).ID, By: by(ctx)})
	if err != nil {
		return nil, err
	}
	return api.AskConsent201JSONResponse{URL: link.URL, ExpiresAt: link.ExpiresAt}, nil
}

func (s *server) TakeConsent(ctx context.Context, r api.TakeConsentRequestObject) (api.TakeConsentResponseObject, error) {
	record, err := s.Onboarding.TakeConsent(ctx, consent.Answer{State: r.Params.State, Code: r.Params.Code, Error: r.Params.Error})
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	if err := s.Pages.Connected(&page, record); err != nil {
		return nil, err
	}
	return htmlPage{&page}, nil
}

func (s *server) DisconnectConnection(ctx context.Context, r api.DisconnectConnectionRequestObject) (api.DisconnectConnectionResponseObject, error) {
	record, err := s.Onboarding.Disconnect(ctx, r.ID, by(ctx))
	if err != nil {
		return nil, err
	}
	return api.DisconnectConnection200JSONResponse(s.connection(record)), nil
}

func (s *server) PauseConnection(ctx context.Context, r api.PauseConnectionRequestObject) (api.PauseConnectionResponseObject, error) {
	record, err := s.Onboarding.Pause(ctx, r.ID, r.Body.Reason, by(ctx))
	if err != nil {
		return nil, err
	}
	return api.PauseConnection200JSONResponse(s.connection(record)), nil
}

func (s *server) ResumeConnection(ctx context.Context, r api.ResumeConnectionRequestObject) (api.ResumeConnectionResponseObject, error) {
	record, err := s.Onboarding.Resume(ctx, r.ID, by(ctx))
	if err != nil {
		return nil, err
	}
	return api.ResumeConnection200JSONResponse(s.connection(record)), nil
}

func (s *server) connection(record ports.ConnectionRecord) api.Connection {
	answer := api.Connection{
		ID: record.ID, MerchantID: record.MerchantID, Connector: record.Connector, Label: record.Label,
		Settings: s.Onboarding.ShownSettings(record), AccountID: record.AccountID, AccountName: record.AccountName,
		State: api.ConnectionState(record.State), Checks: []api.Check{}, Capabilities: []api.AccountCapability{}, VerifiedAt: moment(record.VerifiedAt),
		CreatedAt: record.CreatedAt, UpdatedAt: record.UpdatedAt,
	}
	if pause := record.Pause; !pause.Since.IsZero() {
		answer.Pause = &api.Pause{By: pause.By, Reason: pause.Reason, Since: pause.Since}
	}
	for _, c := range s.Onboarding.Capabilities(record) {
		answer.Capabilities = append(answer.Capabilities, api.AccountCapability{
			Capability: string(c.Capability), State: api.AccountCapabilityState(c.State), Detail: c.Detail, Remedy: c.Remedy, CheckedAt: moment(c.At),
		})
	}
	for _, check := range record.Checks {
		answer.Checks = append(answer.Checks, api.Check{
			Name: check.Name, State: api.CheckState(check.State), Detail: check.Detail, Remedy: check.Remedy,
		})
	}
	return answer
}

func (s *server) ListChoices(ctx context.Context, r api.ListChoicesRequestObject) (api.ListChoicesResponseObject, error) {
	on, err := s.day(ctx, r.ID, r.Params.On)
	if err != nil {
		return nil, err
	}
	page, err := s.Onboarding.Choices(ctx, r.ID, ports.ChoiceKind(r.Kind), on, r.Params.After)
	if err != nil {
		return nil, err
	}
	answer := api.ListChoices200JSONResponse{Items: []api.Choice{}, Next: page.Next}
	for _, choice := range page.Choices {
		answer.Items = append(answer.Items, api.Choice{Value: choice.Value, Label: choice.Label, Active: choice.Active})
	}
	return answer, nil
}

func (s *server) ExportBooks(ctx context.Context, r api.ExportBooksRequestObject) (api.ExportBooksResponseObject, error) {
	on, err := s.day(ctx, r.ID, r.Params.On)
	if err != nil {
		return nil, err
	}
	books, err := s.Onboarding.ExportBooks(ctx, r.ID, on)
	if err != nil {
		return nil, err
	}
	return api.ExportBooks200ApplicationOctetStreamResponse{Body: books}, nil
}

// day reads the day for which something is asked, by default the merchant's today.
func (s *server) day(ctx context.Context, connectionID, on string) (civil.Date, error) {
	if on == "" {
		return s.Onboarding.Today(ctx, connectionID)
	}
	day, err := civil.Parse(on)
	if err != nil {
		return civil.Date{}, fault.Invalid(CodeInvalid, "on", "this is not a date written YYYY-MM-DD")
	}
	return day, nil
}
