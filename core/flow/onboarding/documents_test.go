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

// pair connects a provider and books, and verifies both.
func (d *desk) pair(t *testing.T) (source, target ports.ConnectionRecord) {
	t.Helper()
	source, target = d.klarna(t), d.fortnox(t)
	for _, record := range []ports.ConnectionRecord{source, target} {
		_, err := d.Verify(t.Context(), record.ID, "test")
		require.NoError(t, err)
	}
	return source, target
}

// documents makes a flow of a kind between a provider and books.
func (d *desk) documents(t *testing.T, kind merchant.FlowKind, source, target, settings string) merchant.Flow {
	t.Helper()
	f, err := d.CreateFlow(t.Context(), onboarding.NewFlow{
		MerchantID: d.owner.ID, Kind: kind, Source: source, Target: target, Settings: json.RawMessage(settings),
	}, "test")
	require.NoError(t, err)
	return f
}

func TestFlowsOfDocumentsAreEnabledWhenTheirSettingsAre(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind     merchant.FlowKind
		settings string
		code     fault.Code
		field    string
	}{
		"all is there":                  {merchant.Invoices, `{` + few + `}`, "", ""},
		"orders need no voucher series": {merchant.Orders, `{` + few + `,"voucher_series":"Q"}`, "", ""},
		// Payouts alone need none of this; with sales the home country must be mapped even if
		// the merchant sells only there.
		"the home country is not mapped":    {merchant.Invoices, `{"sales":[{"treatment":"export","rate":"0","revenue":"3001"}],"accounts":{"gift_card":""}}`, onboarding.CodeHomeUnmapped, "settings.sales"},
		"an account that does not exist":    {merchant.Invoices, `{"accounts":{"gift_card":""},"sales":[{"rate":"25","revenue":"3099","vat":"2611"}]}`, onboarding.CodeAccountMissing, "settings.sales[0].revenue"},
		"a gift card account that does not": {merchant.Invoices, `{"accounts":{"gift_card":"2499"},"sales":[{"rate":"25","revenue":"3001","vat":"2611"}]}`, onboarding.CodeAccountMissing, "settings.accounts.gift_card"},
		"sales that are to be vouchers":     {merchant.Invoices, `{` + few + `,"sales_shape":"voucher"}`, onboarding.CodeSalesShape, "settings.sales_shape"},
		"refunds of invoices nobody makes":  {merchant.Refunds, `{` + few + `}`, onboarding.CodeInvoicesOff, "kind"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, _ := openShop(t)
			source, target := d.pair(t)
			f := d.documents(t, c.kind, source.ID, target.ID, c.settings)
			_, err := d.Enable(t.Context(), f.ID, "test")
			require.Equal(t, c.code, fault.CodeOf(err), "%v", err)
			if c.code == "" {
				return
			}
			require.Equal(t, c.field, fault.Of(err).Field)
			items, err := d.Checklist(t.Context(), d.owner.ID)
			require.NoError(t, err)
			var open []fault.Code
			for _, item := range items {
				open = append(open, item.Code)
			}
			require.Contains(t, open, c.code)
		})
	}
}

func TestRefundsFollowInvoices(t *testing.T) {
	t.Parallel()
	d, _ := openShop(t)
	source, target := d.pair(t)
	invoices := d.documents(t, merchant.Invoices, source.ID, target.ID, `{`+few+`}`)
	refunds := d.documents(t, merchant.Refunds, source.ID, target.ID, `{`+few+`}`)
	for _, f := range []merchant.Flow{invoices, refunds} {
		_, err := d.Enable(t.Context(), f.ID, "test")
		require.NoError(t, err)
	}
	require.Equal(t, "*/30 * * * *", invoices.Schedule.Cron)
}

// TestOrdersAreNotFedTwice: a shop whose customers pay through the provider knows the
// same orders as the provider.
func TestOrdersAreNotFedTwice(t *testing.T) {
	t.Parallel()
	d, _ := openShop(t)
	source, target := d.pair(t)
	store := d.connect(t, "storefront", `{}`)
	_, err := d.Verify(t.Context(), store.ID, "test")
	require.NoError(t, err)
	shop, err := d.CreateFlow(t.Context(), onboarding.NewFlow{
		MerchantID: d.owner.ID, Kind: merchant.Events, Source: store.ID, Target: target.ID, Settings: json.RawMessage(`{` + few + `}`),
	}, "test")
	require.NoError(t, err)
	invoices := d.documents(t, merchant.Invoices, source.ID, target.ID, `{`+few+`}`)
	for _, c := range [][2]merchant.Flow{{shop, invoices}, {invoices, shop}} {
		_, err := d.Enable(t.Context(), c[0].ID, "test")
		require.NoError(t, err)
		_, err = d.Enable(t.Context(), c[1].ID, "test")
		require.Equal(t, onboarding.CodeSoldTwice, fault.CodeOf(err))
		require.Contains(t, err.Error(), c[0].ID)
		_, err = d.Disable(t.Context(), c[0].ID, "test")
		require.NoError(t, err)
	}
}

// TestOrdersAreInvoicedInOneAccountingSystem: two would invoice each sale twice.
func TestOrdersAreInvoicedInOneAccountingSystem(t *testing.T) {
	t.Parallel()
	d, _ := openShop(t)
	source, target := d.pair(t)
	first := d.documents(t, merchant.Invoices, source.ID, target.ID, `{`+few+`}`)
	_, err := d.Enable(t.Context(), first.ID, "test")
	require.NoError(t, err)
	d.remote.AccountID["fortnox"] = "4712"
	elsewhere := d.fortnox(t)
	_, err = d.Verify(t.Context(), elsewhere.ID, "test")
	require.NoError(t, err)
	second := d.documents(t, merchant.Orders, source.ID, elsewhere.ID, `{`+few+`}`)
	_, err = d.Enable(t.Context(), second.ID, "test")
	require.Equal(t, onboarding.CodeSoldTwice, fault.CodeOf(err))
	require.Contains(t, err.Error(), first.ID)
}
