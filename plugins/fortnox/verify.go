package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/redact"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// What a verification may be asked to expect, see ports.VerifyRequest.
const (
	expectAccount  = "account"
	expectSeries   = "voucher_series"
	expectMode     = "mode_of_payment"
	expectCurrency = "currency"
	// expectCapability names the capabilities that flows use, such as erp.invoices: what
	// only they need is checked for them alone.
	expectCapability = "capability"
)

// examination is a verification under way.
type examination struct {
	*session
	// hidden are the secrets of the connection, which Fortnox's own words may repeat.
	hidden redact.Secrets
	expect map[string][]string
	today  civil.Date
	report ports.VerifyReport
	// year is the financial year of today, if there is one.
	year *client.Year
	// opened are the items that Fortnox lets be read, barred those for which the company
	// or the token lacks a right.
	opened map[string]bool
	barred map[string]*fault.Error
}

// Verify implements ports.Connector. A refusal by Fortnox is the outcome of the
// check that met it; only what keeps the connector from asking is an error.
func (c *Connector) Verify(ctx context.Context, req ports.VerifyRequest) (ports.VerifyReport, error) {
	zone, err := time.LoadLocation(zoneOfFortnox)
	if err != nil {
		zone = time.UTC
	}
	return upstream.Serve(c.open(req.Call, 0), func(s *session) (ports.VerifyReport, error) {
		secret := s.connection.Credentials
		e := &examination{
			session: s, hidden: redact.New(secret[client.AccessToken], secret[credentialClientSecret]),
			expect: req.Expect, today: civil.In(req.Today, zone),
			opened: map[string]bool{}, barred: map[string]*fault.Error{},
		}
		err := e.examine(ctx)
		return e.report, err
	})
}

// examine makes the checks in order. Without access nothing else can be asked.
func (e *examination) examine(ctx context.Context) error {
	if accessible, err := e.access(ctx); err != nil || !accessible {
		return err
	}
	for _, check := range []func(context.Context) error{
		e.financialYear, e.lockedPeriod, e.accounts, e.voucherSeries, e.modeOfPayment, e.termsOfPayment,
		e.predefinedAccounts, e.currencies, e.permissions,
	} {
		if err := check(ctx); err != nil {
			return err
		}
	}
	e.capabilities()
	return nil
}

// access reads the company. Its number must be that of the tenant for which the
// token was issued.
func (e *examination) access(ctx context.Context) (bool, error) {
	company, err := e.Company(ctx)
	if err != nil {
		return false, e.refused("access", err)
	}
	e.ok("access", "Fortnox accepts the access token")
	id := string(company.DatabaseNumber)
	e.report.AccountID, e.report.AccountName = e.hidden.In(id), e.hidden.In(string(company.CompanyName))
	who := string(company.CompanyName) + ", " + string(company.OrganizationNumber) + ", database " + id
	if tenant := tenantOf(e.connection.Credentials); tenant != "" && tenant != id {
		e.failed("company", "the token is for tenant "+tenant+" and leads to "+who, "enter the tenant id of the company that is to be connected")
		return true, nil
	}
	e.ok("company", who)
	return true, nil
}

// tenantOf gives the tenant id that the credentials name, or the token itself:
// Fortnox's tokens are JWTs with a claim tenantId. The signature is not checked,
// as nothing is trusted because of it.
func tenantOf(credentials map[string]string) string {
	if tenant := credentials[credentialTenantID]; tenant != "" {
		return tenant
	}
	parts := strings.Split(credentials[client.AccessToken], ".")
	const ofJWT = 3
	if len(parts) != ofJWT {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		TenantID client.Text `json:"tenantId"`
	}
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return ""
	}
	return string(claims.TenantID)
}

func (e *examination) ok(name, detail string) { e.add(name, ports.CheckOK, detail, "") }

func (e *examination) warn(name, detail, remedy string) {
	e.add(name, ports.CheckWarning, detail, remedy)
}

func (e *examination) failed(name, detail, remedy string) {
	e.add(name, ports.CheckFailed, detail, remedy)
}

func (e *examination) add(name string, state ports.CheckState, detail, remedy string) {
	e.report.Checks = append(e.report.Checks, ports.Check{
		Name: name, State: state, Detail: e.hidden.In(detail), Remedy: e.hidden.In(remedy),
	})
}

// needs reports whether a flow uses a capability.
func (e *examination) needs(c ports.Capability) bool {
	return slices.Contains(e.expect[expectCapability], string(c))
}

// sells reports whether a flow makes orders or invoices.
func (e *examination) sells() bool {
	return e.needs(ports.CapabilityInvoices) || e.needs(ports.CapabilityOrderBook)
}

// refused turns a refusal into a failed check. It returns the error if it is
// none: then nothing is known about the item.
func (e *examination) refused(name string, err error) error {
	check, failed := upstream.Check(name, "", err)
	if failed != nil {
		return failed
	}
	e.failed(name, string(fault.CodeOf(err))+": "+check.Detail, check.Remedy)
	return nil
}
