package rest_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

func TestIdempotencyKeyRepeatsTheAnswer(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	first := h.do(t, operator, "POST", "/v1/merchants", newMerchant, "Idempotency-Key", "k1")
	require.Equal(t, http.StatusCreated, first.Code)
	require.Empty(t, first.Header().Get("Idempotency-Replayed"))
	second := h.do(t, operator, "POST", "/v1/merchants", newMerchant, "Idempotency-Key", "k1")
	require.Equal(t, http.StatusCreated, second.Code)
	require.Equal(t, "true", second.Header().Get("Idempotency-Replayed"))
	require.Equal(t, first.Body.String(), second.Body.String())
	require.Len(t, get[api.MerchantPage](t, h, operator, "GET", "/v1/merchants", "", 200).Items, 3)

	for i := range 2 {
		h.do(t, operator, "POST", "/v1/flows/flow-1/runs", "", "Idempotency-Key", "k2")
		require.Len(t, h.engine.did, 1, "attempt %d", i+1)
	}
}

func TestIdempotencyKeyOfAnotherRequest(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.do(t, operator, "POST", "/v1/merchants", newMerchant, "Idempotency-Key", "k1")
	for name, c := range map[string]struct{ path, body string }{
		"another body":    {"/v1/merchants", strings.Replace(newMerchant, "Nya", "Gamla", 1)},
		"another address": {"/v1/flows/flow-1/runs", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := h.problem(t, operator, "POST", c.path, c.body, http.StatusConflict, "Idempotency-Key", "k1")
			require.Equal(t, "request.idempotency_mismatch", p.Code)
		})
	}
	t.Run("another caller's key is another key", func(t *testing.T) {
		get[api.Run](t, h, support, "POST", "/v1/flows/flow-1/runs", "", http.StatusAccepted, "Idempotency-Key", "k1")
	})
}

func TestARefusedRequestMayBeTriedAgain(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.engine.fail = context.DeadlineExceeded
	h.problem(t, operator, "POST", "/v1/flows/flow-1/runs", "", http.StatusGatewayTimeout, "Idempotency-Key", "k1")
	h.engine.fail = nil
	get[api.Run](t, h, operator, "POST", "/v1/flows/flow-1/runs", "", http.StatusAccepted, "Idempotency-Key", "k1")
	require.Len(t, h.engine.did, 1)
}

func TestACrashBetweenDeedAndAnswerDoublesNothing(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	first := get[api.Merchant](t, h, operator, "POST", "/v1/merchants", newMerchant, http.StatusCreated, "Idempotency-Key", "k1")

	// Another hub has the merchant, but the answer was lost on the way to its store.
	lost := newHub(t)
	require.NoError(t, lost.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		return tx.Merchants().Create(ctx, merchant.Merchant{
			ID: first.ID, Name: first.Name, OrganisationNumber: first.OrganisationNumber, Country: "SE", Zone: first.Zone, Currency: "SEK",
		})
	}))
	again := get[api.Merchant](t, lost, operator, "POST", "/v1/merchants", newMerchant, http.StatusCreated, "Idempotency-Key", "k1")
	require.Equal(t, first.ID, again.ID)
	require.Len(t, get[api.MerchantPage](t, lost, operator, "GET", "/v1/merchants", "", http.StatusOK).Items, 3)
}

func TestTwoRequestsWithOneKeyAtOnce(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	h.engine.wait = func(context.Context) { close(entered); <-leave }
	var running sync.WaitGroup
	running.Go(func() { h.send(t, operator, "POST", "/v1/flows/flow-1/runs", nil, "Idempotency-Key", "k1") })
	<-entered
	p := h.problem(t, operator, "POST", "/v1/flows/flow-1/runs", "", http.StatusConflict, "Idempotency-Key", "k1")
	require.Equal(t, "request.in_progress", p.Code)
	close(leave)
	running.Wait()
	require.Len(t, h.engine.did, 1)
}

