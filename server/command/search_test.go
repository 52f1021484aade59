package command_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAReferenceIsSearchedForAcrossMerchants(t *testing.T) {
	t.Parallel()
	s := newStation(t, map[string][]string{
		"GET /v1/search?q=10042":                      {`{"items":[{"kind":"line","more":true,"hits":[{"id":"7","merchant_id":"merchant-1","field":"order_id","value":"#10042","payout_id":"po-1","path":"/v1/lines/7"}]},{"kind":"run","more":false,"hits":[]}]}`},
		"GET /v1/search?q=none":                       {`{"items":[]}`},
		"GET /v1/merchants/merchant-1/search?q=10042": {`{"items":[{"kind":"payout","more":false,"hits":[{"id":"po-1","merchant_id":"merchant-1","field":"reference","value":"10042","path":"/v1/payouts/po-1"}]}]}`},
	})
	code, out, _ := s.run(t.Context(), t, "search", "10042")
	require.Zero(t, code)
	require.Equal(t, "KIND  ID  FIELD           VALUE   MERCHANT    PAYOUT  SEE\n"+
		"line  7   order_id        #10042  merchant-1  po-1    /v1/lines/7\n"+
		"line  …   there are more                              \n", out)
	code, out, _ = s.run(t.Context(), t, "search", "10042", "--merchant", "merchant-1")
	require.Zero(t, code)
	require.Contains(t, out, "/v1/payouts/po-1")
	code, _, errs := s.run(t.Context(), t, "search", "none")
	require.Equal(t, 1, code)
	require.Contains(t, errs, `nothing is called "none"`)
}

func TestAConnectionIsPausedAndResumed(t *testing.T) {
	t.Parallel()
	const connection = `{"id":"connection-1","merchant_id":"m","connector":"klarna","label":"","state":"verified","settings":{},"created_at":"2026-04-20T08:00:00Z","updated_at":"2026-04-20T08:00:00Z"`
	s := newStation(t, map[string][]string{
		"POST /v1/connections/connection-1/pause":  {connection + `,"pause":{"by":"Ops","reason":"fees are wrong","since":"2026-04-20T08:00:00Z"}}`},
		"POST /v1/connections/connection-1/resume": {connection + `}`},
	})
	code, out, errs := s.run(t.Context(), t, "connection", "pause", "connection-1", "--reason", "fees are wrong")
	require.Zero(t, code, errs)
	require.Equal(t, "connection-1 (klarna) is paused: fees are wrong\nNo call goes to it until: kvitt connection resume connection-1\n", out)
	require.JSONEq(t, `{"reason":"fees are wrong"}`, s.sent("POST /v1/connections/connection-1/pause"))
	code, out, errs = s.run(t.Context(), t, "connection", "resume", "connection-1")
	require.Zero(t, code, errs)
	require.Equal(t, "connection-1 (klarna) goes on, and so does what waited for it.\n", out)
}
