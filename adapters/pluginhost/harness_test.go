package pluginhost_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/ports"
)

func TestMain(m *testing.M) {
	if mode, ok := os.LookupEnv(envHostile); ok {
		becomeHostile(mode)
		return
	}
	if dir, ok := os.LookupEnv(envHub); ok {
		becomeHub(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for what must come; it is not a measure.
const patience = 30 * time.Second

// logbook collects the hub's log.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// entries gives the entries whose message holds the text.
func (l *logbook) entries(t *testing.T, text string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range strings.Lines(l.String()) {
		var entry map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &entry), "the hub's own log must stay JSON: %q", line)
		if message, _ := entry["@message"].(string); strings.Contains(message, text) {
			found = append(found, entry)
		}
	}
	return found
}

func (l *logbook) await(t *testing.T, text string) map[string]any {
	t.Helper()
	var found []map[string]any
	eventually(t, "a log entry with "+text, func() bool {
		found = l.entries(t, text)
		return len(found) > 0
	})
	return found[0]
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// hub is a host with its log, quick to restart.
type hub struct {
	*pluginhost.Host
	log *logbook
}

func newHub(t *testing.T, change ...func(*pluginhost.Config)) hub {
	t.Helper()
	book := &logbook{}
	config := pluginhost.Config{
		Dir:       sharedDir(t),
		SocketDir: shortDir(t),
		Logger:    hclog.New(&hclog.LoggerOptions{Level: hclog.Debug, Output: book, JSONFormat: true}),
		Restart:   pluginhost.Restart{First: time.Millisecond, Most: time.Millisecond, Budget: 1000},
	}
	for _, c := range change {
		c(&config)
	}
	host, err := pluginhost.New(config)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		require.NoError(t, host.Stop(ctx))
	})
	return hub{Host: host, log: book}
}

// sharedDir saves each test a copy of the test binary.
func sharedDir(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(filepath.Dir(executable(t)), "installed")
	require.NoError(t, os.MkdirAll(dir, 0o700))
	return dir
}

// shortDir gives a folder short enough for sockets; t.TempDir's holds the test's name.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kv") //nolint:usetesting // see above
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func executable(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	require.NoError(t, err)
	return path
}

func (h hub) load(t *testing.T, mode string) *pluginhost.Instance {
	t.Helper()
	instance, err := h.Load(context.Background(), hostileSource(t, mode))
	require.NoError(t, err)
	return instance
}

func hostileSource(t *testing.T, mode string) pluginhost.Source {
	t.Helper()
	return pluginhost.Source{Path: executable(t), Env: map[string]string{envHostile: mode}}
}

// ask has the hostile connector do something and gives the names in its answer.
func ask(i *pluginhost.Instance, what string) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return askUntil(ctx, i, what)
}

func askUntil(ctx context.Context, i *pluginhost.Instance, what string) ([]string, error) {
	page, err := i.ListPayouts(ctx, ports.ListPayoutsRequest{Cursor: what})
	var names []string
	for _, p := range page.Payouts {
		names = append(names, p.Reference)
	}
	return names, err
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func kill(t *testing.T, pid int) {
	t.Helper()
	require.Positive(t, pid)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
}
