package main

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/wire/wiretest"
)

const anOrder = "f3392f8b-6116-4073-ab96-e330819e2c07"

func TestAPushNamesTheOrderWhereTheShopHasPutThePlaceholder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ settings, query, body, id, field string }{
		"order_id":                      {query: "order_id=" + anOrder, id: anOrder},
		"klarna_order_id":               {query: "a=b&klarna_order_id=" + anOrder, id: anOrder},
		"another parameter":             {settings: `{"callback_parameter":"sid"}`, query: "order_id=&sid=" + anOrder, id: anOrder},
		"another one, but not that":     {settings: `{"callback_parameter":"sid"}`, query: "order_id=" + anOrder, field: "query"},
		"a notification":                {body: `{"order_id":"` + anOrder + `","event_type":"FRAUD_RISK_ACCEPTED"}`, id: anOrder},
		"a notification with a query":   {query: "order_id=ignored-order", body: `{"order_id":"` + anOrder + `"}`, id: anOrder},
		"nothing":                       {field: "query"},
		"a query that cannot be read":   {query: "order_id=%zz", field: "query"},
		"a placeholder that was left":   {query: "order_id={checkout.order.id}", field: "query.order_id"},
		"something else than an id":     {query: "order_id=../../orders", field: "query.order_id"},
		"an id that is far too long":    {query: "order_id=" + string(make([]byte, 100)), field: "query.order_id"},
		"a body that is no JSON":        {query: "order_id=" + anOrder, body: "garbage\xff", field: "body"},
		"a body that names no order":    {body: `{"session_id":"` + anOrder + `"}`, field: "body.order_id"},
		"a body with an id of no order": {body: `{"order_id":"<script>"}`, field: "body.order_id"},
		"a body with a number as id":    {body: `{"order_id":1}`, field: "body"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, reader := range []ports.CallbackReader{New(), wiretest.Client(t, New())} {
				got, err := reader.ReadCallback(t.Context(), ports.CallbackRequest{
					Call: ports.Call{Connection: ports.Connection{Settings: json.RawMessage(c.settings)}}, Method: http.MethodPost,
					Query: c.query, Body: []byte(c.body), ReceivedAt: time.Now(),
				})
				if c.field != "" {
					require.Equal(t, CodeCallback, fault.CodeOf(err))
					require.Equal(t, fault.Validation, fault.ClassOf(err))
					require.Equal(t, c.field, fault.Of(err).Field)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, []ports.Notice{{Subject: ports.AboutOrder, ID: c.id}}, got.Notices)
			}
		})
	}
}

// The simulator's push is what Klarna's documentation says, and the connector reads it.
func TestThePushOfTheSimulatorIsRead(t *testing.T) {
	t.Parallel()
	f, shop := simulate(t, object{}), newShop(t)
	f.push(anOrder, shop.URL+"/push?order_id={checkout.order.id}")
	arrived := shop.arrived()
	require.Len(t, arrived, 1)
	got, err := New().ReadCallback(t.Context(), arrived[0])
	require.NoError(t, err)
	require.Equal(t, []ports.Notice{{Subject: ports.AboutOrder, ID: anOrder}}, got.Notices)

	f.control(http.MethodPost, "/_sim/klarna/pushes", object{"order_id": anOrder, "url": shop.URL + "/notification", "event_type": "FRAUD_RISK_REJECTED"})
	got, err = New().ReadCallback(t.Context(), shop.arrived()[1])
	require.NoError(t, err)
	require.Equal(t, []ports.Notice{{Subject: ports.AboutOrder, ID: anOrder}}, got.Notices)
}
