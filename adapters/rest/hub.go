package rest

import (
	"context"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/ports"
)

func (s *server) GetHealth(ctx context.Context, _ api.GetHealthRequestObject) (api.GetHealthResponseObject, error) {
	if err := s.Statements.Ping(ctx); err != nil {
		return nil, err
	}
	health := api.Health{Status: api.HealthStatusOk, Version: s.Version, Connectors: []api.ConnectorHealth{}}
	for _, c := range s.Catalogue.Status() {
		if c.State != ports.ConnectorReady {
			health.Status = api.HealthStatusDegraded
		}
		health.Connectors = append(health.Connectors, api.ConnectorHealth{
			ID: c.Description.ID, Version: c.Description.Version, State: api.ConnectorState(c.State),
		})
	}
	missing, err := s.missing(ctx)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		health.Status = api.HealthStatusDegraded
	}
	health.Connectors = append(health.Connectors, missing...)
	return api.GetHealth200JSONResponse(health), nil
}

// missing lists the connectors that are wanted and of which no version serves.
func (s *server) missing(ctx context.Context) ([]api.ConnectorHealth, error) {
	_, wanted, err := s.Versions.List(ctx)
	if err != nil {
		return nil, err
	}
	var list []api.ConnectorHealth
	for _, w := range wanted {
		if w.ConnectionID == "" && s.Fleet.Running(w.Connector, "") == "" {
			list = append(list, api.ConnectorHealth{ID: w.Connector, Version: w.Version, State: api.ConnectorState(ports.ConnectorStopped)})
		}
	}
	return list, nil
}

func (s *server) CreateKey(ctx context.Context, r api.CreateKeyRequestObject) (api.CreateKeyResponseObject, error) {
	key, plain, err := s.Onboarding.CreateKey(ctx, onboarding.NewKey{
		Label: r.Body.Label, Scope: ports.Scope(r.Body.Scope), MerchantID: r.Body.MerchantID,
	}, by(ctx))
	if err != nil {
		return nil, err
	}
	return api.CreateKey201JSONResponse{
		ID: key.ID, Label: key.Label, Scope: api.Scope(key.Scope), MerchantID: key.MerchantID, Key: plain, CreatedAt: key.CreatedAt,
	}, nil
}

func (s *server) GetPayoutsSettingsSchema(context.Context, api.GetPayoutsSettingsSchemaRequestObject) (api.GetPayoutsSettingsSchemaResponseObject, error) {
	return payoutsSchema(booking.Schema()), nil
}

func (s *server) ListConnectors(context.Context, api.ListConnectorsRequestObject) (api.ListConnectorsResponseObject, error) {
	answer := api.ListConnectors200JSONResponse{Items: []api.Connector{}}
	for _, c := range s.Catalogue.Status() {
		answer.Items = append(answer.Items, connector(c))
	}
	return answer, nil
}

func (s *server) GetConnector(_ context.Context, r api.GetConnectorRequestObject) (api.GetConnectorResponseObject, error) {
	for _, c := range s.Catalogue.Status() {
		if c.Description.ID == r.ID {
			return api.GetConnector200JSONResponse(connector(c)), nil
		}
	}
	return nil, fault.New(ports.CodeConnectorUnknown, fault.NotFound, "no such connector is installed").
		WithRemedy("see GET /v1/connectors for those that are")
}

func connector(c ports.ConnectorStatus) api.Connector {
	d := c.Description
	answer := api.Connector{
		ID: d.ID, Name: d.Name, Version: d.Version, Protocol: d.Protocol, State: api.ConnectorState(c.State),
		Capabilities: []string{}, Hosts: append([]string{}, d.Hosts...), SettingsSchema: schemaOf(d.Settings), CredentialsSchema: schemaOf(d.Credentials),
		Sha256: c.SHA256, Restarts: c.Restarts, LastExit: c.LastExit, StartedAt: moment(c.StartedAt),
	}
	for _, capability := range d.Capabilities {
		answer.Capabilities = append(answer.Capabilities, string(capability))
	}
	return answer
}

// schemaOf gives a schema, or one that allows nothing where there is none.
func schemaOf(schema []byte) api.AnyObject {
	if len(schema) == 0 {
		return api.AnyObject(`{"type":"object","additionalProperties":false}`)
	}
	return schema
}
