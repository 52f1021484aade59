package simulator_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/sdk/simulator"
)

// named is a command whose simulators answer their own name, and claim requests that
// bear it.
func named() simulator.Command {
	return simulator.Command{
		Section: "shop",
		Build: func(section []byte, _ *simulator.Control) (http.Handler, error) {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, string(section)+" "+r.URL.RequestURI())
			}), nil
		},
		Claims: func(section []byte) (simulator.Claim, error) {
			return func(r *http.Request) bool { return r.Header.Get("Authorization") == strings.Trim(string(section), `"`) }, nil
		},
	}
}

// serveWorlds runs the command with worlds of these names.
func serveWorlds(t *testing.T, names ...string) func(method, path, credential, body string) string {
	t.Helper()
	args := []string{}
	for _, name := range names {
		args = append(args, "--world", worldFile(t, `{"now":"2026-04-20T08:00:00Z","shop":"`+name+`"}`))
	}
	ctx, stop := context.WithCancel(context.Background())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- named().Run(ctx, args, nil, in) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	require.NoError(t, err)
	var ready struct{ URL string }
	require.NoError(t, json.Unmarshal(line, &ready))
	return func(method, path, credential, body string) string {
		request, err := http.NewRequest(method, ready.URL+path, strings.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Authorization", credential)
		answer, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return string(text)
	}
}

func TestARequestGoesToTheWorldWhoseCredentialsItCarries(t *testing.T) {
	t.Parallel()
	ask := serveWorlds(t, "oak", "elm")
	require.Equal(t, `"oak" /a?b=c`, ask("GET", "/a?b=c", "oak", ""))
	require.Equal(t, `"elm" /a?b=c`, ask("GET", "/a?b=c", "elm", ""))
	require.Equal(t, `"oak" /a`, ask("GET", "/a", "nobody", ""), "who is unknown is refused by the first")
	require.Contains(t, ask("GET", "/_sim/requests", "elm", ""), `"total":2`, "controls need no credential and are the first world's")
	require.Contains(t, ask("GET", "/_sim/worlds/2/requests", "", ""), `"total":1`)
	require.Contains(t, ask("GET", "/_sim/worlds/1/requests", "", ""), `"total":2`)
}

func TestEachWorldIsSteeredByItself(t *testing.T) {
	t.Parallel()
	ask := serveWorlds(t, "oak", "elm")
	ask("POST", "/_sim/worlds/2/clock", "", `{"set":"2026-05-01T00:00:00Z"}`)
	ask("POST", "/_sim/worlds/2/faults", "", `{"kind":"status","status":503,"body":"broken","times":0}`)
	require.Contains(t, ask("GET", "/_sim/clock", "", ""), "2026-04-20")
	require.Contains(t, ask("GET", "/_sim/worlds/2/clock", "", ""), "2026-05-01")
	require.Equal(t, `"oak" /`, ask("GET", "/", "oak", ""))
	require.Equal(t, "broken", ask("GET", "/", "elm", ""))
	require.Equal(t, `"elm" /_sim/shop/x?y=z`, ask("GET", "/_sim/worlds/2/shop/x?y=z", "", ""), "controls of the simulator's own as well")
	for _, number := range []string{"0", "3", "two"} {
		require.Contains(t, ask("GET", "/_sim/worlds/"+number+"/clock", "", ""), "no such world")
	}
}

func TestASimulatorThatCannotTellWorldsApartServesOne(t *testing.T) {
	t.Parallel()
	file := worldFile(t, world)
	err := echo().Run(t.Context(), []string{"--world", file, "--world", file}, nil, io.Discard)
	require.ErrorContains(t, err, "serves one only")
}
