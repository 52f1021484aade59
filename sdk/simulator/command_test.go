package simulator_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/sdk/simulator"
)

const world = `{"now":"2026-04-20T08:00:00Z","klarna":{"payouts":[]},"fortnox":{"client_id":"x"}}`

func worldFile(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "world.json")
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	return file
}

// echo is a command whose simulator answers its section and its clock.
func echo() simulator.Command {
	return simulator.Command{Section: "fortnox", Build: func(section []byte, c *simulator.Control) (http.Handler, error) {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, "%s %s", section, c.Now().Format("2006-01-02"))
		}), nil
	}}
}

// start runs the command and returns the announced address and its end.
func start(t *testing.T, ctx context.Context, stdin io.Reader, args ...string) (string, <-chan error) {
	t.Helper()
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- echo().Run(ctx, args, stdin, in) }()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	require.NoError(t, err)
	var ready struct{ URL string }
	require.NoError(t, json.Unmarshal(line, &ready))
	return ready.URL, ended
}

func get(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}

func TestACommandServesItsSectionOfTheWorld(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"from the world's now":  {nil, `{"client_id":"x"} 2026-04-20`},
		"from the time it gets": {[]string{"--now", "2026-05-02T00:00:00Z"}, `{"client_id":"x"} 2026-05-02`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, stop := context.WithCancel(context.Background())
			url, ended := start(t, ctx, nil, append(c.args, "--world", worldFile(t, world))...)
			require.Equal(t, c.want, get(t, url+"/"))
			require.Contains(t, get(t, url+"/_sim/requests"), `"total":1`)
			stop()
			require.NoError(t, <-ended)
			_, err := http.Get(url)
			require.Error(t, err, "nothing listens any more")
		})
	}
}

func TestACommandStopsThoughARequestIsHeld(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(context.Background())
	url, ended := start(t, ctx, nil, "--world", worldFile(t, world))
	b := &bench{t: t, url: url, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	b.fault(simulator.Fault{Kind: "hold_before"})
	done := b.sendInBackground(context.Background(), "/")
	b.eventually(func() bool { return len(b.held()) == 1 }, "the request is held")
	stop()
	require.NoError(t, <-ended)
	<-done
}

func TestACommandEndsWithItsParent(t *testing.T) {
	t.Parallel()
	stdin, parent := io.Pipe()
	_, ended := start(t, context.Background(), stdin, "--exit-with-parent", "--world", worldFile(t, world))
	require.NoError(t, parent.Close())
	select {
	case err := <-ended:
		require.NoError(t, err)
	case <-time.After(10 * time.Second):
		t.Fatal("it still runs")
	}
}

func TestACommandThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no world":            {nil, "--world is missing"},
		"world is not there":  {[]string{"--world", "/nowhere.json"}, "no such file"},
		"world is no JSON":    {[]string{"--world", worldFile(t, "hello")}, "reading world"},
		"section is missing":  {[]string{"--world", worldFile(t, "{}")}, `no section "fortnox"`},
		"time is not a time":  {[]string{"--world", worldFile(t, world), "--now", "noon"}, "--now"},
		"world's now is none": {[]string{"--world", worldFile(t, `{"now":"noon","fortnox":{}}`)}, "world's now"},
		"a stray argument":    {[]string{"serve"}, "not expected"},
		"no such address":     {[]string{"--world", worldFile(t, world), "--listen", "256.0.0.1:1"}, "listening on"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, echo().Run(context.Background(), c.args, nil, io.Discard), c.want)
		})
	}
}
