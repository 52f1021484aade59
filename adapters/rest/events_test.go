package rest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

const ofMerchant = "/v1/merchants/" + statementtest.Merchant

// shop gives the settled merchant a flow of events.
func shop(t *testing.T) *hub {
	t.Helper()
	h := newHub(t)
	require.NoError(t, h.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		return tx.Flows().Create(ctx, merchant.Flow{
			ID: "flow-shop", MerchantID: statementtest.Merchant, Kind: merchant.Events, Source: statementtest.Target, Target: statementtest.Target,
			Settings: json.RawMessage(`{"refunds":"owed","accounts":{"refund_debt":"2490"}}`), SettingsVersion: 1, Since: h.now, CreatedAt: h.now,
		}, "test")
	}))
	return h
}

func told(key, kind, amount, more string) string {
	return fmt.Sprintf(`{"key":%q,"kind":%q,"order":"1001","transaction":"T-1001","method":"card","currency":"SEK","amount":%q,"at":"2026-04-02T09:00:00Z"%s}`, key, kind, amount, more)
}

func events(list ...string) string { return `{"events":[` + strings.Join(list, ",") + `]}` }

// The worked series of events: what a transaction adds up to after each.
func TestATransactionAddsUpAfterEachEvent(t *testing.T) {
	t.Parallel()
	h := shop(t)
	order := `{"number":"1001","country":"SE","date":"2026-04-02","currency":"SEK","parts":[{"rate":"25","gross":"100.00"}]}`
	made := get[api.Order](t, h, own, "POST", ofMerchant+"/orders", order, http.StatusCreated)
	require.Equal(t, "100.00", made.Total)
	require.Equal(t, made, get[api.Order](t, h, own, "GET", ofMerchant+"/orders/1001", "", http.StatusOK))
	for _, c := range []struct{ kind, amount, fee, accumulated, open, debt, bank string }{
		{"prepare", "100.00", "", "0.00", "0.00", "0.00", "0.00"},
		{"payment", "100.00", "", "0.00", "100.00", "0.00", "0.00"},
		{"deposit", "90.00", `,"fee":"10.00","fee_vat":"2.00"`, "10.00", "0.00", "0.00", "90.00"},
		{"refund", "100.00", "", "10.00", "0.00", "100.00", "90.00"},
		{"credit", "95.00", `,"fee":"-5.00","fee_vat":"-1.00"`, "5.00", "0.00", "0.00", "-5.00"},
	} {
		body := events(told(c.kind, c.kind, c.amount, c.fee))
		first := get[api.PaymentEventList](t, h, own, "POST", ofMerchant+"/events", body, http.StatusOK)
		require.Equal(t, first, get[api.PaymentEventList](t, h, own, "POST", ofMerchant+"/events", body, http.StatusOK), "the same key is the same fact")
		got := get[api.Transaction](t, h, own, "GET", ofMerchant+"/transactions/T-1001", "", http.StatusOK)
		require.Equal(t, []string{c.accumulated, c.open, c.debt, c.bank}, []string{got.Fee, got.OpenAtProvider, got.RefundDebt, got.Bank}, c.kind)
		require.Equal(t, first.Items[0], get[api.PaymentEvent](t, h, own, "GET", "/v1/events/"+first.Items[0].ID, "", http.StatusOK))
	}
	vouchers := get[api.EventVoucherPage](t, h, own, "GET", "/v1/flows/flow-shop/vouchers", "", http.StatusOK)
	require.Len(t, vouchers.Items, 4)
	for i, v := range vouchers.Items {
		require.EqualValues(t, i+2, v.Registration, "after the voucher of the merchant's payout")
	}
	page := get[api.PaymentEventPage](t, h, own, "GET", ofMerchant+"/events?state=booked&kind=deposit&order=1001&method=card&transaction=T-1001", "", http.StatusOK)
	require.Len(t, page.Items, 1)
	require.Len(t, page.Items[0].Vouchers, 1)
	page = get[api.PaymentEventPage](t, h, own, "GET", ofMerchant+"/events?limit=2", "", http.StatusOK)
	require.Len(t, page.Items, 2)
	rest := get[api.PaymentEventPage](t, h, own, "GET", ofMerchant+"/events?limit=4&after="+page.Next, "", http.StatusOK)
	require.Len(t, rest.Items, 4)
	require.Empty(t, rest.Next)
}

