package command_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/sdk"
	"github.com/kvitt/kvitt/server/command"
)

// klarna is a real connector, built once.
var klarna = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "kvitt-command-")
	if err != nil {
		return "", err
	}
	program := filepath.Join(folder, "klarna")
	return program, exec.Command("go", "build", "-o", program, "../../plugins/klarna").Run()
})

func TestMain(m *testing.M) {
	code := m.Run()
	if program, err := klarna(); err == nil {
		_ = os.RemoveAll(filepath.Dir(program))
	}
	os.Exit(code)
}

func connector(t *testing.T) string {
	t.Helper()
	program, err := klarna()
	require.NoError(t, err)
	return program
}

func TestACallPrintsItsAnswerAndNothingElse(t *testing.T) {
	t.Parallel()
	code, out, errs := run(t, "connector", "call", connector(t), "Describe")
	require.Zero(t, code, errs)
	var answer struct{ Description struct{ ID, Version string } }
	require.NoError(t, json.Unmarshal([]byte(out), &answer), out)
	require.Equal(t, "klarna", answer.Description.ID)
}

func TestACallThatMakesNoSenseEndsWithExitCode2(t *testing.T) {
	t.Parallel()
	program := connector(t)
	for want, args := range map[string][]string{
		"it has: Describe, Verify, ListPayouts, ListPayoutLines": {program, "EnsureVoucher"},
		"dev.request_invalid: payout: ":                          {program, "ListPayoutLines", "--request", `{"payout": "P1"}`},
		"<program> is missing":                                   {},
		"<method> is missing":                                    {program},
		"there is no level loud":                                 {program, "Verify", "--log-level", "loud"},
		"without a conformance plan this call would go to the real remote system": {program, "Verify"},
		"mean it with --live, where a write is real":                              {program, "ListPayouts"},
		"--credentials is for --live":                                             {program, "Verify", "--credentials", "sandbox.json"},
		"--credentials: there is no file /nowhere/sandbox.json":                   {program, "Verify", "--live", "--credentials", "/nowhere/sandbox.json"},
		"name one of the two":                                                     {program, "Verify", "--live", "--plan", "conformance.json"},
		"unknown flag: --requst":                                                  {program, "Verify", "--requst", "{}"},
		"--attach names one connector here, not 2":                                {"Verify", "--attach", "a=/x,b=/y"},
		"--attach is written as the connector prints it":                          {"Verify", "--attach", "a="},
	} {
		code, out, errs := run(t, append([]string{"connector", "call"}, args...)...)
		require.Equal(t, 2, code, "%v: %s", args, errs)
		require.Empty(t, out)
		require.Contains(t, errs, want)
	}
}

// TestACallTakesThePlanAboveTheProgram lays the connector out as its author has it.
func TestACallTakesThePlanAboveTheProgram(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(folder, "bin"), 0o700))
	program := filepath.Join(folder, "bin", "klarna")
	require.NoError(t, os.Link(connector(t), program))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "conformance.json"), []byte(`{"level":1,"simulator":{"world":"nowhere.json"}}`), 0o600))
	code, _, errs := run(t, "connector", "call", program, "Verify")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "reading the plan "+filepath.Join(folder, "conformance.json"))
	require.NotContains(t, errs, "dev.plan_missing")
}

