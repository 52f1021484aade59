package callback_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/callback"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

const aPayout = `[{"Subject":"payout","ID":"P-1","Event":"evt_1"}]`

func TestANoticeOfAPayoutStartsTheFlowThatReadsIt(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.take(signed(aPayout))
	require.Equal(t, callback.Next{Done: true}, h.read())
	runs := h.runs()
	require.Len(t, runs, 1)
	require.Equal(t, ports.TriggerCallback, runs[0].Trigger)
	require.Contains(t, h.jobs, ports.Job{Kind: ports.AdvanceFlow, Subject: theFlow})
	got := h.only()
	require.Equal(t, ports.CallbackRead, got.State)
	require.Equal(t, h.now, got.ReadAt)
	require.Len(t, got.Notices, 1)
	require.Equal(t, ports.NoticeWoke, got.Notices[0].Outcome)
	require.Equal(t, runs[0].ID, got.Notices[0].Detail)
	require.Equal(t, h.now, h.connector.last.ReceivedAt)
	require.Zero(t, h.connector.last.Grant)
	require.Equal(t, map[string]string{"webhook_secret": theSecret}, h.connector.last.Connection.Credentials, "a connector has no use for what tokens are bought with")
}

func TestANoticeOfAnOrderIsToldToWhoeverLearnsOrders(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.take(signed(`[{"Subject":"order","ID":"O-1"},{"Subject":"refund","ID":"R-1","Order":"O-2"},{"Subject":"refund","ID":"R-2"}]`))
	h.read()
	require.Equal(t, []string{thePSP + "/O-1", thePSP + "/O-2"}, h.learned)
	require.Equal(t, []ports.NoticeOutcome{ports.NoticeWoke, ports.NoticeWoke, ports.NoticeKept}, outcomes(h.only()))
	require.Empty(t, h.runs())
}

func TestANoticeThatNobodyWantsIsKept(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.Learner = nil
	h.update(func(ctx context.Context, tx ports.Tx) error { return tx.Flows().SetEnabled(ctx, theFlow, false) })
	h.take(signed(`[{"Subject":"payout","ID":"P-1"},{"Subject":"order","ID":"O-1"},{"Subject":"dispute","ID":"D-1"},{"Subject":"account"}]`))
	h.read()
	got := h.only()
	require.Equal(t, ports.CallbackRead, got.State)
	for _, notice := range got.Notices {
		require.Equal(t, ports.NoticeKept, notice.Outcome)
		require.NotEmpty(t, notice.Detail)
	}
	require.Empty(t, h.runs())
}

// A push that came before anybody wanted it counts when it is sent again.
func TestANoticeThatWasOnlyKeptWakesWhenItIsToldAgain(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	push := signed(`[{"Subject":"order","ID":"O-1"}]`)
	h.unwanted = fault.New("orders.no_flow", fault.Conflict, "no enabled flow reads orders of the connection")
	h.take(push)
	h.read()
	require.Equal(t, "no enabled flow reads orders of the connection", h.only().Notices[0].Detail)
	h.unwanted = nil
	h.take(push, push)
	h.read()
	require.Equal(t, []string{thePSP + "/O-1"}, h.learned)
	all := h.messages()
	require.Equal(t, []ports.NoticeOutcome{ports.NoticeKept, ports.NoticeWoke, ports.NoticeRepeated},
		[]ports.NoticeOutcome{all[0].Notices[0].Outcome, all[1].Notices[0].Outcome, all[2].Notices[0].Outcome})
}

func outcomes(c ports.CallbackRecord) []ports.NoticeOutcome {
	var all []ports.NoticeOutcome
	for _, n := range c.Notices {
		all = append(all, n.Outcome)
	}
	return all
}

func TestANoticeWakesOnce(t *testing.T) {
	t.Parallel()
	order := func(event string) string { return `{"Subject":"order","ID":"O-1","Event":"` + event + `"}` }
	for name, c := range map[string]struct {
		messages []callback.Arrival
		learned  int
	}{
		"the same event in other bytes":            {[]callback.Arrival{signed(`[` + order("e1") + `]`), signed(`[ ` + order("e1") + `]`)}, 1},
		"two events of one thing":                  {[]callback.Arrival{signed(`[` + order("e1") + `]`), signed(`[` + order("e2") + `]`)}, 2},
		"the same event twice in one message":      {[]callback.Arrival{signed(`[` + order("e1") + `,` + order("e1") + `]`)}, 1},
		"the same bytes without an id":             {[]callback.Arrival{signed(`[` + order("") + `]`), signed(`[` + order("") + `]`)}, 1},
		"other bytes without an id":                {[]callback.Arrival{signed(`[` + order("") + `]`), signed(`[ ` + order("") + `]`)}, 2},
		"the same bytes with headers of their own": {[]callback.Arrival{signed(`[` + order("") + `]`), withHeader(signed(`[`+order("")+`]`), "Date", "now")}, 1},
		"another query without an id":              {[]callback.Arrival{signed(`[` + order("") + `]`), withQuery(signed(`[`+order("")+`]`), "n=2")}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t)
			h.take(c.messages...)
			h.read()
			h.read()
			require.Len(t, h.learned, c.learned)
		})
	}
}

