package onboarding_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

func TestEnableSaysNoWithTheReason(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		settings string
		before   func(t *testing.T, d *desk, f merchant.Flow)
		code     fault.Code
		field    string
	}{
		"a connection that changed since it was verified": {`{}`, func(t *testing.T, d *desk, f merchant.Flow) {
			_, err := d.UpdateConnection(t.Context(), f.Source, onboarding.ConnectionChange{Settings: json.RawMessage(`{}`)}, "test")
			require.NoError(t, err)
		}, onboarding.CodeConnectionUnverified, "source"},
		"a connection that fails": {`{}`, func(t *testing.T, d *desk, f merchant.Flow) {
			d.remote.Checks["fortnox"] = []ports.Check{{Name: "a", State: ports.CheckFailed}}
			_, err := d.Verify(t.Context(), f.Target, "test")
			require.NoError(t, err)
		}, onboarding.CodeConnectionUnverified, "target"},
		"an account that does not exist":   {`{"accounts":{"reserve":"1699"}}`, nil, onboarding.CodeAccountMissing, "settings.accounts.reserve"},
		"a clearing account of no account": {`{"accounts":{"clearing":{"SEK":"1581"}}}`, nil, onboarding.CodeAccountMissing, "settings.accounts.clearing.SEK"},
		"a clearing account not chosen":    {`{"accounts":{"clearing":{"SEK":""}}}`, nil, onboarding.CodeAccountMissing, "settings.accounts.clearing.SEK"},
		"an account of a fee rule":         {`{"fee_rules":[{"match":"*","account":"6065","vat":"domestic","meaning":"fee"}]}`, nil, onboarding.CodeAccountMissing, "settings.fee_rules[0].account"},
		"an account that is inactive": {`{}`, func(_ *testing.T, d *desk, _ merchant.Flow) {
			d.remote.Accounts["1516"] = false
		}, onboarding.CodeAccountMissing, "settings.accounts.dispute"},
		"a series that does not exist": {`{"voucher_series":"Q"}`, nil, onboarding.CodeSeriesMissing, "settings.voucher_series"},
		"an accounting system that does not answer": {`{}`, func(_ *testing.T, d *desk, _ merchant.Flow) {
			d.remote.Fail["fortnox"] = fault.New("upstream.down", fault.Temporary, "no answer")
		}, "upstream.down", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t)
			f := d.flow(t, c.settings)
			if c.before != nil {
				c.before(t, d, f)
			}
			_, err := d.Enable(t.Context(), f.ID, "test")
			require.Equal(t, c.code, fault.CodeOf(err), "%v", err)
			require.Equal(t, c.field, fault.Of(err).Field)
			stored, err := d.Flow(t.Context(), f.ID)
			require.NoError(t, err)
			require.False(t, stored.Enabled)

			items, err := d.Checklist(t.Context(), d.owner.ID)
			require.NoError(t, err)
			var open []fault.Code
			for _, item := range items {
				if !item.Done && item.Item != "enabled" {
					open = append(open, item.Code)
				}
			}
			require.Contains(t, open, c.code, "the checklist names what Enable refuses for")
		})
	}
}

func TestClearingAccountsAreNotShared(t *testing.T) {
	t.Parallel()
	d := open(t)
	first := d.flow(t, `{}`)
	_, err := d.Enable(t.Context(), first.ID, "test")
	require.NoError(t, err)

	// A second account at the same provider in the same currency may share it.
	d.remote.AccountID["klarna"] = "K777777"
	again := d.klarna(t)
	_, err = d.Verify(t.Context(), again.ID, "test")
	require.NoError(t, err)
	second := d.join(t, again.ID, first.Target, `{}`)
	_, err = d.Enable(t.Context(), second.ID, "test")
	require.NoError(t, err)

	// Another currency may not.
	d.remote.AccountID["klarna"] = "K888888"
	euro := d.klarna(t)
	_, err = d.Verify(t.Context(), euro.ID, "test")
	require.NoError(t, err)
	third := d.join(t, euro.ID, first.Target, `{"accounts":{"clearing":{"SEK":"1580","EUR":"1686"},"bank":{"EUR":"1931"}}}`)
	_, err = d.Enable(t.Context(), third.ID, "test")
	require.Equal(t, onboarding.CodeClearingShared, fault.CodeOf(err))
	require.Equal(t, "settings.accounts.clearing.EUR", fault.Of(err).Field)
}

func TestCreateFlowRefuses(t *testing.T) {
	t.Parallel()
	d := open(t)
	source, target := d.klarna(t), d.fortnox(t)
	for name, c := range map[string]struct {
		flow  onboarding.NewFlow
		code  fault.Code
		field string
	}{
		"an unknown kind":                  {onboarding.NewFlow{Kind: "credits", Source: source.ID, Target: target.ID}, onboarding.CodeFlowInvalid, "kind"},
		"a connection that is not there":   {onboarding.NewFlow{Kind: merchant.Payouts, Source: "connection-0", Target: target.ID}, onboarding.CodeFlowInvalid, "source"},
		"ends the wrong way round":         {onboarding.NewFlow{Kind: merchant.Payouts, Source: target.ID, Target: source.ID}, onboarding.CodeFlowCapability, "source"},
		"orders of a shop, not a provider": {onboarding.NewFlow{Kind: merchant.Orders, Source: target.ID, Target: target.ID}, onboarding.CodeFlowCapability, "source"},
		"settings that make no sense":      {onboarding.NewFlow{Kind: merchant.Payouts, Source: source.ID, Target: target.ID, Settings: json.RawMessage(`{"shape":"round"}`)}, onboarding.CodeFlowSettings, "settings.shape"},
	} {
		t.Run(name, func(t *testing.T) {
			c.flow.MerchantID = d.owner.ID
			_, err := d.CreateFlow(t.Context(), c.flow, "test")
			require.Equal(t, c.code, fault.CodeOf(err), "%v", err)
			require.Equal(t, c.field, fault.Of(err).Field)
		})
	}
	d.join(t, source.ID, target.ID, `{}`)
	_, err := d.CreateFlow(t.Context(), onboarding.NewFlow{MerchantID: d.owner.ID, Kind: merchant.Payouts, Source: source.ID, Target: target.ID}, "test")
	require.Equal(t, onboarding.CodeFlowDuplicate, fault.CodeOf(err))
}

func TestSettingsOfAnEnabledFlowKeepItReady(t *testing.T) {
	t.Parallel()
	d := open(t)
	f := d.flow(t, `{}`)
	save := func(settings string) error {
		_, err := d.SaveFlowSettings(t.Context(), f.ID, json.RawMessage(settings), "test")
		return err
	}
	require.NoError(t, save(`{"accounts":{"fee":"6999"}}`), "a flow that is off may have settings in the making")
	require.NoError(t, save(`{}`))
	_, err := d.Enable(t.Context(), f.ID, "test")
	require.NoError(t, err)
	require.Equal(t, onboarding.CodeAccountMissing, fault.CodeOf(save(`{"accounts":{"fee":"6999"}}`)))
	require.NoError(t, save(`{"shape":"direct"}`))
	stored, err := d.Flow(t.Context(), f.ID)
	require.NoError(t, err)
	require.Equal(t, 4, stored.SettingsVersion)
}
