package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/redact"
	"github.com/kvitt/kvitt/sdk/simulator"
)

// usual is what a flow of payouts expects.
func usual() map[string][]string {
	return map[string][]string{
		"account": {"1516", "1686", "1689", "1930", "2641", "3740", "6570"}, "voucher_series": {"K"}, "mode_of_payment": {"KLARNA"},
	}
}

func (r *remote) verify(c everything, expect map[string][]string, today string) (ports.VerifyReport, error) {
	return c.Verify(r.tb.Context(), ports.VerifyRequest{
		Call: r.granted("Verify", 1), Expect: expect, Today: noon(r.tb, today),
	})
}

func checks(report ports.VerifyReport) map[string]ports.Check {
	all := map[string]ports.Check{}
	for _, c := range report.Checks {
		all[c.Name] = c
	}
	return all
}

func TestAWorkingConnectionPassesEveryCheck(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		report, err := r.verify(c, usual(), "2026-04-20")
		require.NoError(t, err)
		require.Equal(t, "4711", report.AccountID)
		require.Equal(t, "Exempelbutiken Åsön AB", report.AccountName)
		require.Equal(t, len(r.requests()), report.Usage.Calls)
		require.LessOrEqual(t, report.Usage.Calls, 14)
		var names []string
		for _, check := range report.Checks {
			require.Equal(t, ports.CheckOK, check.State, "%s: %s", check.Name, check.Detail)
			require.NotEmpty(t, check.Detail)
			require.Empty(t, check.Remedy)
			names = append(names, check.Name)
		}
		require.Equal(t, []string{
			"access", "company", "financial_year", "accounting_method", "locked_period", "accounts", "voucher_series",
			"mode_of_payment", "predefined_accounts", "currencies", "invoices", "invoice_payments", "vouchers", "inbox", "voucher_files",
		}, names)
		require.Contains(t, checks(report)["company"].Detail, "556000-0001")
	})
}