func TestALiveCallTakesItsCredentialsFromTheFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sandbox.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"credentials": {"api_key": "secret-of-mine"}, "settings": {"region": "mars"}}`), 0o600))
	code, out, errs := run(t, "connector", "call", connector(t), "Verify", "--live", "--credentials", file)
	require.Equal(t, 1, code, out)
	require.Contains(t, errs, "klarna.settings_invalid: settings.region", "the connector refuses a region that is not there, so nothing was sent")
	require.NotContains(t, errs, "secret-of-mine")

	require.NoError(t, os.WriteFile(file, []byte(`{"api_key": "secret-of-mine"}`), 0o600))
	code, _, errs = run(t, "connector", "call", connector(t), "Verify", "--live", "--credentials", file)
	require.Equal(t, 2, code)
	require.Contains(t, errs, `is not written {"credentials"`)
	require.NotContains(t, errs, "secret-of-mine")
}

func TestMethodsAreCompleted(t *testing.T) {
	t.Parallel()
	code, out, _ := run(t, "__complete", "connector", "call", connector(t), "")
	require.Zero(t, code)
	require.True(t, strings.HasPrefix(out, "Describe\nVerify\nListPayouts\nListPayoutLines\n"), out)
}

func TestAConnectorThatIsNoneIsSaidToBeSo(t *testing.T) {
	t.Parallel()
	text := filepath.Join(t.TempDir(), "connector")
	require.NoError(t, os.WriteFile(text, []byte("hello there"), 0o700)) //nolint:gosec // that is the case
	code, _, errs := run(t, "connector", "call", text, "Verify")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "connector.not_installable")
}

// hub runs kvitt serve in this process until the test stops it.
type hub struct {
	url   string
	key   string
	stop  context.CancelFunc
	ended chan int
}

func serve(t *testing.T, folder string, args ...string) hub {
	t.Helper()
	settings := filepath.Join(folder, "kvitt.yaml")
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "connectors"), 0o700))
	require.NoError(t, os.WriteFile(settings, []byte("listen: 127.0.0.1:0\ndata: "+filepath.Join(folder, "data")+"\nconnectors: "+filepath.Join(folder, "connectors")+"\n"), 0o600))
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	h := hub{stop: stop, ended: make(chan int, 1)}
	var errs bytes.Buffer
	go func() {
		code := command.Execute(ctx, append([]string{"serve", "--config", settings}, args...), strings.NewReader(""), in, &errs)
		_ = in.Close()
		h.ended <- code
	}()
	var ready struct{ URL string }
	require.NoError(t, json.NewDecoder(out).Decode(&ready), errs.String())
	key, err := os.ReadFile(filepath.Join(folder, "data", "operator.key"))
	require.NoError(t, err)
	h.url, h.key = ready.URL, strings.TrimSpace(string(key))
	return h
}

// debugged runs klarna as somebody does who debugs it.
func debugged(t *testing.T) (process *exec.Cmd, attach string) {
	t.Helper()
	folder, err := os.MkdirTemp("", "kv") //nolint:usetesting // a socket's path must be short
	require.NoError(t, err)
	process = exec.Command(connector(t), sdk.Debugging) //nolint:gosec // built above
	process.Env = append(os.Environ(), "TMPDIR="+folder)
	out, err := process.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, process.Start())
	t.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
		_ = os.RemoveAll(folder)
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return process, strings.TrimSpace(strings.TrimPrefix(line, "--attach "))
}

func TestAHubInDevelopmentAttachesShowsItAndLetsGo(t *testing.T) {
	t.Parallel()
	process, attach := debugged(t)
	h := serve(t, t.TempDir(), "--dev", "--attach", attach)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+"/v1/connectors/klarna", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+h.key)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	var shown struct{ ID, Version, State string }
	require.NoError(t, json.NewDecoder(res.Body).Decode(&shown))
	require.Equal(t, "klarna", shown.ID)
	require.Equal(t, "attached", shown.State)
	h.stop()
	require.Zero(t, <-h.ended)

	// The process is there for the next one, whoever that is.
	code, out, errs := run(t, "connector", "call", "--attach", attach, "Describe")
	require.Zero(t, code, errs)
	require.Contains(t, out, `"id": "klarna"`)
	require.NoError(t, process.Process.Signal(os.Interrupt))
	require.NoError(t, process.Wait())
}

func TestAHubOutsideDevelopmentAttachesNothing(t *testing.T) {
	t.Parallel()
	_, attach := debugged(t)
	folder := t.TempDir()
	settings := filepath.Join(folder, "kvitt.yaml")
	id, address, _ := strings.Cut(attach, "=")
	require.NoError(t, os.WriteFile(settings, []byte("listen: 127.0.0.1:0\ndata: "+filepath.Join(folder, "data")+"\nattach: {"+id+": "+address+"}\n"), 0o600))
	code, out, errs := run(t, "serve", "--config", settings)
	require.Equal(t, 1, code)
	require.Empty(t, out)
	require.NotContains(t, errs, "could not build arguments")
	require.Contains(t, errs, "attaching klarna: connector.attach_refused: connectors are attached in development only")
	require.Contains(t, errs, "start kvitt with --dev")
}
