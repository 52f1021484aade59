package command_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// swapAt is a swap as the hub tells of it in a state.
func swapAt(state, entered, more string) string {
	return fmt.Sprintf(`{"id":"swap-1","connector":"klarna","from":"1.0.0","to":"1.0.1","state":%q,"by":"Ops","reason":"r","started_at":"2026-11-30T01:00:00Z",
	  "entered":[%s],"checks":[{"connection_id":"c-1","state":"ok"},{"connection_id":"c-2","state":"warning","detail":"no scope"}],"payouts":4,"lines":120,"lanes":2%s}`, state, entered, more)
}

func entry(state, at string) string {
	return fmt.Sprintf(`{"state":%q,"at":"2026-11-30T01:00:%sZ"}`, state, at)
}

func TestASwapIsFollowedToItsEnd(t *testing.T) {
	t.Parallel()
	checking := entry("checking", "00")
	handing := checking + "," + entry("comparing", "01") + "," + entry("handing_over", "02")
	watching := handing + "," + entry("draining", "03") + "," + entry("watching", "04")
	s := newStation(t, map[string][]string{
		"POST /v1/connectors/klarna/swaps": {swapAt("checking", checking, "")},
		"GET /v1/swaps/swap-1": {
			swapAt("handing_over", handing, `,"moved":1,"in_flight":2`),
			swapAt("handing_over", handing, `,"moved":2,"in_flight":0`),
			swapAt("watching", watching, `,"moved":2,"watch_until":"2026-11-30T01:10:04Z"`),
			swapAt("done", watching+","+entry("done", "09"), `,"moved":2,"ended_at":"2026-11-30T01:00:09Z"`),
		},
	})
	code, out, errs := s.ask(t.Context(), t, "swap", "klarna", "1.0.1", "--reason", "fees", "--connection", "c-1", "--connection", "c-2", "--live", "--accept-differences", "--drain", "90s", "--watch", "200ms")
	require.Zero(t, code, errs)
	require.Equal(t, `Swap swap-1 of klarna: 1.0.0 → 1.0.1
  01:00:00Z  checking      2 connection(s) checked with 1.0.1, 0 failed
  01:00:01Z  comparing     4 payout(s) read again, 120 line(s), 0 otherwise than stored
  01:00:02Z  handing_over  1 of 2 lane(s) moved, 2 call(s) under way are waited for
                           2 of 2 lane(s) moved
  01:00:03Z  draining
  01:00:04Z  watching      1.0.1 serves, watched until 01:10:04Z
  01:00:09Z  done          1.0.1 serves
check warning  c-2  no scope
`, out)
	require.JSONEq(t, `{"to":"1.0.1","reason":"fees","connections":["c-1","c-2"],"live":true,"accept_differences":true,"drain_seconds":90,"watch_seconds":1}`,
		s.sent("POST /v1/connectors/klarna/swaps"))
}

func TestARefusedSwapListsEachDifference(t *testing.T) {
	t.Parallel()
	s := newStation(t, map[string][]string{
		"POST /v1/connectors/klarna/swaps": {swapAt("checking", entry("checking", "00"), "")},
		"GET /v1/swaps/swap-1": {swapAt("refused", entry("checking", "00")+","+entry("comparing", "01")+","+entry("refused", "02"),
			`,"differ":1,"ended_at":"2026-11-30T01:00:02Z","fault":{"code":"swap.differs","reason":"version 1.0.1 reads 1 field(s) of booked lines otherwise than they are stored","remedy":"look"},
			"differences":[{"payout_id":"payout-1","line":"K1","field":"fee_vat","stored":"2.00","read":"0.00","blocks":true},{"payout_id":"payout-1","line":"K2","field":"key","stored":"","read":"K2","blocks":false}]`)},
	})
	code, out, errs := s.ask(t.Context(), t, "swap", "klarna", "1.0.1", "--reason", "fees")
	require.Equal(t, 1, code)
	require.Contains(t, out, `  01:00:02Z  refused       1.0.0 serves
check warning  c-2  no scope
PAYOUT    LINE  FIELD    STORED  READ  BLOCKS
payout-1  K1    fee_vat  2.00    0.00  yes
payout-1  K2    key      -       K2    no
`)
	require.Contains(t, errs, "kvitt: swap.differs: version 1.0.1 reads 1 field(s)")
	require.Contains(t, errs, "       look\n")
}