func TestABadEventNamesItselfAndNothingOfItsRequestIsKept(t *testing.T) {
	t.Parallel()
	h := shop(t)
	good := told("good", "payment", "100.00", "")
	for name, c := range map[string]struct {
		bad, field, code string
		status           int
	}{
		"a fee without its VAT":      {told("x", "deposit", "90.00", `,"fee":"10.00"`), "events[1].fee_vat", "event.invalid", 422},
		"more decimals than kronor":  {told("x", "payment", "1.001", ""), "events[1].amount", "money.too_precise", 422},
		"no number":                  {told("x", "payment", "1e3", ""), "events[1].amount", "money.invalid_amount", 422},
		"a negative amount":          {told("x", "payment", "-1.00", ""), "events[1].amount", "event.invalid", 422},
		"no such currency":           {strings.Replace(told("x", "payment", "1.00", ""), "SEK", "XXQ", 1), "events[1].currency", "money.unknown_currency", 422},
		"no such method":             {strings.Replace(told("x", "payment", "1.00", ""), "card", "cash", 1), "events[1].method", "event.method_unknown", 422},
		"no such kind":               {told("x", "paid", "1.00", ""), "events[1].kind", "request.invalid", 400},
		"a misspelt property":        {told("x", "payment", "1.00", `,"feevat":"1"`), "events[1].feevat", "request.invalid", 400},
		"parts of another sum":       {told("x", "payment", "1.00", `,"parts":[{"rate":"25","gross":"2.00"}]`), "events[1].parts", "event.parts_differ", 422},
		"a rate that is none":        {told("x", "payment", "1.00", `,"parts":[{"rate":"x","gross":"1.00"}]`), "events[1].parts[0].rate", "tax.invalid_rate", 422},
		"a key with another content": {told("good", "payment", "99.00", ""), "events[1].key", "event.key_reused", 409},
		"no key":                     {told("", "payment", "1.00", ""), "events[1].key", "event.invalid", 422},
	} {
		t.Run(name, func(t *testing.T) {
			p := h.problem(t, own, "POST", ofMerchant+"/events", events(good, c.bad), c.status)
			require.Equal(t, c.code, p.Code)
			require.Equal(t, c.field, p.Field)
			require.NotEmpty(t, p.Reason)
			require.Empty(t, get[api.PaymentEventPage](t, h, own, "GET", ofMerchant+"/events?order=1001", "", http.StatusOK).Items)
		})
	}
	require.Equal(t, "request.invalid", h.problem(t, own, "POST", ofMerchant+"/events", `{"events":[]}`, http.StatusBadRequest).Code)
}

func TestWhatAPayoutProvesCannotBeRegistered(t *testing.T) {
	t.Parallel()
	h := shop(t)
	require.NoError(t, h.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		return tx.Flows().SetEnabled(ctx, statementtest.Flow, true)
	}))
	klarna := `{"id":"klarna","name":"Klarna","kind":"provider","connection":"` + statementtest.Source + `"}`
	made := get[api.PaymentMethod](t, h, own, "POST", ofMerchant+"/payment-methods", klarna, http.StatusCreated)
	require.Equal(t, made, get[api.PaymentMethod](t, h, own, "POST", ofMerchant+"/payment-methods", klarna, http.StatusCreated))
	require.Len(t, get[api.PaymentMethodPage](t, h, own, "GET", ofMerchant+"/payment-methods", "", http.StatusOK).Items, 2)
	p := h.problem(t, own, "POST", ofMerchant+"/payment-methods", strings.Replace(klarna, `"name":"Klarna"`, `"name":"Other"`, 1), http.StatusConflict)
	require.Equal(t, "method.exists", p.Code)

	paid := strings.Replace(told("x", "deposit", "90.00", ""), "card", "klarna", 1)
	p = h.problem(t, own, "POST", ofMerchant+"/events", events(paid), http.StatusConflict)
	require.Equal(t, "event.owned_by_flow", p.Code)
	require.Equal(t, "events[0].kind", p.Field)
	withFee := strings.Replace(told("z", "payment", "90.00", `,"fee":"2.00","fee_vat":"0.00"`), "card", "klarna", 1)
	p = h.problem(t, own, "POST", ofMerchant+"/events", events(withFee), http.StatusConflict)
	require.Equal(t, "event.owned_by_flow", p.Code)
	require.Equal(t, "events[0].fee", p.Field)
	sold := strings.Replace(told("y", "payment", "90.00", ""), "card", "klarna", 1)
	get[api.PaymentEventList](t, h, own, "POST", ofMerchant+"/events", events(sold), http.StatusOK)
}

func TestTheSchemaOfEventsKnowsSettingsByMethod(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	type property struct{ Default any }
	schema := get[struct{ Properties map[string]json.RawMessage }](t, h, own, "GET", "/v1/schemas/events-settings", "", http.StatusOK)
	var shape property
	require.NoError(t, json.Unmarshal(schema.Properties["sales_shape"], &shape))
	require.Equal(t, "voucher", shape.Default)
	var methods struct {
		AdditionalProperties struct{ Properties map[string]any }
	}
	require.NoError(t, json.Unmarshal(schema.Properties["methods"], &methods))
	require.Contains(t, methods.AdditionalProperties.Properties, "voucher_series")
	require.NotContains(t, methods.AdditionalProperties.Properties, "shop_methods")
	require.Contains(t, schema.Properties, "shop_methods")
}

func TestAFlowOfEventsMayReadAShop(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	base := "/v1/merchants/" + statementtest.Merchant
	source := get[api.Connection](t, h, own, "POST", base+"/connections", `{"connector":"storefront","credentials":{}}`, http.StatusCreated)
	body := fmt.Sprintf(`{"kind":"events","source":%q,"target":%q,"settings":{"shop_methods":{"Visa":"card"}}}`, source.ID, statementtest.Target)
	flow := get[api.Flow](t, h, own, "POST", base+"/flows", body, http.StatusCreated)
	require.Equal(t, source.ID, flow.Source)
	require.Equal(t, statementtest.Target, flow.Target)
	p := h.problem(t, own, "POST", "/v1/flows/"+flow.ID+"/enable", "", http.StatusConflict)
	require.Equal(t, "flow.connection_unverified", p.Code)
	require.Equal(t, "source", p.Field)

	shopToShop := fmt.Sprintf(`{"kind":"events","source":%q,"target":%q}`, source.ID, source.ID)
	p = h.problem(t, own, "POST", base+"/flows", shopToShop, http.StatusUnprocessableEntity)
	require.Equal(t, "flow.capability_missing", p.Code)
	require.Equal(t, "target", p.Field)
	run := get[api.Run](t, h, own, "GET", "/v1/runs/"+statementtest.Run, "", http.StatusOK)
	require.Zero(t, run.OrdersSeen)
}
