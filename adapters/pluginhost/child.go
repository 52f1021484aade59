package pluginhost

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-plugin/runner"
)

// drainTime is how long what a process has written may take to arrive after its
// exit. A grandchild that left the process group can hold the pipes open for ever.
const drainTime = time.Second

// child is one process of a connector, in the shape in which go-plugin starts
// and ends it. The process exists once: a new start needs a new child.
type child struct {
	cmd     *exec.Cmd
	spawner *spawner
	logs    *logPump
	stdout  *handshakeReader
	// plainText says that no TLS is expected of it.
	plainText bool
	// exited is closed as soon as the process is gone, and reason is set before.
	exited chan struct{}
	reason string
	// ended says that the host has ended it by force; set before exited is closed.
	ended bool
	// memories watches its memory.
	memories *memoryWatch
	// logged is closed when standard error has been read to its end.
	logged chan struct{}

	mu sync.Mutex
	// pid is 0 before the start and after the exit.
	pid int
	// doomed says that the process is to be ended as soon as it starts.
	doomed bool
	// verdict says what the host has ended it for, or is empty.
	verdict string
	memory  memory
}

var _ runner.Runner = (*child)(nil)

func newChild(path string, spawner *spawner, logs *logPump) *child {
	cmd := exec.Command(path) //nolint:noctx // it lives longer than any context; killGroup ends it
	cmd.SysProcAttr = processAttributes()
	return &child{
		cmd: cmd, spawner: spawner, logs: logs, stdout: &handshakeReader{},
		exited: make(chan struct{}), logged: make(chan struct{}),
	}
}

// Start starts the process with nothing on its standard input.
func (c *child) Start(context.Context) error {
	outRead, outWrite, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("starting the connector: %w", err)
	}
	errRead, errWrite, err := os.Pipe()
	if err != nil {
		_, _ = outRead.Close(), outWrite.Close()
		return fmt.Errorf("starting the connector: %w", err)
	}
	c.cmd.Stdout, c.cmd.Stderr = outWrite, errWrite
	err = c.spawner.start(c.cmd)
	_, _ = outWrite.Close(), errWrite.Close() // the process has its own copies
	if err != nil {
		_, _ = outRead.Close(), errRead.Close()
		return fmt.Errorf("starting the connector: %w", err)
	}
	c.stdout.from = outRead
	pid := c.cmd.Process.Pid
	if c.memory.limit > 0 {
		limitMemory(pid, hardLimit(c.memory.limit))
	}
	c.mu.Lock()
	c.pid = pid
	c.mu.Unlock()
	c.memories.add(c)
	go func() {
		defer close(c.logged)
		c.logs.read(errRead)
	}()
	go c.await(pid, outRead, errRead)
	if c.isDoomed() {
		c.killGroup()
	}
	return nil
}

// await makes the exit of the process an event. What it leaves behind in its
// process group goes with it.
func (c *child) await(pid int, pipes ...*os.File) {
	awaitExit(pid)
	doomed := c.isDoomed()
	c.killGroup()
	c.memories.remove(c)
	c.killStrays()
	_ = c.cmd.Wait() // the state says more than the error
	status, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus)
	c.ended = doomed && ok && status.Signaled() && status.Signal() == syscall.SIGKILL
	c.mu.Lock()
	c.pid = 0
	c.reason = c.cmd.ProcessState.String() // "exit status 1", "signal: killed"
	if c.memory.peak > 0 {
		c.reason += fmt.Sprintf(", peak memory %d MiB", c.memory.peak>>20)
	}
	c.mu.Unlock()
	for _, pipe := range pipes {
		_ = pipe.SetReadDeadline(time.Now().Add(drainTime))
	}
	close(c.exited)
}

// end says in a few words how the process ended, once it has.
func (c *child) end() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.verdict != "" {
		return c.verdict + " (" + c.reason + ")"
	}
	return "exited (" + c.reason + ")"
}

// killStrays ends children that have left the process group, as far as somebody has seen
// them: one that lived for less than a tick of the watch before the exit is not found.
// Having the kernel give all orphans to the hub (PR_SET_CHILD_SUBREAPER) would make it
// the parent of processes that it knows nothing of.
func (c *child) killStrays() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range c.memory.strays {
		killProcess(id)
	}
}

// killGroup ends the process and its children at once. Nothing happens when the
// process is gone, since its id may by then be another's.
func (c *child) killGroup() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.doomed = true
	if c.pid != 0 {
		_ = syscall.Kill(-c.pid, syscall.SIGKILL) // it may have gone by itself
	}
}

func (c *child) isDoomed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.doomed
}

// processID is 0 unless the process runs.
func (c *child) processID() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pid
}

// Wait waits for the exit.
func (c *child) Wait(context.Context) error {
	<-c.exited
	return nil
}

// Kill ends the process by force.
func (c *child) Kill(context.Context) error {
	c.killGroup()
	return nil
}

// Stdout gives the handshake and nothing else.
func (c *child) Stdout() io.ReadCloser { return c.stdout }

// Stderr gives nothing: go-plugin's parser can be crashed by a line of JSON, so
// standard error never gets there.
func (c *child) Stderr() io.ReadCloser { return io.NopCloser(strings.NewReader("")) }

// Name is the path of the executable.
func (c *child) Name() string { return c.cmd.Path }

// ID is never empty: go-plugin would not clean up after a process that could not
// be started.
func (c *child) ID() string { return fmt.Sprint(c.processID()) }

// Diagnose gives nothing: explain says it better.
func (c *child) Diagnose(context.Context) string { return "" }

// PluginToHost gives the address as it is.
func (c *child) PluginToHost(network, address string) (string, string, error) {
	return network, address, nil
}

// HostToPlugin gives the address as it is.
func (c *child) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}

// handshakeReader passes on the first line of standard output and swallows the
// rest, so that the process never blocks on it. It keeps the beginning, for the
// case that it is no handshake.
type handshakeReader struct {
	from io.ReadCloser
	done bool

	mu   sync.Mutex
	head []byte
}

const (
	longestHandshake = 16 << 10
	keptOutput       = 4 << 10
)

func (r *handshakeReader) Read(p []byte) (int, error) {
	if r.done {
		_, err := io.Copy(io.Discard, r.from)
		if err == nil {
			err = io.EOF
		}
		return 0, err
	}
	n, err := r.from.Read(p)
	if end := bytes.IndexByte(p[:n], '\n'); end >= 0 {
		n, r.done = end+1, true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.head = append(r.head, p[:n]...)
	if !r.done && len(r.head) > longestHandshake {
		p[0], n, r.done = '\n', 1, true
	}
	return n, err
}

func (r *handshakeReader) Close() error { return r.from.Close() }

// beginning gives what the process wrote first.
func (r *handshakeReader) beginning() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Clone(r.head[:min(len(r.head), keptOutput)])
}
