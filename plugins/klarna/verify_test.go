package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/wire/wiretest"
)

func TestAConnectionIsCheckedItemByItem(t *testing.T) {
	t.Parallel()
	forbidden := func(path string) object {
		return object{"kind": "status", "path": path, "status": 403, "body": `{"error_code":"NOT_ALLOWED"}`}
	}
	uses := func(capabilities ...string) map[string][]string {
		return map[string][]string{"capability": capabilities}
	}
	ok, warning, failed := ports.CheckOK, ports.CheckWarning, ports.CheckFailed
	type checks map[string]ports.CheckState
	cases := map[string]struct {
		world, fault object
		change       func(*ports.Connection)
		expect       map[string][]string
		want         checks
		calls        int
		account      string
		// refused are the capabilities that the merchant may not use.
		refused []ports.Capability
	}{
		"all is well": {
			world: object{"payouts": []object{example()}},
			want:  checks{"environment": ok, "settlements": ok, "merchant_id": ok}, calls: 2, account: merchantID,
		},
		"nothing has been paid out yet": {
			want: checks{"environment": ok, "settlements": ok, "merchant_id": warning}, calls: 2, account: merchantID,
		},
		"the credentials are those of another merchant id": {
			world:  object{"payouts": []object{example()}},
			change: func(c *ports.Connection) { c.Credentials["merchant_id"] = "K999999" },
			want:   checks{"environment": ok, "settlements": ok, "merchant_id": failed}, calls: 2, account: merchantID,
		},
		"the key is wrong": {
			change: func(c *ports.Connection) { c.Credentials["api_key"] = "klarna_test_api_WRONG" },
			want:   checks{"environment": ok, "settlements": failed}, calls: 2, account: merchantID,
		},
		"the key is of an older form and wrong": {
			change: func(c *ports.Connection) { c.Credentials["api_key"] = "sharedsecret" },
			want:   checks{"environment": ok, "settlements": failed}, calls: 2, account: merchantID,
		},
		"neither is allowed": {
			world: object{"denied": []string{"settlements", "ordermanagement"}},
			want:  checks{"environment": ok, "settlements": failed}, calls: 2, account: merchantID,
		},
		"settlements are not allowed, and nobody needs them": {
			world: object{"denied": []string{"settlements"}}, refused: []ports.Capability{"psp.payouts"},
			want: checks{"environment": ok, "settlements": warning, "orders": ok}, calls: 2, account: merchantID,
		},
		"orders are not allowed, and nobody needs them": {
			world: object{"payouts": []object{example()}, "denied": []string{"ordermanagement"}}, refused: []ports.Capability{"psp.orders"},
			want: checks{"environment": ok, "settlements": ok, "merchant_id": ok}, calls: 2, account: merchantID,
		},
		"the key is of another environment": {
			change: func(c *ports.Connection) { c.Settings = json.RawMessage(`{"environment":"live"}`) },
			want:   checks{"environment": failed}, calls: 0, account: merchantID,
		},
		"orders are needed and may be read": {
			world: object{"payouts": []object{example()}}, expect: uses("psp.orders", "psp.payouts"),
			want: checks{"environment": ok, "settlements": ok, "merchant_id": ok, "orders": ok}, calls: 2, account: merchantID,
		},
		"orders are needed and may not be read": {
			world: object{"payouts": []object{example()}}, fault: forbidden("/ordermanagement/"), expect: uses("psp.orders", "psp.payouts"),
			want: checks{"environment": ok, "settlements": ok, "merchant_id": ok, "orders": failed}, calls: 2, account: merchantID,
			refused: []ports.Capability{"psp.orders"},
		},
		"payouts alone are needed": {
			world: object{"payouts": []object{example()}}, fault: forbidden("/ordermanagement/"), expect: uses("psp.payouts"),
			want: checks{"environment": ok, "settlements": ok, "merchant_id": ok}, calls: 2, account: merchantID,
			refused: []ports.Capability{"psp.orders"},
		},
		"orders alone are needed and settlements not allowed": {
			fault: forbidden("/settlements/"), expect: uses("psp.orders"),
			want: checks{"environment": ok, "settlements": warning, "orders": ok}, calls: 2, account: merchantID,
			refused: []ports.Capability{"psp.payouts"},
		},
		"orders alone are needed and the key is wrong": {
			change: func(c *ports.Connection) { c.Credentials["api_key"] = "klarna_test_api_WRONG" }, expect: uses("psp.orders"),
			want: checks{"environment": ok, "settlements": warning, "orders": failed}, calls: 2, account: merchantID,
		},
		"both are needed and settlements not allowed": {
			fault: forbidden("/settlements/"), expect: uses("psp.orders", "psp.payouts"), refused: []ports.Capability{"psp.payouts"},
			want: checks{"environment": ok, "settlements": failed, "orders": ok}, calls: 2, account: merchantID,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := simulate(t, c.world)
			if c.fault != nil {
				f.fail(c.fault)
			}
			req := ports.VerifyRequest{Call: f.call(callsVerify), Expect: c.expect, Today: f.now}
			if c.change != nil {
				c.change(&req.Connection)
			}
			for _, connector := range []ports.Connector{f.connectorWith(500), wiretest.Client(t, f.connectorWith(500))} {
				report, err := connector.Verify(t.Context(), req)
				require.NoError(t, err)
				got := checks{}
				for _, check := range report.Checks {
					got[check.Name] = check.State
					require.NotEmpty(t, check.Detail, check.Name)
					require.Equal(t, check.State != ok, check.Remedy != "", check.Name)
					require.NotContains(t, check.Detail+check.Remedy, req.Connection.Credentials["api_key"])
				}
				require.Equal(t, c.want, got)
				var refused []ports.Capability
				for _, said := range report.Capabilities {
					require.NotEmpty(t, said.Detail, said.Capability)
					require.Equal(t, said.State == ports.CapabilityRefused, said.Remedy != "", said.Capability)
					if said.State == ports.CapabilityRefused {
						refused = append(refused, said.Capability)
					}
				}
				require.Equal(t, c.refused, refused)
				require.Equal(t, c.account, report.AccountID)
				require.Equal(t, "Klarna "+c.account, report.AccountName)
				require.Equal(t, c.calls, report.Usage.Calls)
			}
		})
	}
}

