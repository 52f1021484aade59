package e2e_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
)

// connectorPID finds the process of a connector among the hub's children: it runs
// the hub's copy of the program, which bears the program's hash as its name.
func (s *stage) connectorPID(t *testing.T, connector string) int {
	t.Helper()
	connectors := list[api.Connector](s, "/v1/connectors")
	at := slices.IndexFunc(connectors, func(c api.Connector) bool { return c.ID == connector })
	require.NotEqual(t, -1, at)
	hub := strconv.Itoa(s.hub.PID())
	processes, err := filepath.Glob("/proc/[0-9]*/exe")
	require.NoError(t, err)
	if len(processes) == 0 {
		t.Skip("processes are found under /proc, which only Linux has")
	}
	for _, exe := range processes {
		program, err := os.Readlink(exe)
		if err != nil || filepath.Base(program) != connectors[at].Sha256 || parentOf(filepath.Dir(exe)) != hub {
			continue // gone, or not ours
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(exe)))
		require.NoError(t, err)
		return pid
	}
	t.Fatalf("no process of %s is a child of the hub", connector)
	return 0
}

func parentOf(process string) string {
	status, err := os.ReadFile(filepath.Join(process, "status"))
	if err != nil {
		return ""
	}
	_, after, _ := strings.Cut(string(status), "\nPPid:")
	parent, _, _ := strings.Cut(after, "\n")
	return strings.TrimSpace(parent)
}
