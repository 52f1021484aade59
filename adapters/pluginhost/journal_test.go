package pluginhost_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/ports"
)

// said gives the lines of a connector's own log whose message is that.
func said(connector *pluginhost.Instance, message string) []pluginhost.LogLine {
	var found []pluginhost.LogLine
	for _, line := range connector.Log() {
		if line.Message == message {
			found = append(found, line)
		}
	}
	return found
}

func TestAConnectorsLogHasWhatItSaidAndWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	connector := newHub(t).load(t, "")
	require.Empty(t, connector.Log())
	secret := "tok-5f2a9c"
	call := ports.Call{Connection: ports.Connection{ID: "c1", Credentials: map[string]string{"token": secret}}}
	_, err := connector.ListPayoutLines(t.Context(), ports.ListPayoutLinesRequest{Call: call})
	require.NoError(t, err)
	_, err = ask(connector, `stderr:{"@level":"warn","@message":"careful","n":1}`+"\n")
	require.NoError(t, err)
	eventually(t, "the lines", func() bool { return len(said(connector, "careful")) == 1 })
	listing := said(connector, "listing")[0]
	require.False(t, listing.Event)
	require.Equal(t, "info", listing.Level)
	require.Equal(t, "[redacted]", listing.Fields["password"])
	require.Equal(t, "c1", listing.Fields["connection"])
	require.Equal(t, "warn", said(connector, "careful")[0].Level)
	require.Equal(t, "1", said(connector, "careful")[0].Fields["n"])

	require.NoError(t, connector.Rest(t.Context()))
	_, err = ask(connector, "exit")
	require.Error(t, err)
	eventually(t, "the exit", func() bool { return len(said(connector, "connector is down")) == 1 })
	down := said(connector, "connector is down")[0]
	require.True(t, down.Event)
	require.Equal(t, "warn", down.Level)
	require.Contains(t, down.Fields["reason"], "exit status 3")

	var events []string
	last := time.Time{}
	for _, line := range connector.Log() {
		require.False(t, line.At.Before(last))
		last = line.At
		require.NotContains(t, line.Message, secret)
		for _, value := range line.Fields {
			require.NotContains(t, value, secret)
		}
		if line.Event {
			events = append(events, line.Message)
		}
	}
	require.Equal(t, []string{"connector is ready", "connector rests", "connector is ready", "connector is down"}, events)
}

func TestStoppingIsTheLastThingInAConnectorsLog(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	connector := h.load(t, "")
	require.NoError(t, connector.Start(t.Context()))
	require.NoError(t, h.Stop(context.Background()))
	require.Len(t, said(connector, "connector is stopped"), 1)
}

func TestAConnectorsLogIsBoundedWhateverItWrites(t *testing.T) {
	t.Parallel()
	connector := newHub(t).load(t, "")
	flood := func(line string) {
		t.Helper()
		_, err := ask(connector, "stderr:"+strings.Repeat(line+"\n", 1000)+"more\n")
		require.NoError(t, err)
	}
	flood(strings.Repeat("long", 1500))
	flood("short")
	flood(`{"@message":"many fields"` + strings.Repeat(`,"k":1`, 10) + `,"a":{"b":"` + strings.Repeat("c", 4000) + `"}}`)
	_, err := ask(connector, "exit")
	require.Error(t, err)
	eventually(t, "the exit", func() bool { return len(said(connector, "connector is down")) == 1 })
	lines, bytes := 0, 0
	for _, line := range connector.Log() {
		if line.Event {
			continue
		}
		lines++
		bytes += len(line.Message)
		for key, value := range line.Fields {
			bytes += len(key) + len(value)
		}
	}
	require.NotZero(t, lines)
	require.LessOrEqual(t, lines, 1000)
	require.LessOrEqual(t, bytes, 256<<10)
	require.Len(t, said(connector, "connector is ready"), 1, "what it writes does not push out what became of it")
}

// The pauses are read off the log; nothing here waits to see how long they are.
func TestTheBackOffDoublesUpToItsMostAndEndsInQuarantine(t *testing.T) {
	t.Parallel()
	const first, most, budget = 40 * time.Millisecond, 100 * time.Millisecond, 4
	connector := newHub(t, func(c *pluginhost.Config) {
		c.Restart = pluginhost.Restart{First: first, Most: most, Budget: budget, Window: time.Hour}
	}).load(t, "exit-in-init")
	exhaust := func() {
		t.Helper()
		eventually(t, "quarantine", func() bool {
			_, err := ask(connector, "pid")
			require.Error(t, err)
			return connector.Status().State == pluginhost.Quarantined
		})
	}
	exhaust()
	wanted := []time.Duration{first, 2 * first, most, most}
	down := said(connector, "connector is down")
	require.Len(t, down, budget)
	for i, line := range down {
		pause, err := time.ParseDuration(line.Fields["restart_in"])
		require.NoError(t, err)
		require.LessOrEqual(t, pause, wanted[i])
		require.GreaterOrEqual(t, pause, wanted[i]*3/4-time.Millisecond)
	}
	quarantine := said(connector, "connector is put in quarantine")
	require.Len(t, quarantine, 1)
	require.Equal(t, "error", quarantine[0].Level)
	require.Contains(t, quarantine[0].Fields["reason"], "exit status 7")
	require.Equal(t, "5", quarantine[0].Fields["exits"])

	connector.Reset()
	require.Len(t, said(connector, "connector is released"), 1)
	exhaust()
	down = said(connector, "connector is down")
	require.Len(t, down, 2*budget, "once released it has its whole budget again")
	pause, err := time.ParseDuration(down[budget].Fields["restart_in"])
	require.NoError(t, err)
	require.LessOrEqual(t, pause, first, "and begins with the first pause")
	require.Len(t, said(connector, "connector is put in quarantine"), 2)
}
