package onboarding_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/jsonschema"
	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/core/flow/onboarding/onboardingtest"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

// few are settings whose accounts the fake accounting system has.
const few = `"sales":[{"rate":"25","revenue":"3001","vat":"2611"}],"accounts":{"gift_card":""}`

// openShop is a desk whose jobs are noted, with the accounts of sales.
func openShop(t *testing.T) (*desk, *[]string) {
	t.Helper()
	var woken []string
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{
		Enqueue: func(_ context.Context, _ *sql.Tx, job ports.Job) error {
			woken = append(woken, job.Subject)
			return nil
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	world := onboardingtest.NewRemote()
	world.Accounts["3001"], world.Accounts["2611"], world.Accounts["1580"] = true, true, true
	now := func() time.Time { return time.Date(2026, time.April, 20, 22, 30, 0, 0, time.UTC) }
	d := &desk{Service: onboarding.New(world.Parts(store, jsonschema.New(), now)), store: store, remote: world}
	d.owner, err = d.CreateMerchant(t.Context(), aMerchant(), "test")
	require.NoError(t, err)
	return d, &woken
}

func (d *desk) method(t *testing.T, m payment.Method) {
	t.Helper()
	m.MerchantID, m.Name = d.owner.ID, m.ID
	require.NoError(t, d.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		return tx.Methods().Create(ctx, ports.MethodRecord{Method: m, CreatedAt: d.owner.CreatedAt})
	}))
}

func (d *desk) events(t *testing.T, target, settings string) merchant.Flow {
	t.Helper()
	f, err := d.CreateFlow(t.Context(), onboarding.NewFlow{MerchantID: d.owner.ID, Kind: merchant.Events, Target: target, Settings: json.RawMessage(settings)}, "test")
	require.NoError(t, err)
	return f
}

func TestAFlowOfEventsIsEnabledWhenItsBooksAreReady(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings string
		code     fault.Code
		field    string
	}{
		"all is there":                    {`{` + few + `}`, "", ""},
		"an account of sales":             {`{"accounts":{"gift_card":""},"sales":[{"rate":"25","revenue":"3099","vat":"2611"}]}`, onboarding.CodeAccountMissing, "settings.sales[0].revenue"},
		"an account of one method":        {`{` + few + `,"methods":{"card":{"accounts":{"fee":"6999"}}}}`, onboarding.CodeAccountMissing, "settings.methods.card.accounts.fee"},
		"no clearing account of a method": {`{` + few + `,"methods":{"card":{"accounts":{"clearing":{"SEK":""}}}}}`, onboarding.CodeAccountMissing, "settings.accounts.clearing.SEK"},
		"a series of one method":          {`{` + few + `,"methods":{"card":{"voucher_series":"Q"}}}`, onboarding.CodeSeriesMissing, "settings.methods.card.voucher_series"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, woken := openShop(t)
			d.method(t, payment.Method{ID: "card", Kind: payment.ByProvider})
			target := d.fortnox(t)
			f := d.events(t, target.ID, c.settings)
			require.Equal(t, target.ID, f.Source, "these events come from callers")
			_, err := d.Enable(t.Context(), f.ID, "test")
			require.Equal(t, onboarding.CodeConnectionUnverified, fault.CodeOf(err))
			_, err = d.Verify(t.Context(), target.ID, "test")
			require.NoError(t, err)
			_, err = d.Enable(t.Context(), f.ID, "test")
			require.Equal(t, c.code, fault.CodeOf(err), "%v", err)
			if c.code != "" {
				require.Equal(t, c.field, fault.Of(err).Field)
				return
			}
			_, err = d.SaveFlowSettings(t.Context(), f.ID, json.RawMessage(`{`+few+`,"sales_shape":"day"}`), "test")
			require.NoError(t, err)
			require.Equal(t, []string{f.ID, f.ID}, *woken, "what waited for the flow or a setting is tried again")
			_, err = d.SaveFlowSettings(t.Context(), f.ID, json.RawMessage(`{`+few+`,"methods":{"card":{"accounts":{"clearing":{"SEK":"1580"}}}}}`), "test")
			require.NoError(t, err)
			_, err = d.Verify(t.Context(), target.ID, "test")
			require.NoError(t, err)
			require.Subset(t, d.remote.Asked["account"], []string{"1580", "1686", "3001", "2611", "1930"}, "%v", d.remote.Asked)
			_, err = d.SaveFlowSettings(t.Context(), f.ID, json.RawMessage(`{"sales_shape":"invoice"}`), "test")
			require.Equal(t, "settings.sales_shape", fault.Of(err).Field)
			_, err = d.SaveFlowSettings(t.Context(), f.ID, json.RawMessage(`{"methods":{"card":{"sales_shape":"invoice"}}}`), "test")
			require.Equal(t, "settings.methods.card.sales_shape", fault.Of(err).Field)
			_, err = d.CreateFlow(t.Context(), onboarding.NewFlow{MerchantID: d.owner.ID, Kind: merchant.Events, Target: target.ID}, "test")
			require.Equal(t, onboarding.CodeFlowDuplicate, fault.CodeOf(err))
			_, err = d.CreateFlow(t.Context(), onboarding.NewFlow{MerchantID: d.owner.ID, Kind: merchant.Events, Source: d.fortnox(t).ID, Target: target.ID}, "test")
			require.Equal(t, "source", fault.Of(err).Field)
		})
	}
}

