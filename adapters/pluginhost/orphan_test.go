package pluginhost_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/pluginhost"
)

// envHub has the test binary become a hub with a connector, below this folder.
const envHub = "KVITT_TEST_HUB"

// becomeHub starts a connector, says its process id and waits to be killed. The
// connector is started under the mode that the file "mode" holds.
func becomeHub(dir string) {
	mode, _ := os.ReadFile(filepath.Join(dir, "mode"))
	_ = os.Unsetenv(envHub)
	path, _ := os.Executable()
	host, err := pluginhost.New(pluginhost.Config{Dir: filepath.Join(filepath.Dir(path), "installed"), SocketDir: filepath.Join(dir, "s")})
	if err != nil {
		fmt.Fprintln(os.Stdout, err)
		return
	}
	connector, err := host.Load(context.Background(), pluginhost.Source{Path: path, Env: map[string]string{envHostile: string(mode)}})
	if err != nil {
		fmt.Fprintln(os.Stdout, err)
		return
	}
	pid, err := ask(connector, "pid")
	fmt.Fprintln(os.Stdout, strings.Join(pid, ""), err)
	select {}
}

// startHub runs a hub in a process and gives it with its connector's process id.
func startHub(t *testing.T, dir, mode string) (hub *exec.Cmd, connector int) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "mode"), []byte(mode), 0o600))
	hub = exec.Command(executable(t))
	hub.Env = append(os.Environ(), envHub+"="+dir)
	out, err := hub.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, hub.Start())
	var pid, problem string
	_, err = fmt.Fscanln(out, &pid, &problem)
	require.NoError(t, err)
	connector, err = strconv.Atoi(pid)
	require.NoError(t, err, problem)
	return hub, connector
}

func TestConnectorsDieWithAHubThatIsKilledAndTheirSocketsAreSwept(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"", "undying"} {
		dir := shortDir(t)
		hub, connector := startHub(t, dir, mode)
		require.True(t, alive(connector))
		left, err := filepath.Glob(filepath.Join(dir, "s", "h*"))
		require.NoError(t, err)
		require.Len(t, left, 1)

		require.NoError(t, hub.Process.Signal(syscall.SIGKILL))
		_ = hub.Wait()
		eventually(t, "the connector to be gone", func() bool { return !alive(connector) || zombie(connector) })
		sockets, err := filepath.Glob(filepath.Join(left[0], "plugin-dir*", "*"))
		require.NoError(t, err)
		require.NotEmpty(t, sockets, "a killed hub cannot clean up")

		next, err := pluginhost.New(pluginhost.Config{Dir: filepath.Join(dir, "d"), SocketDir: filepath.Join(dir, "s")})
		require.NoError(t, err)
		require.NoDirExists(t, left[0])
		require.NoError(t, next.Stop(context.Background()))
	}
}

func TestTheSocketsOfALivingHubAreLeftAlone(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	share := func(c *pluginhost.Config) { c.SocketDir = dir }
	first := newHub(t, share)
	connector := first.load(t, "")
	newHub(t, share)
	_, err := ask(connector, "pid")
	require.NoError(t, err)
	sockets, err := filepath.Glob(filepath.Join(dir, "h*", "plugin-dir*", "*"))
	require.NoError(t, err)
	require.NotEmpty(t, sockets)
}
