package command_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/sdk/conformance/report"
)

// root is the folder of the repository.
const root = "../.."

// build makes a program of the repository.
func build(t *testing.T, folder string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), filepath.Base(folder))
	out, err := exec.CommandContext(t.Context(), "go", "build", "-C", root, "-o", path, "./"+folder).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

// script makes a program of a few lines.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "connector")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700)) //nolint:gosec // it is run
	return path
}

func TestAConnectorIsCheckedAsAFinishedProgram(t *testing.T) {
	t.Parallel()
	connector, simulator := build(t, "plugins/klarna"), build(t, "plugins/klarna/simulator")
	check := func(more ...string) (code int, out, errs string) {
		return run(t, append([]string{
			"connector", "check", connector, "--plan", root + "/plugins/klarna/conformance.json", "--simulator", simulator, "--level", "2",
		}, more...)...)
	}
	code, out, errs := check()
	require.Zero(t, code, "%s\n%s", out, errs)
	require.Regexp(t, `payouts.proof +passed`, out)
	require.Contains(t, out, "level 2 reached, level 4 claimed")

	code, out, errs = check("--json")
	require.Zero(t, code, errs)
	var first report.Report
	require.NoError(t, json.Unmarshal([]byte(out), &first))
	require.Equal(t, "klarna", first.Connector.ID)
	require.Len(t, first.Connector.SHA256, 64)
	require.Equal(t, 2, first.Reached)
	_, out, _ = check("--json")
	var second report.Report
	require.NoError(t, json.Unmarshal([]byte(out), &second))
	for i := range first.Cases {
		first.Cases[i].Took, second.Cases[i].Took = 0, 0
	}
	require.Equal(t, first, second, "the report is the same but for the times")
}

func TestAConnectorThatFailsACaseFailsTheCheck(t *testing.T) {
	t.Parallel()
	folder, err := filepath.Abs(root + "/plugins/klarna")
	require.NoError(t, err)
	plan := filepath.Join(t.TempDir(), "conformance.json")
	require.NoError(t, os.WriteFile(plan, fmt.Appendf(nil, `{
		"level": 4,
		"simulator": {"world": %q},
		"settings": {"environment": "playground"},
		"credentials": {"merchant_id": "K123456", "username": "K123456_abc123", "api_key": "klarna_test_api_of_yesterday"}
	}`, folder+"/testdata/conformance-world.json"), 0o600))
	code, out, errs := run(t, "connector", "check", build(t, "plugins/klarna"), "--plan", plan,
		"--simulator", build(t, "plugins/klarna/simulator"), "--level", "1")
	require.Equal(t, 1, code, "%s\n%s", out, errs)
	require.Regexp(t, `credentials.accepted +FAILED`, out)
	require.Regexp(t, `credentials.refused +not run +0s +credentials.accepted has failed`, out)
	require.Regexp(t, `\nlevel 0 reached, level 4 claimed\n$`, out)
	require.Contains(t, errs, "level 1 was asked for, level 0 is reached")
	require.Contains(t, errs, "docs/connectors/conformance.md explains each case")
	require.NotContains(t, out+errs, "klarna_test_api_of_yesterday")
}

func TestAProgramThatNoHubCouldRunIsSaid(t *testing.T) {
	t.Parallel()
	plain := filepath.Join(t.TempDir(), "notes.txt")
	require.NoError(t, os.WriteFile(plain, []byte("notes"), 0o600))
	foreign := filepath.Join(t.TempDir(), "foreign")
	require.NoError(t, os.WriteFile(foreign, []byte("MZ for another system"), 0o700)) //nolint:gosec // it must be executable to be refused for what it is
	described := `{"id":"quick","name":"Quick","version":"1.0.0","protocol":%s,"capabilities":[],"settings":{},"credentials":{},"quota":{"in_flight":1},"operations":[],"hosts":[]}`
	saying := func(protocol, otherwise string) string {
		return `if [ "$1" = describe ]; then echo '` + fmt.Sprintf(described, protocol) + `'; else ` + otherwise + `; fi`
	}
	tests := map[string]struct{ path, want string }{
		"not executable":           {plain, "chmod +x"},
		"built for another system": {foreign, "it is built for Windows"},
		"no description":           {script(t, "echo hello"), "the connector's description is not JSON"},
		"another protocol":         {script(t, saying("2", "true")), "the connector speaks protocol 2, this hub 1"},
		"exits":                    {script(t, saying("1", "echo no licence >&2; exit 3")), "no licence"},
		"prints before it serves":  {script(t, saying("1", "echo loading; exit 0")), "loading"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, errs := run(t, "connector", "check", test.path, "--plan", root+"/plugins/klarna/conformance.json")
			require.Equal(t, 1, code, errs)
			require.Empty(t, out)
			require.Contains(t, errs, test.want)
		})
	}
}

func TestACheckThatNamesWhatIsNotThereIsNotUnderstood(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	planned := root + "/plugins/klarna/conformance.json"
	for want, args := range map[string][]string{
		"<binary> is missing":                         {},
		"there is no file /nowhere/connector":         {"/nowhere/connector", "--plan", planned},
		"--plan: there is no file conformance.json":   {self},
		"--simulator: there is no file /nowhere/sim":  {self, "--plan", planned, "--simulator", "/nowhere/sim"},
		"--previous: there is no file /nowhere/older": {self, "--plan", planned, "--previous", "/nowhere/older"},
		"there is no level 5":                         {self, "--plan", planned, "--level", "5"},
		"unknown flag: --loud":                        {self, "--loud"},
	} {
		code, out, errs := run(t, append([]string{"connector", "check"}, args...)...)
		require.Equal(t, 2, code, "%v: %s", args, errs)
		require.Empty(t, out)
		require.Contains(t, errs, want)
	}
	code, _, errs := run(t, "connector", "chekc")
	require.Equal(t, 2, code)
	require.Contains(t, errs, `there is no command "chekc"`)
}

func TestAWrongPlanIsSaidWithItsField(t *testing.T) {
	t.Parallel()
	wrong := filepath.Join(t.TempDir(), "conformance.json")
	require.NoError(t, os.WriteFile(wrong, []byte(`{"level":2,"simulator":{"world":"w"},"credentials":{},"speed":1}`), 0o600))
	code, _, errs := run(t, "connector", "check", build(t, "plugins/klarna"), "--plan", wrong)
	require.Equal(t, 1, code)
	require.Contains(t, errs, "speed: there is no such field in a plan")
}
