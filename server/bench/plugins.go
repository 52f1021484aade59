package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// build compiles a program of this module into the folder and gives its path.
func build(ctx context.Context, folder, name string) (string, error) {
	program := filepath.Join(folder, filepath.Base(name))
	out, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", program, "github.com/kvitt/kvitt/"+name).CombinedOutput() //nolint:gosec // names of our own
	if err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", name, err, out)
	}
	return program, nil
}

// catalogue hands out connectors that run as processes.
type catalogue struct{ host *pluginhost.Host }

// launch loads connectors into a host of their own. The caller stops the host.
func launch(ctx context.Context, folder string, programs ...string) (catalogue, error) {
	host, err := pluginhost.New(pluginhost.Config{Dir: folder})
	if err != nil {
		return catalogue{}, err
	}
	for _, program := range programs {
		if _, err := host.Load(ctx, pluginhost.Source{Path: program}); err != nil {
			return catalogue{}, fmt.Errorf("loading %s: %w", program, err)
		}
	}
	return catalogue{host}, nil
}

// Connector implements ports.Catalogue.
func (c catalogue) Connector(id string) (ports.Connector, error) {
	if connector, ok := c.host.Connector(id); ok {
		return connector, nil
	}
	return nil, fault.New(ports.CodeConnectorUnknown, fault.NotFound, "no connector "+id)
}

// Status implements ports.Catalogue.
func (catalogue) Status() []ports.ConnectorStatus { return nil }
