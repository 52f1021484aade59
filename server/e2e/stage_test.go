package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/server/client"
	"github.com/kvitt/kvitt/server/config"
	"github.com/kvitt/kvitt/server/process"
)

const (
	// patience is how long anything may take before it counts as never happening.
	patience = 60 * time.Second
	// glance is how often a test looks.
	glance = 15 * time.Millisecond
)

// stage is a world of its own: both simulators, and a hub with its connectors.
type stage struct {
	t       *testing.T
	folder  string
	klarna  *simulator
	fortnox *simulator
	hub     *process.Process
	client  *client.Client
	// fate is what the hub dies of, see mortalStore, and fates what those after it
	// die of; the last one lives.
	fate  string
	fates []string
	// shape is how onboard has payouts booked.
	shape booking.Shape
	// settings are those of the flow beyond the shape.
	settings map[string]any
	// world is the file of what the simulators know.
	world string
	// change is what this stage's configuration has of its own.
	change func(*config.Config)
}

// raise starts simulators with a fresh world; the hub comes later. The data folder
// is a copy of the template, or empty without one.
func raise(t *testing.T, template string) *stage {
	t.Helper()
	return raiseIn(t, template, filepath.Join("testdata", "world.json"))
}

// raiseIn is raise in another world.
func raiseIn(t *testing.T, template, world string) *stage {
	t.Helper()
	s := &stage{t: t, folder: t.TempDir(), shape: booking.Clearing, world: world}
	data := filepath.Join(s.folder, "data")
	if template == "" {
		require.NoError(t, os.Mkdir(data, 0o700))
	} else {
		copyFiles(t, template, data)
	}
	s.klarna, s.fortnox = s.simulate("klarna"), s.simulate("fortnox")
	t.Cleanup(s.strike)
	return s
}

// copyFiles copies the files of a folder. Its sub-folders hold only what the hub
// makes anew at each start.
func copyFiles(t *testing.T, from, to string) {
	t.Helper()
	require.NoError(t, os.Mkdir(to, 0o700))
	entries, err := os.ReadDir(from)
	require.NoError(t, err)
	for _, e := range entries {
		if e.IsDir() || e.Name() == commitLog {
			continue
		}
		content, err := os.ReadFile(filepath.Join(from, e.Name()))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(to, e.Name()), content, 0o600))
	}
}

func (s *stage) simulate(name string) *simulator {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	program := filepath.Join(bin, "simulators", name)
	p, err := process.Start(ctx, s.folder, program, "--world", s.world, "--exit-with-parent")
	require.NoError(s.t, err)
	return &simulator{Process: p, name: name}
}

// configure writes the hub's configuration: connectors call the simulators, and
// nothing waits longer than it must.
func (s *stage) configure() string {
	s.t.Helper()
	c := config.Default()
	c.Listen, c.Data, c.Connectors = "127.0.0.1:0", filepath.Join(s.folder, "data"), filepath.Join(bin, "connectors")
	c.BusinessClock, c.LogLevel = "2026-04-20T08:00:00Z", "debug"
	c.Hosts = map[string]map[string]string{
		"klarna":  {"https://api.playground.klarna.com": s.klarna.URL},
		"fortnox": {"https://api.fortnox.se": s.fortnox.URL, "https://apps.fortnox.se": s.fortnox.URL},
	}
	wide := config.Quota{Calls: 1000, Window: 50 * time.Millisecond, InFlight: 1}
	c.Quotas = map[string]config.Quota{"klarna": wide, "fortnox": wide}
	c.Timings.Poll, c.Timings.Backoff, c.Timings.Call = 20*time.Millisecond, 20*time.Millisecond, 20*time.Second
	c.Timings.Stop = 10 * time.Second
	if s.change != nil {
		s.change(&c)
	}
	text, err := yaml.Marshal(c)
	require.NoError(s.t, err)
	file := filepath.Join(s.folder, "kvitt.yaml")
	require.NoError(s.t, os.WriteFile(file, text, 0o600))
	return file
}

// open starts the hub, and the next one if it dies before it listens.
func (s *stage) open() {
	s.t.Helper()
	program, err := os.Executable()
	require.NoError(s.t, err)
	s.hub = nil
	for s.hub == nil {
		s.fate, s.fates = next(s.fates)
		ctx, cancel := context.WithTimeout(s.t.Context(), patience)
		s.hub, err = process.Start(ctx, s.folder, program, hubCommand, s.configure(), s.fate)
		cancel()
		require.True(s.t, err == nil || s.fate != "", "%v\n%s", err, s.log())
	}
	key, err := os.ReadFile(filepath.Join(s.folder, "data", "operator.key"))
	require.NoError(s.t, err)
	s.client = client.New(s.hub.URL, string(key))
}

func next(fates []string) (string, []string) {
	if len(fates) == 0 {
		return "", nil
	}
	return fates[0], fates[1:]
}

// reopen starts the hub again after its death.
func (s *stage) reopen() {
	s.t.Helper()
	require.NoError(s.t, s.hub.Kill()) // it is dead: this collects it
	s.open()
}

// commits names the hub's commits so far.
func (s *stage) commits() []string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.folder, "data", commitLog))
	require.NoError(s.t, err)
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// log gives all that the hub and its connectors have said.
func (s *stage) log() string {
	program, err := os.Executable()
	if err != nil {
		return err.Error()
	}
	text, err := os.ReadFile(filepath.Join(s.folder, filepath.Base(program)+".log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// strike ends everything that runs.
func (s *stage) strike() {
	log := s.log()
	for _, sign := range []string{"DATA RACE", "panic: ", "goroutine 1 ["} {
		if strings.Contains(log, sign) {
			s.t.Errorf("the hub's log says %q", sign)
		}
	}
	if s.t.Failed() {
		lines := strings.Split(log, "\n")
		s.t.Logf("the end of the hub's log:\n%s", strings.Join(lines[max(0, len(lines)-40):], "\n"))
	}
	if s.hub != nil {
		_ = s.hub.Kill()
	}
	for _, sim := range []*simulator{s.klarna, s.fortnox} {
		_ = sim.Kill()
	}
}

// until waits for something to become true.
func (s *stage) until(what string, happened func() bool) {
	s.t.Helper()
	for end := time.Now().Add(patience); !happened(); time.Sleep(glance) {
		if time.Now().After(end) {
			s.t.Fatalf("it never came about that %s", what)
		}
	}
}