// A merchant is onboarded by its own key as far as the accounting system allows.
func TestOnboardingOverTheAPI(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	m := get[api.Merchant](t, h, operator, "POST", "/v1/merchants", strings.Replace(newMerchant, "0680", "0681", 1), http.StatusCreated)
	require.Equal(t, "organisation_number", m.Warnings[0].Field, "a check digit that does not fit is a warning")
	key := get[api.Key](t, h, operator, "POST", "/v1/keys", `{"label":"shop","scope":"merchant","merchant_id":"`+m.ID+`"}`, http.StatusCreated).Key
	base := "/v1/merchants/" + m.ID

	klarna := get[api.Connection](t, h, key, "POST", base+"/connections", newKlarna, http.StatusCreated)
	require.Equal(t, api.ConnectionState("unverified"), klarna.State)
	require.JSONEq(t, `{"region":"eu"}`, string(klarna.Settings))
	fortnox := get[api.Connection](t, h, key, "POST", base+"/connections", `{"connector":"fortnox","credentials":{"client_secret":"hunter2"}}`, http.StatusCreated)
	flow := get[api.Flow](t, h, key, "POST", base+"/flows",
		`{"kind":"payouts","source":"`+klarna.ID+`","target":"`+fortnox.ID+`","since":"2026-03-30T00:00:00Z","settings":{"waiting_days":5}}`, http.StatusCreated)
	require.False(t, flow.Enabled)
	require.Contains(t, string(flow.Settings), `"waiting_days":5`)
	require.Contains(t, string(flow.Settings), `"1686"`, "settings are kept with their defaults")

	refused := h.problem(t, key, "POST", "/v1/flows/"+flow.ID+"/enable", "", http.StatusConflict)
	require.Equal(t, "flow.connection_unverified", refused.Code)
	list := get[api.Checklist](t, h, key, "GET", base+"/checklist", "", http.StatusOK)
	require.False(t, list.Ready)

	for _, id := range []string{klarna.ID, fortnox.ID} {
		verified := get[api.Connection](t, h, key, "POST", "/v1/connections/"+id+"/verify", "", http.StatusOK)
		require.Equal(t, api.ConnectionState("verified"), verified.State)
		require.NotEmpty(t, verified.AccountID)
		require.NotEmpty(t, verified.Capabilities)
		require.Equal(t, api.AccountCapabilityState("unknown"), verified.Capabilities[0].State)
	}
	require.True(t, get[api.Flow](t, h, key, "POST", "/v1/flows/"+flow.ID+"/enable", "", http.StatusOK).Enabled)
	require.True(t, get[api.Checklist](t, h, key, "GET", base+"/checklist", "", http.StatusOK).Ready)

	saved := get[api.Flow](t, h, key, "PUT", "/v1/flows/"+flow.ID+"/settings", `{"tolerance":{"SEK":"1.00"}}`, http.StatusOK)
	require.Equal(t, 2, saved.SettingsVersion)
	changed := get[api.Connection](t, h, key, "PATCH", "/v1/connections/"+klarna.ID, `{"settings":{"webhook_secret":"hunter2"}}`, http.StatusOK)
	require.Equal(t, api.ConnectionState("unverified"), changed.State)
	require.JSONEq(t, `{}`, string(changed.Settings), "a secret setting is never shown")
	require.False(t, get[api.Flow](t, h, key, "POST", "/v1/flows/"+flow.ID+"/disable", "", http.StatusOK).Enabled)

	audit := get[api.AuditPage](t, h, key, "GET", base+"/audit?limit=3", "", http.StatusOK)
	require.Equal(t, "flow.disabled", audit.Items[0].Act)
	require.Contains(t, audit.Items[0].By, "shop (key-")
	require.NotEmpty(t, audit.Next)
	require.NotContains(t, h.log.String(), "hunter2")
}

func TestWorkIsHandedToTheEngine(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	require.Equal(t, api.RunState("done"), get[api.Run](t, h, own, "POST", "/v1/flows/flow-1/runs", "", http.StatusAccepted).State)
	require.Equal(t, api.PayoutState("held"), get[api.Payout](t, h, own, "POST", "/v1/payouts/"+statementtest.Held+"/retry", "", http.StatusAccepted).State)
	get[api.Exception](t, h, own, "POST", "/v1/exceptions/exception-3/resolve", `{"document":"1042"}`, http.StatusOK)
	get[api.Exception](t, h, own, "POST", "/v1/exceptions/exception-2/retry", "", http.StatusAccepted)
	proposal := get[api.Adoption](t, h, own, "POST", "/v1/exceptions/exception-4/adopt", `{}`, http.StatusOK)
	require.False(t, proposal.Confirmed)
	require.Equal(t, "249.00", proposal.Correction[0].Debit)
	require.Equal(t, "2026-04-03", proposal.Payments[0].Date)
	require.True(t, get[api.Adoption](t, h, own, "POST", "/v1/exceptions/exception-4/adopt", `{"confirm":true}`, http.StatusOK).Confirmed)
	require.False(t, get[api.Undoing](t, h, own, "POST", "/v1/payouts/payout-1/undo", `{"reason":"wrong"}`, http.StatusOK).Confirmed)
	undoing := get[api.Undoing](t, h, own, "POST", "/v1/payouts/payout-1/undo", `{"reason":"wrong","confirm":true}`, http.StatusOK)
	require.True(t, undoing.Confirmed)
	require.Equal(t, "K-1-3", undoing.Documents[0].Number)
	require.Equal(t, "100.00", undoing.Documents[0].Rows[0].Debit)
	get[api.Payout](t, h, own, "POST", "/v1/payouts/payout-1/rebook", "", http.StatusAccepted)
	suspense := get[api.Suspense](t, h, own, "GET", "/v1/flows/flow-1/suspense", "", http.StatusOK)
	require.Equal(t, "accounts.loan", suspense.Items[0].Items[0].Setting)
	get[api.Payout](t, h, own, "POST", "/v1/suspense/su-payout-1-S1/clear", `{"account":"2350","reason":"instalment"}`, http.StatusAccepted)
	require.Equal(t, []string{
		"start flow-1 by Shop (key-own)", "retry payout-2 by Shop (key-own)", "resolve exception-3 with 1042 by Shop (key-own)",
		"retry exception-2 by Shop (key-own)", "adopt exception-4", "adopt exception-4",
		"undo payout-1 by Shop (key-own)", "undo payout-1 by Shop (key-own)", "rebook payout-1 by Shop (key-own)",
		"clear su-payout-1-S1 to 2350 by Shop (key-own)",
	}, h.engine.did)
}