func TestOnlyMethodsThatAConnectionPaysOutShareItsClearingAccount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		linked   bool
		settings string
		shared   bool
	}{
		"linked":                            {true, `{` + few + `}`, false},
		"another provider":                  {false, `{` + few + `}`, true},
		"another provider, its own account": {false, `{` + few + `,"methods":{"card":{"accounts":{"clearing":{"SEK":"1580"}}}}}`, false},
		"a gift card does not matter":       {true, `{` + few + `,"methods":{"gift":{}}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, payoutsFirst := range []bool{true, false} {
				d, _ := openShop(t)
				payouts := d.flow(t, `{}`)
				m := payment.Method{ID: "card", Kind: payment.ByProvider}
				if c.linked {
					m.Connection = payouts.Source
				}
				d.method(t, m)
				d.method(t, payment.Method{ID: "gift", Kind: payment.ByGiftCard})
				first, second := payouts, d.events(t, payouts.Target, c.settings)
				if !payoutsFirst {
					first, second = second, first
				}
				_, err := d.Enable(t.Context(), first.ID, "test")
				require.NoError(t, err)
				_, err = d.Enable(t.Context(), second.ID, "test")
				if !c.shared {
					require.NoError(t, err)
					continue
				}
				require.Equal(t, onboarding.CodeClearingShared, fault.CodeOf(err))
				require.Equal(t, "settings.methods.card.accounts.clearing.SEK", fault.Of(err).Field)
				require.Contains(t, fault.Of(err).Reason, "could not be explained")
			}
		})
	}
}

// storefront makes a flow of events that a shop's connection tells, into the books of
// the target, for a merchant of its own.
func (d *desk) storefront(t *testing.T, owner merchant.Merchant, settings string) merchant.Flow {
	t.Helper()
	d.owner = owner
	source, target := d.connect(t, "storefront", `{}`), d.fortnox(t)
	_, err := d.Verify(t.Context(), target.ID, "test")
	require.NoError(t, err)
	f, err := d.CreateFlow(t.Context(), onboarding.NewFlow{
		MerchantID: owner.ID, Kind: merchant.Events, Source: source.ID, Target: target.ID, Settings: json.RawMessage(settings),
	}, "test")
	require.NoError(t, err)
	require.True(t, f.FromShop())
	return f
}

func TestAFlowOfAShopIsEnabledWhenItsConnectionIsVerified(t *testing.T) {
	t.Parallel()
	d, woken := openShop(t)
	d.method(t, payment.Method{ID: "card", Kind: payment.ByProvider})
	f := d.storefront(t, d.owner, `{`+few+`,"shop_methods":{"Visa":"card"}}`)
	_, err := d.Enable(t.Context(), f.ID, "test")
	require.Equal(t, onboarding.CodeConnectionUnverified, fault.CodeOf(err))
	require.Equal(t, "source", fault.Of(err).Field)
	record, err := d.Verify(t.Context(), f.Source, "test")
	require.NoError(t, err)
	require.Equal(t, "shop.example.com", record.AccountID)
	f, err = d.Enable(t.Context(), f.ID, "test")
	require.NoError(t, err)
	require.Contains(t, string(f.Settings), `"shop_methods":{"Visa":"card"}`)
	require.Equal(t, []string{f.ID}, *woken)
	_, err = d.SaveFlowSettings(t.Context(), f.ID, json.RawMessage(`{`+few+`,"shop_methods":{"Visa":""}}`), "test")
	require.Equal(t, "settings.shop_methods.Visa", fault.Of(err).Field)

	items, err := d.Checklist(t.Context(), d.owner.ID)
	require.NoError(t, err)
	for _, item := range items {
		require.True(t, item.Done || item.Advised, "%+v", item)
	}
}

func TestAConnectionThatTellsNoOrdersIsNoShop(t *testing.T) {
	t.Parallel()
	d, _ := openShop(t)
	_, err := d.CreateFlow(t.Context(), onboarding.NewFlow{MerchantID: d.owner.ID, Kind: merchant.Events, Source: d.fortnox(t).ID, Target: d.fortnox(t).ID}, "test")
	require.Equal(t, onboarding.CodeFlowCapability, fault.CodeOf(err))
	require.Equal(t, "source", fault.Of(err).Field)
	require.Contains(t, fault.Of(err).Reason, "commerce.orders")
}

func TestAShopIsBookedOnceInTheSameBooks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(d *desk)
		code   fault.Code
	}{
		"the same shop and the same books": {func(*desk) {}, onboarding.CodeShopFedTwice},
		"another shop":                     {func(d *desk) { d.remote.AccountID["storefront"] = "other.example.com" }, ""},
		"other books":                      {func(d *desk) { d.remote.AccountID["fortnox"] = "4712" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, _ := openShop(t)
			first := d.storefront(t, d.owner, `{`+few+`}`)
			_, err := d.Verify(t.Context(), first.Source, "test")
			require.NoError(t, err)
			_, err = d.Enable(t.Context(), first.ID, "test")
			require.NoError(t, err)

			c.change(d)
			another := aMerchant()
			another.Name = "Lingon AB"
			owner, err := d.CreateMerchant(t.Context(), another, "test")
			require.NoError(t, err)
			second := d.storefront(t, owner, `{`+few+`}`)
			_, err = d.Verify(t.Context(), second.Source, "test")
			require.NoError(t, err)
			_, err = d.Enable(t.Context(), second.ID, "test")
			require.Equal(t, c.code, fault.CodeOf(err), "%v", err)
			if c.code == "" {
				return
			}
			require.NotContains(t, err.Error(), first.ID, "what another merchant has is not told")
			_, err = d.Disable(t.Context(), first.ID, "test")
			require.NoError(t, err)
			_, err = d.Enable(t.Context(), second.ID, "test")
			require.NoError(t, err)
		})
	}
}
