package command_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestALogAndItsErrorsAreRead(t *testing.T) {
	t.Parallel()
	s := newStation(t, map[string][]string{
		"GET /v1/connectors/klarna/versions/1/log?limit=2": {`{"items":[{"at":"2026-11-30T01:00:00.5Z","level":"warn","message":"slow","fields":{"b":"2","a":"1"}}]}`},
		"GET /v1/connectors/klarna/versions/1/errors": {`{"items":[{"at":"2026-11-30T01:00:00Z","method":"ListPayoutLines","connection_id":"c-1","work":"payout payout-1","took_ms":1500,
		  "code":"klarna.report_invalid","class":"validation","source":"connector","reason":"row 3 has no type"}]}`},
	})
	code, out, errs := s.ask(t.Context(), t, "log", "klarna", "1", "--limit", "2")
	require.Zero(t, code, errs)
	require.Equal(t, "2026-11-30T01:00:00.500Z  warn   slow a=1 b=2\n", out)
	code, out, errs = s.ask(t.Context(), t, "errors", "klarna", "1")
	require.Zero(t, code, errs)
	require.Equal(t, `AT                    CALL             TOOK  BY         CLASS       CODE                   CONNECTION  WORK             REASON
2026-11-30 01:00:00Z  ListPayoutLines  1.5s  connector  validation  klarna.report_invalid  c-1         payout payout-1  row 3 has no type
`, out)
}

func TestWhatAVersionDidIsCountedFirst(t *testing.T) {
	t.Parallel()
	const first = `{"id":"payout-1","merchant_id":"m-1","connection_id":"c-1","flow_id":"f-1","reference":"P1","date":"2026-11-29T00:00:00Z","currency":"SEK","net":"90.00","state":"held","hold":{"code":"payout.sum_mismatch","reason":"it does not add up"}}`
	const second = `{"id":"payout-2","merchant_id":"m-1","connection_id":"c-1","flow_id":"f-1","reference":"P2","date":"2026-11-29T00:00:00Z","currency":"SEK","net":"5.00","state":"closed"}`
	const documents = `{"items":[{"id":7,"kind":"voucher","key":"k","state":"open","attempt":1,"payout_id":"payout-2"}]}`
	s := newStation(t, map[string][]string{
		"GET /v1/connectors/klarna/versions/1/payouts?limit=500":                  {`{"items":[` + first + `],"next":"payout-1"}`},
		"GET /v1/connectors/klarna/versions/1/payouts?after=payout-1&limit=500":   {`{"items":[` + second + `]}`},
		"GET /v1/connectors/klarna/versions/1/documents?limit=500":                {documents},
		"GET /v1/connectors/klarna/versions/1/documents?limit=500&unsettled=true": {documents},
	})
	code, out, errs := s.ask(t.Context(), t, "impact", "klarna", "1")
	require.Zero(t, code, errs)
	require.Equal(t, `2 payout(s) read: 1 closed, 1 held
1 document(s): 1 open

PAYOUT    REFERENCE  DATE        NET        STATE   MERCHANT  CONNECTION  HELD
payout-1  P1         2026-11-29  90.00 SEK  held    m-1       c-1         payout.sum_mismatch: it does not add up
payout-2  P2         2026-11-29  5.00 SEK   closed  m-1       c-1         -

DOCUMENT  KIND     STATE  NUMBER  AMOUNT  PAYS  PAYOUT    FLOW  REASON
7         voucher  open   -       -       -     payout-2  -     -
`, out)
	code, out, errs = s.ask(t.Context(), t, "impact", "klarna", "1", "--unsettled")
	require.Zero(t, code, errs)
	require.Contains(t, out, "1 payout(s) read: 1 held\n")
	require.NotContains(t, out, "P2")
}

func TestAComparisonFailsIfAnythingDiffers(t *testing.T) {
	t.Parallel()
	const path = "POST /v1/connectors/klarna/versions/1/compare?limit=20&after="
	s := newStation(t, map[string][]string{
		path: {`{"items":[{"payout_id":"payout-1","merchant_id":"m-1","state":"closed","replay":{"payout_id":"payout-1","lines":3,"differ":2,"differences":[
		  {"key":"K1","outcome":"changed","fields":[{"name":"fee_vat","stored":"2.00","read":"0.00"}]},{"key":"K2","outcome":"gone","fields":[]}]}}],"next":"payout-1"}`},
		path + "payout-1": {`{"items":[{"payout_id":"payout-2","merchant_id":"m-1","state":"closed","fault":{"code":"replay.page_not_kept","reason":"a page was not kept"}}]}`},
	})
	code, out, errs := s.ask(t.Context(), t, "compare", "klarna", "1", "--with", "2")
	require.Equal(t, 1, code)
	require.Equal(t, `2 payout(s), 3 line(s) read again: 2 otherwise than stored; 1 payout(s) could not be read again

PAYOUT    STATE   LINE  OUTCOME  FIELD    STORED  READ
payout-1  closed  K1    changed  fee_vat  2.00    0.00
payout-1  closed  K2    gone     -        -       -
payout-2 was not read again: replay.page_not_kept: a page was not kept
`, out)
	require.Contains(t, errs, "connector.reads_otherwise: 1 payout(s)")
	require.JSONEq(t, `{"with":"2"}`, s.sent(path))
}

func TestWhatWasNotComparedIsNotTakenForTheSame(t *testing.T) {
	t.Parallel()
	const path = "POST /v1/connectors/klarna/versions/1/compare?limit=20&after="
	s := newStation(t, map[string][]string{path: {
		`{"items":[{"payout_id":"payout-2","merchant_id":"m-1","state":"closed","fault":{"code":"replay.page_not_kept","reason":"a page was not kept"}}]}`,
		`{"items":[{"payout_id":"payout-2","merchant_id":"m-1","state":"closed","replay":{"payout_id":"payout-2","lines":3,"differ":0,"differences":[]}}]}`,
	}})
	code, _, errs := s.ask(t.Context(), t, "compare", "klarna", "1")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "connector.not_compared")
	code, out, errs := s.ask(t.Context(), t, "compare", "klarna", "1")
	require.Zero(t, code, errs)
	require.Equal(t, "1 payout(s), 3 line(s) read again: 0 otherwise than stored; 0 payout(s) could not be read again\n", out)
}

func TestReplanningSaysWhatWasTakenUp(t *testing.T) {
	t.Parallel()
	const path = "POST /v1/connectors/klarna/versions/1/replan"
	s := newStation(t, map[string][]string{path: {`{"payouts":["payout-1"],"exceptions":["e-1","e-2"],"open":3,"faults":[{"id":"payout-9","fault":{"code":"flow.not_enabled","reason":"it is off"}}]}`}})
	code, out, errs := s.ask(t.Context(), t, "replan", "klarna", "1", "--reason", "1 misread fees")
	require.Zero(t, code, errs)
	require.Equal(t, `1 payout(s) are read anew, 2 exception(s) tried again, 3 open document(s) looked up, 1 could not be taken up
  payout-9: flow.not_enabled: it is off
`, out)
	require.JSONEq(t, `{"reason":"1 misread fees"}`, s.sent(path))
}
