package pluginhost_test

import (
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/wire"
)

// roomy is far above what the test binary uses, even with the race detector.
const roomy = 256 << 20

func withMemory(bytes int64) func(*pluginhost.Config) {
	return func(c *pluginhost.Config) {
		c.Memory = bytes
		c.Restart = pluginhost.Restart{First: time.Hour, Most: time.Hour}
	}
}

func onLinux(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("memory is watched on Linux only")
	}
}

func TestAConnectorThatUsesMoreMemoryThanItMayIsEnded(t *testing.T) {
	t.Parallel()
	onLinux(t)
	connector := newHub(t, withMemory(roomy)).load(t, "")
	require.NoError(t, connector.Start(t.Context()))
	before := connector.Status()
	require.EqualValues(t, roomy, before.MemoryLimit)
	require.Positive(t, before.MemoryBytes)
	require.Less(t, before.MemoryBytes, before.MemoryLimit)
	require.Zero(t, before.PeakMemory)

	_, err := ask(connector, "eat:1000000")
	require.Equal(t, wire.CodeCutOff, fault.CodeOf(err))
	eventually(t, "the exit", func() bool { return connector.Status().State == pluginhost.Backoff })
	after := connector.Status()
	require.Contains(t, after.LastExit, "the connector used more memory than its limit of 256 MiB")
	require.Equal(t, 1, after.Restarts)
	require.Zero(t, after.MemoryBytes)
	require.Greater(t, after.PeakMemory, int64(roomy))
	require.EqualValues(t, 1, connector.Calls().FailedBy(fault.Connector))
}

func TestTheMemoryOfChildrenIsTheConnectors(t *testing.T) {
	t.Parallel()
	onLinux(t)
	connector := newHub(t, withMemory(roomy)).load(t, "")
	child, err := ask(connector, "have-eaten:300")
	require.NoError(t, err)
	eventually(t, "the exit", func() bool { return connector.Status().State == pluginhost.Backoff })
	require.Contains(t, connector.Status().LastExit, "used more memory than its limit of 256 MiB")
	pid, err := strconv.Atoi(child[0])
	require.NoError(t, err)
	eventually(t, "the child to be gone", func() bool { return !alive(pid) || zombie(pid) })
}

// What is reserved and not used is nothing that the watch could see.
func TestTheKernelRefusesWhatTheWatchWouldSeeTooLate(t *testing.T) {
	t.Parallel()
	onLinux(t)
	connector := newHub(t, withMemory(roomy)).load(t, "")
	_, err := ask(connector, "reserve:64")
	require.NoError(t, err)
	_, err = ask(connector, "reserve:8192")
	require.Equal(t, wire.CodeCutOff, fault.CodeOf(err))
	eventually(t, "the exit", func() bool { return connector.Status().State == pluginhost.Backoff })
	require.Contains(t, connector.Status().LastExit, "the connector exited (exit status")
	require.Less(t, connector.Status().PeakMemory, int64(roomy), "the peak is what was used, by the connector alone")
}

func TestAConnectorMayHaveALimitOfItsOwnOrNone(t *testing.T) {
	t.Parallel()
	onLinux(t)
	h := newHub(t, withMemory(roomy), func(c *pluginhost.Config) { c.MemoryOf = map[string]int64{"healthy": 2 * roomy} })
	own, common := h.load(t, "healthy"), h.load(t, "")
	unlimited := newHub(t, withMemory(roomy), func(c *pluginhost.Config) { c.MemoryOf = map[string]int64{"hostile": -1} }).load(t, "")
	require.EqualValues(t, 2*roomy, own.Status().MemoryLimit)
	require.EqualValues(t, roomy, common.Status().MemoryLimit)
	require.Zero(t, unlimited.Status().MemoryLimit)

	env, err := ask(common, "env")
	require.NoError(t, err)
	require.Contains(t, env, "GOMEMLIMIT="+strconv.Itoa(roomy*8/10))
	require.Contains(t, env, "NODE_OPTIONS=--max-old-space-size=179")
	env, err = ask(unlimited, "env")
	require.NoError(t, err)
	for _, entry := range env {
		require.NotContains(t, entry, "GOMEMLIMIT")
		require.NotContains(t, entry, "NODE_OPTIONS")
	}
	_, err = ask(unlimited, "eat:300")
	require.NoError(t, err)
	eventually(t, "a look at the memory", func() bool { return unlimited.Status().MemoryBytes > roomy })
	require.Zero(t, unlimited.Status().Restarts)
	_, err = ask(unlimited, "reserve:8192")
	require.NoError(t, err)
}

// A peak that were taken from the kernel's accounts would be the hub's: a new process
// shares its memory for a moment.
func TestThePeakOfAConnectorIsNotTheHubs(t *testing.T) {
	onLinux(t)
	big := make([]byte, roomy)
	for i := range big {
		big[i] = 1
	}
	connector := newHub(t).load(t, "")
	_, err := ask(connector, "exit")
	require.Error(t, err)
	eventually(t, "the exit", func() bool { return connector.Status().PeakMemory > 0 })
	require.Less(t, connector.Status().PeakMemory, int64(len(big))/2)
	runtime.KeepAlive(big)
}

func TestAChildThatHasLeftTheProcessGroupGoesWithTheConnector(t *testing.T) {
	t.Parallel()
	onLinux(t)
	connector := newHub(t).load(t, "")
	child, err := ask(connector, "stray")
	require.NoError(t, err)
	pid, err := strconv.Atoi(child[0])
	require.NoError(t, err)
	pluginhost.AwaitStray(t, connector, patience)
	require.True(t, alive(pid))
	_, err = ask(connector, "exit")
	require.Error(t, err)
	eventually(t, "the child to be gone", func() bool { return !alive(pid) || zombie(pid) })
}