func TestEachThingThatIsWrongFailsItsOwnCheck(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		world  func(*world.Fortnox)
		expect map[string][]string
		today  string
		tenant string
		check  string
		state  ports.CheckState
		detail string
	}{
		"the token is another company's": {tenant: "9999", check: "company", state: ports.CheckFailed, detail: "tenant 9999"},
		"no year":                        {today: "2028-05-05", check: "financial_year", state: ports.CheckFailed, detail: "2028-05-05"},
		"no year, so no accounts":        {today: "2028-05-05", check: "accounts", state: ports.CheckFailed, detail: "no financial year"},
		"no year, so no series":          {today: "2028-05-05", check: "voucher_series", state: ports.CheckFailed, detail: "no financial year"},
		"no year, so no vouchers":        {today: "2028-05-05", check: "vouchers", state: ports.CheckFailed, detail: "no financial year"},
		"no next year in December":       {today: "2026-12-10", check: "next_financial_year", state: ports.CheckWarning, detail: "2027-01-01"},
		"the next year is there":         {today: "2025-12-10", check: "next_financial_year", state: ports.CheckOK, detail: "there"},
		"cash method": {
			world: func(w *world.Fortnox) { w.FinancialYears[1].AccountingMethod = "CASH" },
			check: "accounting_method", state: ports.CheckFailed, detail: "kontantmetoden",
		},
		"locked until today": {
			world: func(w *world.Fortnox) { w.LockedUntil = "2026-04-20" }, check: "locked_period", state: ports.CheckWarning, detail: "2026-04-20",
		},
		"nothing locked": {
			world: func(w *world.Fortnox) { w.LockedUntil = "" }, check: "locked_period", state: ports.CheckOK, detail: "nothing",
		},
		"accounts missing": {
			expect: map[string][]string{"account": {"1930", "1999", "1998"}}, check: "accounts", state: ports.CheckFailed,
			detail: "1999 does not exist; 1998 does not exist",
		},
		"an account that is inactive": {
			expect: map[string][]string{"account": {"1585"}}, check: "accounts", state: ports.CheckFailed, detail: "1585 is not active",
		},
		"an account that demands a cost center": {
			world: func(w *world.Fortnox) {
				w.Accounts = append(w.Accounts, world.Account{Number: 6571, Name: "Avgifter", CostCenterSettings: "MANDATORY"})
			},
			expect: map[string][]string{"account": {"6571"}}, check: "accounts", state: ports.CheckFailed, detail: "6571 demands a cost center",
		},
		"an account that demands a project": {
			world: func(w *world.Fortnox) {
				w.Accounts = append(w.Accounts, world.Account{Number: 6571, Name: "Avgifter", ProjectSettings: "MANDATORY"})
			},
			expect: map[string][]string{"account": {"6571"}}, check: "accounts", state: ports.CheckFailed, detail: "6571 demands a project",
		},
		"a series for machines": {
			expect: map[string][]string{"voucher_series": {"D"}}, check: "voucher_series", state: ports.CheckFailed, detail: "D does not take manual",
		},
		"a series of last year": {
			world:  func(w *world.Fortnox) { w.VoucherSeries[1].Years = []int{2} },
			expect: usual(), check: "voucher_series", state: ports.CheckFailed, detail: "K does not exist",
		},
		"no such mode of payment": {
			expect: map[string][]string{"mode_of_payment": {"SVEA"}}, check: "mode_of_payment", state: ports.CheckFailed, detail: "SVEA",
		},
		"no account for receivables": {
			world: func(w *world.Fortnox) { w.PredefinedAccounts["CUSTCLAIM"] = 0 }, check: "predefined_accounts", state: ports.CheckWarning, detail: "CUSTCLAIM",
		},
		"a currency that is missing": {
			expect: map[string][]string{"currency": {"SEK", "NOK"}}, check: "currencies", state: ports.CheckFailed, detail: "NOK",
		},
		"currencies that are there": {
			expect: map[string][]string{"currency": {"SEK", "EUR"}}, check: "currencies", state: ports.CheckOK, detail: "all",
		},
		"no scope for invoices": {
			world:  func(w *world.Fortnox) { w.MissingScopes = []string{"invoice"} },
			expect: map[string][]string{"capability": {"erp.documents"}}, check: "invoices", state: ports.CheckFailed, detail: "auth.scope_missing",
		},
		"no scope for invoices, which nothing uses": {
			world: func(w *world.Fortnox) { w.MissingScopes = []string{"invoice"} }, check: "invoices", state: ports.CheckWarning, detail: "auth.scope_missing",
		},
		"no scope for payments": {
			world:  func(w *world.Fortnox) { w.MissingScopes = []string{"payment"} },
			expect: map[string][]string{"capability": {"erp.payments"}}, check: "invoice_payments", state: ports.CheckFailed, detail: "auth.scope_missing",
		},
		"no scope for files": {
			world: func(w *world.Fortnox) { w.MissingScopes = []string{"connectfile"} }, check: "voucher_files", state: ports.CheckFailed, detail: "auth.scope_missing",
		},
		"no scope for the inbox": {
			world: func(w *world.Fortnox) { w.MissingScopes = []string{"inbox"} }, check: "inbox", state: ports.CheckFailed, detail: "auth.scope_missing",
		},
		"no scope for settings": {
			world: func(w *world.Fortnox) { w.MissingScopes = []string{"settings"} }, check: "locked_period", state: ports.CheckFailed, detail: "auth.scope_missing",
		},
		"no licence for bookkeeping": {
			world: func(w *world.Fortnox) { w.MissingLicences = []string{"bookkeeping"} }, check: "financial_year", state: ports.CheckFailed, detail: "auth.licence_missing",
		},
		"no licence for integrations": {
			world: func(w *world.Fortnox) { w.MissingLicences = []string{"integration"} }, check: "access", state: ports.CheckFailed, detail: "auth.licence_missing",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			change := test.world
			if change == nil {
				change = func(*world.Fortnox) {}
			}
			today := test.today
			if today == "" {
				today = "2026-04-20"
			}
			r := start(t, change)
			req := ports.VerifyRequest{Call: r.granted("Verify", 1), Expect: test.expect, Today: noon(t, today)}
			if test.tenant != "" {
				req.Connection.Credentials["tenant_id"] = test.tenant
			}
			report, err := New().Verify(t.Context(), req)
			require.NoError(t, err)
			found, made := checks(report)[test.check]
			require.True(t, made, "%v", report.Checks)
			require.Equal(t, test.state, found.State, found.Detail)
			require.Contains(t, found.Detail, test.detail)
			if test.state != ports.CheckOK {
				require.NotEmpty(t, found.Remedy)
			}
			require.LessOrEqual(t, report.Usage.Calls, req.Grant)
		})
	}
}

