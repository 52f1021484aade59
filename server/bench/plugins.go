package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// build compiles a program of this module into the folder and gives its path.
func build(ctx context.Context, folder, name string, set ...string) (string, error) {
	program := filepath.Join(folder, filepath.Base(name))
	flags := ""
	for _, variable := range set {
		flags += " -X main." + variable
	}
	out, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", flags, "-o", program, "github.com/kvitt/kvitt/"+name).CombinedOutput() //nolint:gosec // names of our own
	if err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", name, err, out)
	}
	return program, nil
}

// catalogue hands out connectors that run as processes.
type catalogue struct{ host *pluginhost.Host }

// launch loads and starts connectors in a host of their own, as a hub does when it
// starts. The caller stops the host.
func launch(ctx context.Context, folder string, programs ...string) (catalogue, error) {
	host, err := pluginhost.New(pluginhost.Config{Dir: folder})
	if err != nil {
		return catalogue{}, err
	}
	for _, program := range programs {
		if err := start(ctx, host, program); err != nil {
			return catalogue{}, errors.Join(fmt.Errorf("starting %s: %w", program, err), host.Stop(ctx))
		}
	}
	return catalogue{host}, nil
}

func start(ctx context.Context, host *pluginhost.Host, program string) error {
	connector, err := host.Load(ctx, pluginhost.Source{Path: program})
	if err != nil {
		return err
	}
	return connector.Start(ctx)
}

// Serving implements ports.Catalogue.
func (c catalogue) Serving(id, _ string) (ports.Connector, error) {
	if connector, ok := c.host.Connector(id); ok {
		return connector, nil
	}
	return nil, fault.New(ports.CodeConnectorUnknown, fault.NotFound, "no connector "+id)
}

// Status implements ports.Catalogue.
func (catalogue) Status() []ports.ConnectorStatus { return nil }