func TestInterruptingEndsTheFollowingAlone(t *testing.T) {
	t.Parallel()
	s := newStation(t, map[string][]string{
		"POST /v1/connectors/klarna/swaps": {swapAt("checking", entry("checking", "00"), "")},
		"GET /v1/swaps/swap-1":             {swapAt("checking", entry("checking", "00"), "")},
	})
	code, out, errs := s.ask(until(t, time.Second), t, "swap", "klarna", "1.0.1", "--reason", "fees")
	require.Equal(t, 1, code)
	require.Contains(t, out, "The swap goes on. To end it: kvitt connector cancel swap-1 --reason ...\n")
	require.Contains(t, errs, "no longer followed")
	require.NotContains(t, s.got, "POST /v1/swaps/swap-1/cancel")
}

func TestASwapCanBeLeftAlone(t *testing.T) {
	t.Parallel()
	s := newStation(t, map[string][]string{"POST /v1/connectors/klarna/swaps": {swapAt("checking", entry("checking", "00"), "")}})
	code, out, errs := s.ask(t.Context(), t, "swap", "klarna", "1.0.1", "--reason", "fees", "--detach")
	require.Zero(t, code, errs)
	require.Equal(t, "Swap swap-1 of klarna: 1.0.0 → 1.0.1 goes on by itself: kvitt connector swaps klarna\n", out)
	require.JSONEq(t, `{"to":"1.0.1","reason":"fees"}`, s.sent("POST /v1/connectors/klarna/swaps"), "the hub knows how long it waits")
}

func TestUndoAndCancelEndWellWhenTheOldVersionServes(t *testing.T) {
	t.Parallel()
	cancelled := swapAt("cancelled", entry("checking", "00")+","+entry("cancelled", "01"), `,"ended_at":"2026-11-30T01:00:01Z","fault":{"code":"swap.cancelled","reason":"cancelled by Ops"}`)
	returned := swapAt("returned", entry("checking", "00")+","+entry("returned", "01"), `,"undo":true,"ended_at":"2026-11-30T01:00:01Z","fault":{"code":"swap.crashed","reason":"it went down"}`)
	s := newStation(t, map[string][]string{
		"POST /v1/swaps/swap-1/cancel":    {cancelled},
		"POST /v1/connectors/klarna/undo": {cancelled, returned},
	})
	for _, args := range [][]string{{"cancel", "swap-1", "--reason", "r"}, {"undo", "klarna", "--reason", "r"}} {
		code, out, errs := s.ask(t.Context(), t, args...)
		require.Zero(t, code, errs)
		require.Contains(t, out, "cancelled     1.0.0 serves")
	}
	code, out, errs := s.ask(t.Context(), t, "undo", "klarna", "--reason", "r")
	require.Equal(t, 1, code)
	require.Contains(t, out, "Undo swap-1 of klarna")
	require.Contains(t, errs, "swap.crashed: it went down")
}

func TestAnUndoIsFollowedUntilTheOldVersionServes(t *testing.T) {
	t.Parallel()
	s := newStation(t, map[string][]string{
		"POST /v1/connectors/klarna/undo": {swapAt("checking", entry("checking", "00"), `,"undo":true`)},
		"GET /v1/swaps/swap-1":            {swapAt("watching", entry("checking", "00")+","+entry("watching", "04"), `,"undo":true,"watch_until":"2026-11-30T01:10:04Z"`)},
	})
	code, out, errs := s.ask(t.Context(), t, "undo", "klarna", "--reason", "r")
	require.Zero(t, code, errs)
	require.Contains(t, out, "watching      1.0.1 serves, watched until 01:10:04Z\n")
}

func TestSwapsAreListedWithWhyTheyEnded(t *testing.T) {
	t.Parallel()
	s := newStation(t, map[string][]string{"GET /v1/connectors/klarna/swaps": {`{"items":[` +
		swapAt("returned", entry("checking", "00"), `,"moved":2,"connections":["c-1"],"fault":{"code":"swap.crashed","reason":"it went down"}`) + `]}`}})
	code, out, errs := s.ask(t.Context(), t, "swaps", "klarna")
	require.Zero(t, code, errs)
	require.Equal(t, `SWAP    STARTED               FROM   TO     WHOM             STATE     LANES  BY   REASON
swap-1  2026-11-30 01:00:00Z  1.0.0  1.0.1  1 connection(s)  returned  2/2    Ops  r – swap.crashed: it went down
`, out)
}