func TestAConnectionThatCouldNotBeCheckedIsAnError(t *testing.T) {
	t.Parallel()
	for class, broken := range map[fault.Class]object{
		fault.Temporary:   {"kind": "status", "status": 500},
		fault.RateLimited: {"kind": "status", "status": 429},
	} {
		f := simulate(t, nil)
		f.fail(broken)
		_, err := f.connectorWith(500).Verify(t.Context(), ports.VerifyRequest{Call: f.call(callsVerify)})
		require.Equal(t, class, fault.ClassOf(err))
		usage, known := ports.UsageOf(err)
		require.True(t, known && usage.Calls == 1)
	}
	f := simulate(t, nil)
	call := f.call(callsVerify)
	call.Connection.Credentials = nil
	_, err := f.connectorWith(500).Verify(t.Context(), ports.VerifyRequest{Call: call})
	require.Equal(t, CodeCredentials, fault.CodeOf(err))
}

func TestAConnectionIsCheckedWithoutSideEffects(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{"payouts": []object{example()}})
	_, err := f.connectorWith(500).Verify(t.Context(), ports.VerifyRequest{Call: f.call(callsVerify)})
	require.NoError(t, err)
	require.Len(t, f.requests(), 2)
	require.Equal(t, "/settlements/v1/payouts?offset=0&size=1", f.requests()[0])
	require.Contains(t, f.requests()[1], "/ordermanagement/v1/orders/", "of an order that there is not")
}
