package pluginhost_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/ports"
)

func TestLinesOfAConnectorBecomeEntriesOfTheHub(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	connector := h.load(t, "")
	cases := map[string]struct{ line, message, level string }{
		"hclog":            {`{"@level":"warn","@message":"one hclog","@timestamp":"2026-04-01T10:00:00.000000Z","n":1}`, "one hclog", "warn"},
		"slog":             {`{"time":"2026-04-01T10:00:00Z","level":"ERROR","msg":"one slog"}`, "one slog", "error"},
		"slog in between":  {`{"time":"2026-04-01T10:00:00Z","level":"INFO+2","msg":"one between"}`, "one between", "info"},
		"zap":              {`{"level":"debug","ts":1.5,"msg":"one zap"}`, "one zap", "debug"},
		"no level":         {`{"msg":"one without"}`, "one without", "info"},
		"no JSON":          {`just a line`, "just a line", "info"},
		"message no text":  {`{"@level":"info","@message":{"odd":"one"}}`, "odd", "info"},
		"control chars":    {"a\tbell\a and \x1b[31mred", "a bell  and  [31mred", "info"},
		"longer than read": {strings.Repeat("abcd", 30_000), "abcdabcd", "info"},
	}
	for name, c := range cases {
		_, err := ask(connector, "stderr:"+c.line+"\n")
		require.NoError(t, err)
		entry := h.log.await(t, c.message)
		require.Equal(t, c.level, entry["@level"], name)
		require.Equal(t, "hostile", entry["connector"], name)
		require.Equal(t, "1.2.3", entry["version"], name)
		require.Less(t, len(fmt.Sprint(entry["@message"])), 5000, name)
	}
	require.EqualValues(t, "1", h.log.entries(t, "one hclog")[0]["n"])
	require.NotContains(t, fmt.Sprint(h.log.entries(t, "one hclog")[0]["@timestamp"]), "2026-04-01")
}

func TestATraceOfACrashIsAnErrorToItsEnd(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	connector := h.load(t, "")
	_, err := ask(connector, "stderr:panic: everything is lost\n\ngoroutine 7 [running]:\nmain.main()\n")
	require.NoError(t, err)
	for _, line := range []string{"panic: everything is lost", "goroutine 7", "main.main()"} {
		require.Equal(t, "error", h.log.await(t, line)["@level"])
	}
}

func TestNoSecretReachesTheLog(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	connector := h.load(t, "")
	secret := "tok-5f2a9c"
	call := ports.Call{Connection: ports.Connection{ID: "c1", Credentials: map[string]string{"token": secret}}}
	_, err := connector.ListPayoutLines(context.Background(), ports.ListPayoutLinesRequest{Call: call})
	require.NoError(t, err)
	entry := h.log.await(t, "listing")
	require.Equal(t, "[redacted]", entry["password"])
	require.Equal(t, "c1", entry["connection"])
	require.Equal(t, "ListPayoutLines", entry["method"])
	for _, line := range []string{
		`{"msg":"nested","request":{"headers":{"Authorization":"Bearer abc.def"},"client_secret":"s1 s2"}}`,
		`{"msg":"url https://x/?access_token=leaky1&b=2"}`,
		`Authorization: Bearer leaky2`, `api_key=leaky3`, `"password" : "leaky4"`, `a line with ` + secret,
		`{"api-key":"leaky5","` + secret + `":1,"msg":"key"}`, "the last",
	} {
		_, err := ask(connector, "stderr:"+line+"\n")
		require.NoError(t, err)
	}
	h.log.await(t, "the last")
	for _, leak := range []string{secret, "leaky", "abc.def", "s1", "hunter22"} {
		require.NotContains(t, h.log.String(), leak)
	}
}

func TestAConnectorThatLogsTooMuchIsCutShort(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	connector := h.load(t, "")
	_, err := ask(connector, "stderr:"+strings.Repeat("flood\n", 20_000))
	require.NoError(t, err)
	eventually(t, "the flood to be noticed", func() bool {
		_, err := ask(connector, "stderr:more\n")
		require.NoError(t, err)
		return len(h.log.entries(t, "the connector logs too much")) > 0
	})
	require.Less(t, len(h.log.entries(t, "flood")), 5_000)
	require.Equal(t, pluginhost.Ready, connector.Status().State)
}
