// Package remote runs the simulator that a connector is held against and steers
// it through its control API.
package remote

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/conformance/plan"
	"github.com/kvitt/kvitt/sdk/simulator"
)

// CodeSimulator: the simulator does not start, or does not do as it is told.
const CodeSimulator fault.Code = "conformance.simulator"

// Spec says how to start a simulator: in process by Build, else by Command.
type Spec struct {
	World   plan.World
	Build   simulator.Build
	Command []string

	running sync.WaitGroup
}

// Wait returns once all that was started and stopped has ended. A stopped
// simulator gives open connections a moment, which nobody need wait for before.
func (s *Spec) Wait() { s.running.Wait() }

// Remote is a simulator that runs, with a state of its own.
type Remote struct {
	// URL is its base URL.
	URL  string
	stop func()
}

// Start starts a simulator in its first state.
func (s *Spec) Start(ctx context.Context) (*Remote, error) { return s.start(ctx, s.World) }

// StartSmall starts one with small pages, if the plan says how.
func (s *Spec) StartSmall(ctx context.Context) (*Remote, error) {
	if s.World.Small == nil {
		return s.start(ctx, s.World)
	}
	return s.start(ctx, *s.World.Small)
}

func (s *Spec) start(ctx context.Context, world plan.World) (*Remote, error) {
	if s.Build != nil {
		return s.inProcess(ctx, world)
	}
	if len(s.Command) == 0 {
		return nil, broken("nothing says how to start the simulator", nil).
			WithRemedy("name its program with --simulator, or as simulator.command in the plan")
	}
	return s.program(ctx, world)
}

// Stop ends the simulator. It may be called twice.
func (r *Remote) Stop() { r.stop() }

func broken(reason string, err error) *fault.Error {
	return fault.New(CodeSimulator, fault.Validation, reason).Wrap(err)
}

func (s *Spec) inProcess(ctx context.Context, world plan.World) (*Remote, error) {
	control := simulator.New(world.Now)
	handler, err := s.Build(world.Section, control)
	if err != nil {
		return nil, broken("the simulator does not take its world", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	out, in := io.Pipe()
	s.running.Go(func() {
		err := control.Serve(ctx, "127.0.0.1:0", handler, in)
		_ = in.CloseWithError(errors.Join(err, io.EOF))
	})
	url, err := announced(out)
	if err != nil {
		cancel()
		return nil, broken("the simulator does not start", err)
	}
	return &Remote{URL: url, stop: cancel}, nil
}

// program starts the simulator as simulator.Command is started.
func (s *Spec) program(ctx context.Context, world plan.World) (*Remote, error) {
	file, err := os.CreateTemp("", "kvitt-world-*.json")
	if err != nil {
		return nil, broken("the world cannot be written", err)
	}
	_, err = file.Write(world.File)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, broken("the world cannot be written", err)
	}
	args := append(append([]string(nil), s.Command[1:]...),
		"--world", file.Name(), "--listen", "127.0.0.1:0", "--now", world.Now.Format(time.RFC3339), "--exit-with-parent")
	cmd := exec.CommandContext(context.WithoutCancel(ctx), s.Command[0], args...) //nolint:gosec // the program that the caller names
	stderr := &head{}
	cmd.Stderr = stderr
	stdin, err := cmd.StdinPipe() // its end tells the simulator that we are gone
	if err != nil {
		return nil, broken("the simulator does not start", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, broken("the simulator does not start", err)
	}
	if err := cmd.Start(); err != nil {
		_ = os.Remove(file.Name())
		return nil, broken("the simulator "+s.Command[0]+" does not start", err).
			WithRemedy("check that it is there, executable and built for this machine")
	}
	stop := sync.OnceFunc(func() {
		_ = stdin.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = os.Remove(file.Name())
	})
	url, err := announced(stdout)
	if err != nil {
		stop()
		return nil, broken(fmt.Sprintf("the simulator %s does not announce its address; it said %q", s.Command[0], stderr), err).
			WithRemedy(`a simulator prints {"url":"http://127.0.0.1:41234"} once it is ready, as simulator.Command does`)
	}
	return &Remote{URL: url, stop: stop}, nil
}

// announced reads the line that a simulator prints when it is ready. What comes
// after it is read away, so that the simulator never waits.
func announced(from io.Reader) (string, error) {
	lines := bufio.NewReader(from)
	line, err := lines.ReadBytes('\n')
	if err != nil {
		return "", err
	}
	var ready struct {
		URL string `json:"url"`
	}
	if err := json.Unmarshal(line, &ready); err != nil || ready.URL == "" {
		return "", fmt.Errorf("reading its first line %q", line)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	return ready.URL, nil
}

// head keeps the beginning of what is written.
type head struct{ text []byte }

func (h *head) Write(p []byte) (int, error) {
	const most = 300
	h.text = append(h.text, p[:min(len(p), most-len(h.text))]...)
	return len(p), nil
}

func (h *head) String() string { return string(h.text) }
