// Package process starts programs of kvitt that say on standard output where they
// listen, and ends them again.
package process

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Process is a running program that serves a URL.
type Process struct {
	// URL is where it listens.
	URL  string
	name string
	cmd  *exec.Cmd
	// life is the program's standard input, held open as long as this process lives:
	// the program ends with its parent, however the parent went.
	life io.Closer
	done chan struct{}
}

// Start runs a program until it has said where it listens: one line {"url": "..."}
// on its standard output. Its log goes to a file in the folder.
func Start(ctx context.Context, folder, program string, args ...string) (*Process, error) {
	name := filepath.Base(program)
	log, err := os.OpenFile(filepath.Join(folder, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the log of %s: %w", name, err)
	}
	defer log.Close()
	p := &Process{name: name, cmd: exec.Command(program, args...), done: make(chan struct{})} //nolint:noctx,gosec // outlives the context; the caller names the program
	p.cmd.Stderr = log
	if p.life, err = p.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	listening := make(chan string, 1)
	go p.follow(out, listening)
	select {
	case p.URL = <-listening:
		if p.URL != "" {
			return p, nil
		}
	case <-ctx.Done():
	}
	_ = p.Kill() // it is gone already or did not get ready
	return nil, fmt.Errorf("%s did not say where it listens; its log is %s", name, log.Name())
}

// follow reads the program's output to its end and then waits for the program.
func (p *Process) follow(out io.Reader, listening chan<- string) {
	lines := bufio.NewScanner(out)
	var ready struct {
		URL string `json:"url"`
	}
	for ready.URL == "" && lines.Scan() {
		_ = json.Unmarshal(lines.Bytes(), &ready) // other lines are none of ours
	}
	listening <- ready.URL
	_, _ = io.Copy(io.Discard, out)
	_ = p.cmd.Wait() // how it ended stands in its log
	close(p.done)
}

// PID is the program's process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Stop asks the program to end, and kills it if it has not ended after the grace.
func (p *Process) Stop(grace time.Duration) error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stopping %s: %w", p.name, err)
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(grace):
		return p.Kill()
	}
}

// Kill ends the program at once, as a crash would.
func (p *Process) Kill() error {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("killing %s: %w", p.name, err)
	}
	<-p.done
	return nil
}