func TestNoCheckRepeatsASecretThatFortnoxRepeats(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]struct {
		status int
		body   string
	}{
		"in the name of the company": {http.StatusOK, `{"CompanyInformation":{"CompanyName":"Bearer %s AB","OrganizationNumber":"%s","DatabaseNumber":4711}}`},
		"in place of its number":     {http.StatusOK, `{"CompanyInformation":{"CompanyName":"%s","OrganizationNumber":"556000-0001","DatabaseNumber":"%s"}}`},
		"in a refusal":               {http.StatusForbidden, `{"ErrorInformation":{"error":1,"message":"%s is not %s","code":2000663}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, r *remote, c everything) {
				r.fault(simulator.Fault{
					Kind: simulator.KindStatus, Status: answer.status, Body: fmt.Sprintf(answer.body, r.token, r.token),
					Headers: map[string]string{"Content-Type": "application/json"}, Request: 1,
				})
				report, err := r.verify(c, usual(), "2026-04-20")
				require.NoError(t, err)
				said := fmt.Sprintf("%+v", report)
				require.NotContains(t, said, r.token)
				require.Contains(t, said, redact.Mark)
			})
		})
	}
}

func noon(tb testing.TB, date string) time.Time {
	tb.Helper()
	return at(tb, date+"T12:00:00Z")
}

// Just before midnight in London it is the next day in Stockholm.
func TestTodayIsSwedens(t *testing.T) {
	t.Parallel()
	r := start(t)
	report, err := New().Verify(t.Context(), ports.VerifyRequest{Call: r.granted("Verify", 1), Today: at(t, "2026-12-31T23:30:00Z")})
	require.NoError(t, err)
	require.Equal(t, ports.CheckFailed, checks(report)["financial_year"].State)
}

func TestTheChosenModeOfPaymentIsChecked(t *testing.T) {
	t.Parallel()
	for code, state := range map[string]ports.CheckState{"KLARNA": ports.CheckOK, "SVEA": ports.CheckFailed} {
		r := start(t)
		req := ports.VerifyRequest{Call: r.granted("Verify", 1), Today: noon(t, "2026-04-20")}
		req.Connection.Settings = []byte(`{"mode_of_payment":"` + code + `"}`)
		report, err := New().Verify(t.Context(), req)
		require.NoError(t, err)
		require.Equal(t, state, checks(report)["mode_of_payment"].State)
	}
}

// What only sales need is checked for flows that sell.
func TestFlowsOfSalesNeedMore(t *testing.T) {
	t.Parallel()
	selling := map[string][]string{"capability": {"erp.invoices", "erp.orders"}}
	tests := map[string]struct {
		world  func(*world.Fortnox)
		expect map[string][]string
		check  string
		state  ports.CheckState
	}{
		"orders without a licence":      {func(w *world.Fortnox) { w.MissingLicences = []string{"order"} }, selling, "orders", ports.CheckFailed},
		"customers without a scope":     {func(w *world.Fortnox) { w.MissingScopes = []string{"customer"} }, selling, "customers", ports.CheckFailed},
		"no account for rounding":       {func(w *world.Fortnox) { w.PredefinedAccounts["ROUNDOFF"] = 0 }, selling, "predefined_accounts", ports.CheckFailed},
		"no account, and payouts alone": {func(w *world.Fortnox) { w.PredefinedAccounts["ROUNDOFF"] = 0 }, usual(), "predefined_accounts", ports.CheckWarning},
		"all that is needed":            {func(*world.Fortnox) {}, selling, "orders", ports.CheckOK},
		"invoices without orders":       {func(w *world.Fortnox) { w.MissingLicences = []string{"order"} }, map[string][]string{"capability": {"erp.invoices"}}, "orders", ""},
		"payouts without either":        {func(w *world.Fortnox) { w.MissingScopes = []string{"customer", "order"} }, usual(), "customers", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, err := start(t, test.world).verify(New(), test.expect, "2026-04-20")
			require.NoError(t, err)
			require.Equal(t, test.state, checks(report)[test.check].State, "%+v", report.Checks)
		})
	}
}

func TestTheChosenTermsOfPaymentAreChecked(t *testing.T) {
	t.Parallel()
	for code, state := range map[string]ports.CheckState{"10": ports.CheckOK, "17": ports.CheckFailed} {
		r := start(t)
		r.choose(`{"terms_of_payment":"` + code + `"}`)
		report, err := r.verify(New(), map[string][]string{"capability": {"erp.invoices"}}, "2026-04-20")
		require.NoError(t, err)
		require.Equal(t, state, checks(report)["terms_of_payment"].State)
	}
}

func TestWithoutAccessNothingElseIsAsked(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		r.sim(http.MethodPost, "clock", map[string]string{"advance": "2h"}, nil) // the token has expired
		report, err := r.verify(c, usual(), "2026-04-20")
		require.NoError(t, err)
		require.Len(t, report.Checks, 1)
		require.Equal(t, "access", report.Checks[0].Name)
		require.Equal(t, ports.CheckFailed, report.Checks[0].State)
		require.Equal(t, 1, report.Usage.Calls)
	})
}

func TestACheckThatCouldNotBeMadeIsAnError(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]simulator.Fault{
		"a failure of theirs": {Kind: simulator.KindStatus, Status: 502}, "too many requests": {Kind: simulator.KindStatus, Status: 429},
		"a broken connection": {Kind: simulator.KindCutBefore},
	} {
		for _, nth := range []int{1, 4, 9} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				eachWay(t, func(t *testing.T, r *remote, c everything) {
					f := f
					f.Nth = nth
					r.fault(f)
					_, err := r.verify(c, usual(), "2026-04-20")
					require.Contains(t, []fault.Class{fault.Temporary, fault.RateLimited}, fault.ClassOf(err), "%v", err)
					usage, known := ports.UsageOf(err)
					require.True(t, known)
					require.GreaterOrEqual(t, usage.Calls, nth)
				})
			})
		}
	}
}

func TestTheTenantIsReadFromTheTokenIfNothingElseTellsIt(t *testing.T) {
	t.Parallel()
	r := start(t)
	require.Equal(t, "4711", tenantOf(map[string]string{client.AccessToken: r.token}))
	require.Equal(t, "7", tenantOf(map[string]string{client.AccessToken: r.token, "tenant_id": "7"}))
	for _, token := range []string{"", "opaque", "a.b.c", "a.e30.c", "a.!.c"} {
		require.Empty(t, tenantOf(map[string]string{client.AccessToken: token}))
	}
}
