package main

import (
	"context"
	_ "embed"
	"time"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// version changes with each release of the connector.
const version = "0.1.0"

// host is where SampleBooks' API is. In tests the hub puts a simulator in its place.
const host = "https://api.samplebooks.example"

//go:embed settings.schema.json
var settingsSchema []byte

//go:embed credentials.schema.json
var credentialsSchema []byte

// Connector reads invoices of SampleBooks, marks them paid and books vouchers. It
// keeps nothing between two calls and is safe for concurrent use.
type Connector struct {
	// limit is how many items are asked for at a time, at most 100.
	limit int
}

var (
	_ ports.Connector       = (*Connector)(nil)
	_ ports.DocumentSource  = (*Connector)(nil)
	_ ports.InvoicePayments = (*Connector)(nil)
	_ ports.PaymentSource   = (*Connector)(nil)
	_ ports.Vouchers        = (*Connector)(nil)
	_ ports.Choices         = (*Connector)(nil)
)

// New makes the connector.
func New() *Connector { return &Connector{limit: 100} }

// Describe says what the connector is, without network and credentials.
func (c *Connector) Describe() ports.Description {
	return ports.Description{
		ID: "samplebooks", Name: "SampleBooks", Version: version, Protocol: ports.ProtocolVersion,
		Capabilities: []ports.Capability{
			ports.CapabilityDocuments, ports.CapabilityPayments, ports.CapabilityVouchers, ports.CapabilityChoices,
		},
		Settings: settingsSchema, Credentials: credentialsSchema,
		// 20 calls a second for each token (SampleBooks' documentation, rate limits).
		Quota: ports.Quota{Calls: 20, Window: time.Second, InFlight: 2, Account: []string{"token"}},
		Operations: []ports.Operation{
			{Name: "Verify", Calls: callsVerify},
			{Name: "ListDocuments", Calls: 1},
			{Name: "FindDocuments", Calls: callsFind},
			{Name: "ListPayments", Calls: 1},
			{Name: "ListChoices", Calls: 1},
			// SampleBooks knows every write by its idempotency key, for ever.
			{Name: "EnsurePayment", Calls: 1, RecoveryCalls: 1, Recovery: ports.RecoveryKeyed},
			{Name: "EnsureVoucher", Calls: 1, RecoveryCalls: 1, Recovery: ports.RecoveryKeyed},
		},
		Hosts: []string{host},
	}
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
			Hosts: []string{host}, UserAgent: "kvitt-samplebooks/" + version, Authorize: upstream.Bearer(token), Classify: refusals().Classify,
		}, call), nil
	}
}

// Verify checks that the token opens a company, and that the accounts and series are
// there which the merchant's flows need. What is missing is a finding, not an error
// of the check.
func (c *Connector) Verify(ctx context.Context, verify ports.VerifyRequest) (ports.VerifyReport, error) {
	return upstream.Serve(c.open(verify.Call), func(remote *upstream.Client) (ports.VerifyReport, error) {
		var company struct{ ID, Name string }
		req := upstream.Get(host + "/v1/company")
		_, err := remote.JSON(ctx, req, nil, &company)
		if err == nil && company.ID == "" {
			err = upstream.Unreadable(req, "the company has no id")
		}
		credentials, err := upstream.Check("credentials", "SampleBooks accepts the token", err)
		if err != nil {
			return ports.VerifyReport{}, err
		}
		report := ports.VerifyReport{Checks: []ports.Check{credentials}, AccountID: company.ID, AccountName: company.Name}
		if credentials.State != ports.CheckOK {
			return report, nil
		}
		for _, kind := range []struct {
			name, expect string
			choices      ports.ChoiceKind
		}{{"accounts", "account", ports.ChooseAccount}, {"voucher_series", "voucher_series", ports.ChooseVoucherSeries}} {
			if len(verify.Expect[kind.expect]) == 0 {
				continue
			}
			check, err := c.expected(ctx, remote, kind.name, kind.choices, verify.Expect[kind.expect])
			if err != nil {
				return ports.VerifyReport{}, err
			}
			report.Checks = append(report.Checks, check)
		}
		return report, nil
	})
}
