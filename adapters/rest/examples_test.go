package rest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// TestEveryExampleIsUnderstood sends each request as the contract shows it, to a hub of
// its own that has what the examples speak of. It must succeed, with an answer as the
// contract says (see hub.do), but for what the harness has no state for.
func TestEveryExampleIsUnderstood(t *testing.T) {
	t.Parallel()
	forbidden := map[string]string{
		"POST /v1/merchants/{id}/flows": "flow.duplicate",     // the settled merchant has this one
		"PUT /v1/flows/{id}/cut-off":    "flow.cut_off_taken", // the flow has taken payouts
		"POST /v1/events/{id}/delivery": "event.no_advance",   // the event of the harness is none
		"POST /v1/swaps/{id}/cancel":    "swap.ended",         // the swap of the harness has
	}
	bodies := 0
	for _, c := range calls(t, newHub(t)) {
		if c.body == "" {
			continue
		}
		bodies++
		t.Run(c.method+" "+c.template, func(t *testing.T) {
			t.Parallel()
			h := newHub(t)
			h.seal(t)
			h.sell(t)
			if strings.HasSuffix(c.template, "/payment-methods") {
				c.body = strings.Replace(c.body, `"id":"card"`, `"id":"invoice"`, 1) // the merchant has the card
			}
			answer := h.request(t, operator, c)
			if code, ok := forbidden[c.method+" "+c.template]; ok {
				require.Equal(t, http.StatusConflict, answer.Code, answer.Body)
				require.Contains(t, answer.Body.String(), `"code":"`+code+`"`)
				return
			}
			assert.Less(t, answer.Code, http.StatusMultipleChoices, "%s %s: %s", c.path, c.body, answer.Body)
		})
	}
	require.Greater(t, bodies, 25)
}

// sell gives the settled merchant flows of events and invoices that are switched on.
func (h *hub) sell(t *testing.T) {
	t.Helper()
	require.NoError(t, h.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		for kind, settings := range map[merchant.FlowKind]string{
			merchant.Events:   `{"methods":{"card":{"accounts":{"clearing":{"SEK":"1580"}}},"invoice":{"accounts":{"clearing":{"SEK":"1581"}}}}}`,
			merchant.Invoices: `{}`,
		} {
			flow := merchant.Flow{
				ID: "flow-" + string(kind), MerchantID: statementtest.Merchant, Kind: kind, Source: statementtest.Target, Target: statementtest.Target,
				Settings: json.RawMessage(settings), SettingsVersion: 1, Since: h.now, CreatedAt: h.now,
			}
			if err := tx.Flows().Create(ctx, flow, "test"); err != nil {
				return err
			}
			if err := tx.Flows().SetEnabled(ctx, flow.ID, true); err != nil {
				return err
			}
		}
		return nil
	}))
}
