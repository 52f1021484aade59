package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"time"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// version changes with each release of the connector.
const version = "0.1.0"

// host is where SampleShop's API is. In tests the hub puts a simulator in its place.
const host = "https://api.sampleshop.example"

//go:embed settings.schema.json
var settingsSchema []byte

//go:embed credentials.schema.json
var credentialsSchema []byte

// Connector reads the orders of a shop from SampleShop. It keeps nothing between two
// calls and is safe for concurrent use.
type Connector struct {
	// limit is how many orders are asked for at a time, at most 100.
	limit int
}

var (
	_ ports.Connector   = (*Connector)(nil)
	_ ports.OrderSource = (*Connector)(nil)
)

// New makes the connector.
func New() *Connector { return &Connector{limit: 100} }

// Describe says what the connector is, without network and credentials.
func (c *Connector) Describe() ports.Description {
	return ports.Description{
		ID: "sampleshop", Name: "SampleShop", Version: version, Protocol: ports.ProtocolVersion,
		Capabilities: []ports.Capability{ports.CapabilityOrders},
		Settings:     settingsSchema, Credentials: credentialsSchema,
		// 20 calls a second for each token (SampleShop's documentation, rate limits).
		Quota:      ports.Quota{Calls: 20, Window: time.Second, InFlight: 2, Account: []string{"token"}},
		Operations: []ports.Operation{{Name: "Verify", Calls: 1}, {Name: "ListOrders", Calls: 1}},
		Hosts:      []string{host},
	}
}

// Verify checks that the token opens a shop. A refused token is a finding, not an
// error of the check.
func (c *Connector) Verify(ctx context.Context, verify ports.VerifyRequest) (ports.VerifyReport, error) {
	return upstream.Serve(c.open(verify.Call), func(remote *upstream.Client) (ports.VerifyReport, error) {
		var shop struct{ ID, Name string }
		req := upstream.Get(host + "/v1/shop")
		_, err := remote.JSON(ctx, req, nil, &shop)
		if err == nil && shop.ID == "" {
			err = upstream.Unreadable(req, "the shop has no id")
		}
		check, err := upstream.Check("credentials", "SampleShop accepts the token", err)
		return ports.VerifyReport{Checks: []ports.Check{check}, AccountID: shop.ID, AccountName: shop.Name}, err
	})
}

// open prepares a client for one call of the hub. Settings, once there are some, are
// read into a struct with a member for each.
func (c *Connector) open(call ports.Call) func() (*upstream.Client, error) {
	return func() (*upstream.Client, error) {
		if err := sdk.ReadSettings(call.Connection, &struct{}{}); err != nil {
			return nil, err
		}
		token, err := sdk.Credential(call.Connection, "token")
		if err != nil {
			return nil, err
		}
		return upstream.New(upstream.Config{
			Hosts: []string{host}, UserAgent: "kvitt-sampleshop/" + version, Authorize: upstream.Bearer(token), Classify: refusals().Classify,
		}, call), nil
	}
}

// refusals are the errors that SampleShop documents: {"error": {"code": ...}}.
func refusals() upstream.Refusals {
	return upstream.Refusals{Read: func(answer upstream.Answer) upstream.Said {
		var body struct{ Error struct{ Code string } }
		_ = json.Unmarshal(answer.Body, &body) // a proxy's page says nothing
		return upstream.Said{Code: body.Error.Code}
	}}
}
