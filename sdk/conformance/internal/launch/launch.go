// Package launch brings a connector up in the ways in which the conformance suite
// reaches it: as a value, through gRPC in memory, and as a process.
package launch

import (
	"bytes"
	"context"
	"sync"

	"github.com/hashicorp/go-hclog"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk"
)

// Options vary how a connector is brought up.
type Options struct {
	// Small asks for the smallest pages that it can do.
	Small bool
	// Env is added to the environment of a process.
	Env map[string]string
}

// Way brings connectors up.
type Way interface {
	// Start brings up a new connector, which shares nothing with those before it.
	Start(ctx context.Context, o Options) (*Connector, error)
	// Process tells whether connectors are processes.
	Process() bool
	// Small tells whether Options.Small makes a difference.
	Small() bool
}

// Connector is a connector that is up.
type Connector struct {
	ports.Connector
	// PID is that of the process, 0 if it is none.
	PID int

	log, stray *book
	stop       func()
}

// Stop ends the connector.
func (c *Connector) Stop() { c.stop() }

// Log gives all that the connector has logged or written to standard error.
func (c *Connector) Log() string { return c.log.String() }

// Stray gives what a process has printed to standard output after it was up.
func (c *Connector) Stray() string { return c.stray.String() }

// Context gives a context whose calls log to the connector's log. A process has a
// logger of its own.
func (c *Connector) Context(ctx context.Context) context.Context {
	return sdk.WithLogger(ctx, c.log.logger())
}

// book collects text from many goroutines.
type book struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *book) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func (b *book) logger() hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: b, JSONFormat: true})
}
