package dev

import (
	"context"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/kvitt/kvitt/adapters/pluginhost"
)

// Running is a connector that can be called, in a host of its own, so that the next
// build of it can be started before it is stopped.
type Running struct {
	Connector *pluginhost.Instance
	host      *pluginhost.Host
	printed   *printed
	// again starts another process of the same connector; nil if it is not ours to start.
	again func(context.Context) (*Running, error)
}

// Launch loads and starts a connector, as the hub does.
func Launch(ctx context.Context, folder string, source pluginhost.Source, log hclog.Logger) (*Running, error) {
	start := func(ctx context.Context, folder string) (*Running, error) {
		return run(ctx, folder, log, func(host *pluginhost.Host) (*pluginhost.Instance, error) { return host.Load(ctx, source) })
	}
	running, err := start(ctx, folder)
	if err == nil {
		running.again = func(ctx context.Context) (*Running, error) { return start(ctx, filepath.Join(folder, "again")) }
	}
	return running, err
}

// Attach takes a connector that its author runs under a debugger.
func Attach(ctx context.Context, folder, id, address string, log hclog.Logger) (*Running, error) {
	return run(ctx, folder, log, func(host *pluginhost.Host) (*pluginhost.Instance, error) { return host.Attach(ctx, id, address) })
}

func run(ctx context.Context, folder string, log hclog.Logger, get func(*pluginhost.Host) (*pluginhost.Instance, error)) (*Running, error) {
	heard, printed := listen(log)
	host, err := pluginhost.New(pluginhost.Config{
		Dir: filepath.Join(folder, "connectors"), Logger: heard, AllowAttach: true,
		// A connector that dies says why each time it is called.
		Restart: pluginhost.Restart{First: time.Millisecond, Most: time.Millisecond, Budget: 1000},
	})
	if err != nil {
		return nil, err
	}
	connector, err := get(host)
	if err == nil {
		err = connector.Start(ctx)
	}
	if err != nil {
		_ = host.Stop(ctx) // it runs nothing
		return nil, err
	}
	return &Running{Connector: connector, host: host, printed: printed}, nil
}

// Stop lets the call under way end, for a moment, and then ends the process, but
// not an attached one.
func (r *Running) Stop() error {
	const moment = 10 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), moment)
	defer cancel()
	return r.host.Stop(ctx)
}