func withHeader(a callback.Arrival, name, value string) callback.Arrival {
	a.Headers[name] = []string{value}
	return a
}

func withQuery(a callback.Arrival, query string) callback.Arrival {
	a.Query = query
	return a
}

func TestAForgedMessageIsRefusedAndKept(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	forged := signed(aPayout)
	forged.Headers["X-Sign"] = []string{"guess"}
	h.take(forged, signed(`[]`))
	require.Equal(t, callback.Next{Done: true}, h.read())
	all := h.messages()
	require.Equal(t, ports.CallbackRefused, all[0].State)
	require.Equal(t, fault.Code("callback.signature_invalid"), all[0].Fault.Code)
	require.Equal(t, []byte(aPayout), all[0].Body)
	require.Equal(t, ports.CallbackRead, all[1].State)
	require.Empty(t, h.runs())
	require.NotContains(t, h.log.String(), "P-1")
	require.NotContains(t, h.log.String(), theSecret)
}

func TestAMessageThatCannotBeReadIsShownAndCanBeRetried(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"garbage":              "\x00garbage",
		"a notice of nothing":  `[{"Subject":"payout"}]`,
		"an id without an end": `[{"Subject":"payout","ID":"` + strings.Repeat("x", 201) + `"}]`,
		"a flood of notices":   `[` + strings.Repeat(`{"Subject":"account"},`, 1000) + `{"Subject":"account"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t)
			h.take(signed(body), signed(aPayout))
			require.Equal(t, callback.Next{Done: true}, h.read())
			bad := h.messages()[0]
			require.Equal(t, ports.CallbackUnreadable, bad.State)
			require.NotEmpty(t, bad.Fault.Code)
			require.Len(t, h.runs(), 1, "the next one is read")

			before := h.connector.calls
			again, err := h.Retry(t.Context(), bad.ID, "anna (key-1)")
			require.NoError(t, err)
			require.Equal(t, ports.CallbackReceived, again.State)
			_, err = h.Retry(t.Context(), bad.ID, "anna (key-1)")
			require.Equal(t, callback.CodeNotRetryable, fault.CodeOf(err))
			h.read()
			require.Equal(t, before+1, h.connector.calls)
			require.Equal(t, ports.CallbackUnreadable, h.messages()[0].State)
		})
	}
}

func TestMessagesWaitForAConnectorThatIsDown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ hinder, mend func(h *hub) }{
		"not started": {
			func(h *hub) {
				h.connector.fail = fault.New("connector.unavailable", fault.NotSent, "it backs off").From(fault.Connector)
			},
			func(h *hub) { h.connector.fail = nil },
		},
		"not installed": {func(h *hub) { h.connector.installed = false }, func(h *hub) { h.connector.installed = true }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t)
			h.take(signed(aPayout))
			c.hinder(h)
			for range 10 {
				_, err := h.Read(t.Context(), thePSP)
				require.Error(t, err)
				require.Equal(t, ports.CallbackReceived, h.only().State)
				require.NotNil(t, h.only().Fault, "it says why it waits")
			}
			c.mend(h)
			require.Equal(t, callback.Next{Done: true}, h.read())
			require.Equal(t, ports.CallbackRead, h.only().State)
			require.Nil(t, h.only().Fault)
			require.Len(t, h.runs(), 1)
		})
	}
}

func TestAMessageThatCrashesItsConnectorHoldsUpNothing(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.connector.fail = fault.New("connector.cut_off", fault.Unknown, "the connection broke").From(fault.Connector)
	h.take(signed(aPayout))
	require.Equal(t, callback.Next{After: time.Second}, h.read())
	require.Equal(t, callback.Next{After: time.Second}, h.read())
	require.Equal(t, ports.CallbackReceived, h.only().State)
	require.Equal(t, callback.Next{Done: true}, h.read())
	require.Equal(t, ports.CallbackUnreadable, h.only().State)
	require.Equal(t, 3, h.only().Attempts)
	h.connector.fail = nil
	_, err := h.Retry(t.Context(), h.only().ID, "anna (key-1)")
	require.NoError(t, err)
	h.read()
	require.Equal(t, ports.CallbackRead, h.only().State)
}

func TestAFloodIsReadInBatches(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	flood := make([]callback.Arrival, 60)
	for i := range flood {
		flood[i] = signed(`[]`)
	}
	h.take(flood...)
	require.Equal(t, callback.Next{}, h.read())
	require.Equal(t, 50, h.connector.calls)
	require.Equal(t, callback.Next{Done: true}, h.read())
	require.Equal(t, 60, h.connector.calls)
}

func TestMessagesToADisconnectedConnectionCannotBeRead(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.take(signed(aPayout))
	h.state(merchant.Disconnected)
	h.read()
	require.Equal(t, ports.CallbackUnreadable, h.only().State)
	require.Equal(t, fault.Code("connection.disconnected"), h.only().Fault.Code)
	h.state(merchant.Verified)
	_, err := h.Retry(t.Context(), h.only().ID, "anna (key-1)")
	require.NoError(t, err)
	h.read()
	require.Len(t, h.runs(), 1)
}
