package onboarding_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

func refusal(capability ports.Capability) ports.CapabilityCheck {
	return ports.CapabilityCheck{Capability: capability, State: ports.CapabilityRefused, Detail: "the scope is missing", Remedy: "ask for the scope"}
}

func TestWhatAnAccountMayUseIsKept(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.remote.Capabilities["klarna"] = []ports.CapabilityCheck{
		refusal(ports.CapabilityPurchases),
		{Capability: ports.CapabilityPurchases, State: ports.CapabilityVerified},
		{Capability: ports.CapabilityVouchers, State: ports.CapabilityVerified, Detail: "none of its own"},
	}
	record, err := d.Verify(t.Context(), d.klarna(t).ID, "test")
	require.NoError(t, err)
	require.Equal(t, merchant.Verified, record.State, "no flow needs it")
	at := time.Date(2026, time.April, 20, 22, 30, 0, 0, time.UTC)
	want := []ports.CapabilityRecord{{CapabilityCheck: refusal(ports.CapabilityPurchases), At: at}}
	require.Equal(t, want, record.Capabilities)
	stored, err := d.Connection(t.Context(), record.ID)
	require.NoError(t, err)
	require.Equal(t, want, stored.Capabilities)
	require.Equal(t, []ports.CapabilityRecord{
		want[0], {CapabilityCheck: ports.CapabilityCheck{Capability: ports.CapabilityPayouts, State: ports.CapabilityUnknown}},
	}, d.Capabilities(stored))

	gone, err := d.Disconnect(t.Context(), record.ID, "test")
	require.NoError(t, err)
	require.Empty(t, gone.Capabilities)
}

func TestAFlowNeedsWhatTheAccountMayUse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind      merchant.FlowKind
		connector string
		refused   ports.Capability
		checks    ports.CheckState
		field     string
	}{
		"payouts without the right to orders":       {merchant.Payouts, "klarna", ports.CapabilityPurchases, ports.CheckOK, ""},
		"payouts without the right to payouts":      {merchant.Payouts, "klarna", ports.CapabilityPayouts, ports.CheckOK, "source"},
		"payouts without the right to vouchers":     {merchant.Payouts, "fortnox", ports.CapabilityVouchers, ports.CheckOK, "target"},
		"the right is said before what else failed": {merchant.Payouts, "fortnox", ports.CapabilityVouchers, ports.CheckFailed, "target"},
		"orders without the right to them":          {merchant.Orders, "klarna", ports.CapabilityPurchases, ports.CheckOK, "source"},
		"orders without that to payouts":            {merchant.Orders, "klarna", ports.CapabilityPayouts, ports.CheckOK, ""},
		"invoices without the right to make them":   {merchant.Invoices, "fortnox", ports.CapabilityInvoices, ports.CheckOK, "target"},
		"events of orders that may not be read":     {merchant.Events, "klarna", ports.CapabilityPurchases, ports.CheckOK, "source"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, _ := openShop(t)
			d.remote.Capabilities[c.connector] = []ports.CapabilityCheck{refusal(c.refused)}
			d.remote.Checks[c.connector] = []ports.Check{{Name: "rights", State: c.checks}}
			source, target := d.pair(t)
			settings := `{` + few + `}`
			if c.kind == merchant.Payouts || c.kind == merchant.Events {
				settings = `{}`
			}
			flow := d.documents(t, c.kind, source.ID, target.ID, settings)
			_, err := d.Enable(t.Context(), flow.ID, "test")
			if c.field == "" {
				require.NoError(t, err)
				return
			}
			f := fault.Of(err)
			require.NotNil(t, f)
			require.Equal(t, onboarding.CodeCapabilityRefused, f.Code, "%v", err)
			require.Equal(t, fault.Conflict, f.Class)
			require.Equal(t, c.field, f.Field)
			require.Contains(t, f.Reason, string(c.refused)+": the scope is missing")
			require.Equal(t, "ask for the scope; then verify the connection again", f.Remedy)
		})
	}
}

// Credentials that are new may have the right that the old ones lacked.
func TestWhatWasRefusedCountsOnlyForTheConnectionAsItIs(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.remote.Capabilities["klarna"] = []ports.CapabilityCheck{refusal(ports.CapabilityPayouts)}
	flow := d.flow(t, `{}`)
	_, err := d.Enable(t.Context(), flow.ID, "test")
	require.Equal(t, onboarding.CodeCapabilityRefused, fault.CodeOf(err))
	_, err = d.UpdateConnection(t.Context(), flow.Source, onboarding.ConnectionChange{Settings: []byte(`{"region":"na"}`)}, "test")
	require.NoError(t, err)
	_, err = d.Enable(t.Context(), flow.ID, "test")
	require.Equal(t, onboarding.CodeConnectionUnverified, fault.CodeOf(err))
	d.remote.Capabilities["klarna"] = nil
	_, err = d.Verify(t.Context(), flow.Source, "test")
	require.NoError(t, err)
	_, err = d.Enable(t.Context(), flow.ID, "test")
	require.NoError(t, err)
}

// A right that is taken away from under a flow fails the connection, whatever the
// connector makes of it.
func TestARightThatAnEnabledFlowLosesFailsTheConnection(t *testing.T) {
	t.Parallel()
	d := open(t)
	flow := d.flow(t, `{}`)
	_, err := d.Enable(t.Context(), flow.ID, "test")
	require.NoError(t, err)
	for capability, state := range map[ports.Capability]merchant.ConnectionState{
		ports.CapabilityPayouts: merchant.Failing, ports.CapabilityPurchases: merchant.Verified,
	} {
		d.remote.Capabilities["klarna"] = []ports.CapabilityCheck{refusal(capability)}
		record, err := d.Verify(t.Context(), flow.Source, "test")
		require.NoError(t, err)
		require.Equal(t, state, record.State, capability)
	}
}
