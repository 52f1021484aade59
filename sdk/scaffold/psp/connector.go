package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"net/http"
	"time"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// version changes with each release of the connector.
const version = "0.1.0"

// host is where SamplePay's API is. In tests the hub puts a simulator in its place.
const host = "https://api.samplepay.example"

//go:embed settings.schema.json
var settingsSchema []byte

//go:embed credentials.schema.json
var credentialsSchema []byte

// Connector reads payouts and their rows from SamplePay. It keeps nothing between two
// calls and is safe for concurrent use.
type Connector struct {
	// limit is how many items are asked for at a time, at most 100.
	limit int
}

var (
	_ ports.Connector    = (*Connector)(nil)
	_ ports.PayoutSource = (*Connector)(nil)

	_ ports.CallbackReader = (*Connector)(nil)
)

// New makes the connector.
func New() *Connector { return &Connector{limit: 100} }

// Describe says what the connector is, without network and credentials.
func (c *Connector) Describe() ports.Description {
	return ports.Description{
		ID: "samplepay", Name: "SamplePay", Version: version, Protocol: ports.ProtocolVersion,
		Capabilities: []ports.Capability{ports.CapabilityPayouts, ports.CapabilityCallbacks},
		Settings:     settingsSchema, Credentials: credentialsSchema,
		// 20 calls a second for each API key (SamplePay's documentation, rate limits).
		Quota: ports.Quota{Calls: 20, Window: time.Second, InFlight: 2, Account: []string{"api_key"}},
		Operations: []ports.Operation{
			{Name: "Verify", Calls: 1}, {Name: "ListPayouts", Calls: 1}, {Name: "ListPayoutLines", Calls: 1},
		},
		Hosts:     []string{host},
		Callbacks: callbacks(),
	}
}

// Verify checks that the key opens an account. A refused key is a finding, not an
// error of the check.
func (c *Connector) Verify(ctx context.Context, verify ports.VerifyRequest) (ports.VerifyReport, error) {
	return upstream.Serve(c.open(verify.Call), func(remote *upstream.Client) (ports.VerifyReport, error) {
		var account struct{ ID, Name string }
		req := upstream.Get(host + "/v1/account")
		_, err := remote.JSON(ctx, req, nil, &account)
		if err == nil && account.ID == "" {
			err = upstream.Unreadable(req, "the account has no id")
		}
		check, err := upstream.Check("credentials", "SamplePay accepts the API key", err)
		return ports.VerifyReport{Checks: []ports.Check{check}, AccountID: account.ID, AccountName: account.Name}, err
	})
}

// open prepares a client for one call of the hub. Settings, once there are some, are
// read into a struct with a member for each.
func (c *Connector) open(call ports.Call) func() (*upstream.Client, error) {
	return func() (*upstream.Client, error) {
		if err := sdk.ReadSettings(call.Connection, &struct{}{}); err != nil {
			return nil, err
		}
		key, err := sdk.Credential(call.Connection, "api_key")
		if err != nil {
			return nil, err
		}
		return upstream.New(upstream.Config{
			Hosts: []string{host}, UserAgent: "kvitt-samplepay/" + version, Authorize: upstream.Bearer(key), Classify: refusals().Classify,
		}, call), nil
	}
}

// refusals are the errors that SamplePay documents: {"error": {"code": ...}}.
func refusals() upstream.Refusals {
	return upstream.Refusals{
		Read: func(answer upstream.Answer) upstream.Said {
			var body struct{ Error struct{ Code string } }
			_ = json.Unmarshal(answer.Body, &body) // a proxy's page says nothing
			return upstream.Said{Code: body.Error.Code}
		},
		Statuses: map[int]upstream.Meaning{
			http.StatusUnauthorized: {Remedy: "make a new API key in SamplePay's dashboard and enter it in the connection"},
		},
	}
}
