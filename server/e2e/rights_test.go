package e2e_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/server/client"
)

// lacking writes the world of the other tests with an account that lacks rights.
func lacking(t *testing.T, system string, rights map[string]any) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "world.json"))
	require.NoError(t, err)
	var world map[string]any
	require.NoError(t, json.Unmarshal(text, &world))
	section, ok := world[system].(map[string]any)
	require.True(t, ok)
	for name, value := range rights {
		section[name] = value
	}
	text, err = json.Marshal(world)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "world.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return file
}

// verified connects a system, whatever its checks say.
func (s *stage) verified(c cast, connector string) api.Connection {
	s.t.Helper()
	a := readAccount(s.t)
	input := map[string]any{
		"connector": "klarna", "settings": map[string]any{"environment": "playground"},
		"credentials": map[string]any{"merchant_id": a.Klarna.MerchantID, "username": a.Klarna.Username, "api_key": a.Klarna.APIKey},
	}
	if connector == "fortnox" {
		input = map[string]any{"connector": "fortnox", "settings": map[string]any{}, "credentials": map[string]any{
			"client_id": a.Fortnox.ClientID, "client_secret": a.Fortnox.ClientSecret, "tenant_id": strconv.Itoa(a.Fortnox.TenantID),
		}}
	}
	var made api.Connection
	s.post("/v1/merchants/"+c.merchant+"/connections", input, &made)
	s.post("/v1/connections/"+made.ID+"/verify", nil, &made)
	return made
}

// enabling makes a flow and tries to switch it on.
func (s *stage) enabling(c cast, kind string) *client.Problem {
	s.t.Helper()
	var flow api.Flow
	s.post("/v1/merchants/"+c.merchant+"/flows", map[string]any{
		"kind": kind, "source": c.klarna, "target": c.fortnox, "settings": map[string]any{},
	}, &flow)
	err := s.client.Post(s.t.Context(), "/v1/flows/"+flow.ID+"/enable", nil, nil)
	var problem *client.Problem
	if err != nil {
		require.True(s.t, errors.As(err, &problem), "%v", err)
	}
	return problem
}

func states(connection api.Connection) map[string]string {
	all := map[string]string{}
	for _, said := range connection.Capabilities {
		all[said.Capability] = string(said.State)
	}
	return all
}

// A Fortnox whose consent lacks a scope, or a Klarna that gives access to one API alone,
// is used for what it may, and says no to the rest before anything is booked.
func TestAnAccountIsUsedForWhatItMay(t *testing.T) {
	t.Parallel()
	for name, lacks := range map[string]struct {
		system string
		rights map[string]any
		states map[string]string
		// kind is refused with field and reason, goes may be switched on, if it says so.
		kind, field, reason, goes string
	}{
		"Fortnox without the scope of vouchers": {
			system: "fortnox", rights: map[string]any{"missing_scopes": []string{"bookkeeping"}}, kind: "payouts", field: "target",
			reason: "Fortnox does not let this account use erp.vouchers: auth.scope_missing",
			states: map[string]string{"erp.vouchers": "refused", "erp.payments": "verified", "erp.choices": "refused"},
		},
		"Fortnox without that of orders": {
			system: "fortnox", rights: map[string]any{"missing_scopes": []string{"order"}}, kind: "orders", field: "target", goes: "payouts",
			reason: "Fortnox does not let this account use erp.orders: auth.scope_missing",
			states: map[string]string{"erp.orders": "refused", "erp.invoices": "verified", "erp.vouchers": "verified"},
		},
		"Klarna without the right to manage orders": {
			system: "klarna", rights: map[string]any{"denied": []string{"ordermanagement"}}, kind: "orders", field: "source", goes: "payouts",
			reason: "Klarna does not let this account use psp.orders: ",
			states: map[string]string{"psp.orders": "refused", "psp.payouts": "verified", "psp.callbacks": "unknown"},
		},
		"Klarna without that to settlements": {
			system: "klarna", rights: map[string]any{"denied": []string{"settlements"}}, kind: "payouts", field: "source",
			reason: "Klarna does not let this account use psp.payouts: ",
			states: map[string]string{"psp.orders": "verified", "psp.payouts": "refused"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := raiseIn(t, "", lacking(t, lacks.system, lacks.rights))
			s.open()
			c := s.enrol()
			klarna, fortnox := s.verified(c, "klarna"), s.verified(c, "fortnox")
			c.klarna, c.fortnox = klarna.ID, fortnox.ID
			said := states(klarna)
			if lacks.system == "fortnox" {
				said = states(fortnox)
			}
			for capability, state := range lacks.states {
				require.Equal(t, state, said[capability], capability)
			}
			problem := s.enabling(c, lacks.kind)
			require.NotNil(t, problem)
			require.Equal(t, http.StatusConflict, problem.Status)
			require.Equal(t, "flow.capability_refused", problem.Code)
			require.Contains(t, problem.Detail, lacks.reason)
			require.Contains(t, problem.Remedy, "verify the connection again")
			if lacks.goes != "" {
				require.Nil(t, s.enabling(c, lacks.goes), lacks.goes)
			}
		})
	}
}
