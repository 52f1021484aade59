package callback_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/callback"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

func TestAMessageIsKeptAsItArrivedWithItsJob(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.take(callback.Arrival{
		Method: "POST", Query: "id=1&x=\xff", Body: []byte{0, 0xff},
		Headers: map[string][]string{
			"X-Sign": {"\xe5", "b"}, "Authorization": {"Basic c2VjcmV0"}, "Cookie": {"session=secret"}, "Proxy-Authorization": {"Basic c2VjcmV0"},
		},
	})
	got := h.only()
	require.Equal(t, "POST", got.Method)
	require.Equal(t, "id=1&x=\ufffd", got.Query)
	require.Equal(t, map[string][]string{"X-Sign": {"\ufffd", "b"}}, got.Headers)
	require.Equal(t, []byte{0, 0xff}, got.Body)
	require.Equal(t, h.now, got.ReceivedAt)
	require.Equal(t, ports.CallbackReceived, got.State)
	require.Equal(t, []ports.Job{{Kind: ports.ReadCallbacks, Subject: thePSP}}, h.jobs)
	require.Zero(t, h.connector.calls, "nothing is read while the provider waits")
}

func TestAMessageWithoutItsJobIsNotKept(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	admitted := h.admit(h.address().Token)
	h.failing = errors.New("the queue is full")
	require.ErrorIs(t, h.Take(t.Context(), admitted, signed(`[]`)), h.failing)
	require.Empty(t, h.messages())
}

func TestOnlyTheTokenOpensTheAddress(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	address := h.address()
	require.Len(t, address.Token, 43)
	refusal := func(connection, token string) string {
		_, err := h.Admit(t.Context(), connection, token)
		require.Equal(t, ports.CodeNotFound, fault.CodeOf(err))
		return err.Error() + fault.Of(err).Remedy
	}
	unknown := refusal("nobody", address.Token)
	for _, token := range []string{"", address.Token[1:], strings.ToUpper(address.Token), address.Token + "A"} {
		require.Equal(t, unknown, refusal(thePSP, token), "what is not there and what is not opened are told the same")
	}
	require.Equal(t, unknown, refusal(theERP, address.Token), "a token opens one connection")
	require.NoError(t, h.store.View(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		valid, err := tx.CallbackTokens().Valid(ctx, thePSP, h.now)
		require.Len(t, valid, 1)
		require.NotContains(t, valid[0].SHA256, address.Token)
		return err
	}))
}

func TestAReplacedAddressGoesOnForAWhile(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	first := h.address()
	require.Zero(t, first.ReplacedUntil)
	second := h.address()
	require.Equal(t, h.now.AddDate(0, 0, 7), second.ReplacedUntil)
	h.admit(first.Token)
	h.admit(second.Token)
	h.now = second.ReplacedUntil
	_, err := h.Admit(t.Context(), thePSP, first.Token)
	require.Equal(t, ports.CodeNotFound, fault.CodeOf(err))
	h.admit(second.Token)

	third := h.address()
	require.NoError(t, h.RevokeReplaced(t.Context(), thePSP, "anna (key-1)"))
	_, err = h.Admit(t.Context(), thePSP, second.Token)
	require.Equal(t, ports.CodeNotFound, fault.CodeOf(err))
	h.admit(third.Token)
	require.Equal(t, []string{
		"callback.addresses_revoked", "callback.address_made", "callback.address_made", "callback.address_made",
	}, h.acts())
	require.NotContains(t, h.log.String(), third.Token)
}

func (h *hub) acts() []string {
	var acts []string
	require.NoError(h, h.store.View(h.Context(), func(ctx context.Context, tx ports.Tx) error {
		entries, err := tx.Audit().List(ctx, ports.AuditFilter{MerchantID: theMerchant}, ports.Page{Limit: 100})
		for _, e := range entries {
			acts = append(acts, e.Act)
		}
		return err
	}))
	return acts
}

func TestMessagesAreTakenWhateverStateTheConnectionIsIn(t *testing.T) {
	t.Parallel()
	want := ports.Callbacks{Methods: []string{"POST"}, Status: 202, MediaType: "text/plain", Body: "[accepted]"}
	for name, hinder := range map[string]func(h *hub){
		"the connector fails":            func(h *hub) { h.connector.fail = errors.New("down") },
		"the connector is gone":          func(h *hub) { h.connector.installed = false },
		"the connection is disconnected": func(h *hub) { h.state(merchant.Disconnected) },
		"the connection fails":           func(h *hub) { h.state(merchant.Failing) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t)
			token := h.address().Token
			hinder(h)
			admitted := h.admit(token)
			require.Equal(t, want, admitted.Declared)
			require.NoError(t, h.Take(t.Context(), admitted, signed(`[]`)))
			require.Equal(t, ports.CallbackReceived, h.only().State)
		})
	}
}

func (h *hub) state(state merchant.ConnectionState) {
	h.update(func(ctx context.Context, tx ports.Tx) error {
		record, err := tx.Connections().Get(ctx, thePSP)
		if err != nil {
			return err
		}
		record.State = state
		return tx.Connections().Save(ctx, record)
	})
}

func TestAnAddressIsForConnectionsThatAreSentSomething(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	_, err := h.NewAddress(t.Context(), theERP, "anna")
	require.Equal(t, ports.CodeConnectorUnknown, fault.CodeOf(err))
	_, err = h.NewAddress(t.Context(), "nobody", "anna")
	require.Equal(t, ports.CodeNotFound, fault.CodeOf(err))
}

func TestOldMessagesAreForgotten(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.take(signed(`[]`))
	h.read()
	h.now = h.now.Add(90 * 24 * time.Hour)
	require.NoError(t, h.Prune(t.Context()))
	h.only()
	h.now = h.now.Add(time.Microsecond)
	require.NoError(t, h.Prune(t.Context()))
	require.Empty(t, h.messages())
}
