package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"github.com/kvitt/kvitt/server/config"
	"github.com/kvitt/kvitt/server/hub"
	"github.com/kvitt/kvitt/server/memory"
	"github.com/kvitt/kvitt/server/version"
)

func newServe(s streams) *cobra.Command {
	var file string
	var withParent, dev bool
	var attach map[string]string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the hub",
		Long: "Run the hub until it is interrupted. It prints {\"url\": ...} on standard output when it is ready; its log goes to\n" +
			"standard error. docs/operations.md describes the configuration.",
		Args: exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(file)
			if err != nil {
				return err
			}
			cfg.Dev = dev
			if len(attach) > 0 {
				cfg.Attach = attach
			}
			if len(cfg.Attach) > 0 {
				cfg.Timings = cfg.Timings.Attached()
			}
			ctx := cmd.Context()
			if withParent {
				var stop context.CancelFunc
				ctx, stop = untilClosed(ctx, s.in)
				defer stop()
			}
			return serve(ctx, cfg, s)
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "the configuration file (default: everything at its default)")
	cmd.Flags().BoolVar(&withParent, "exit-with-parent", false, "end when standard input is closed")
	cmd.Flags().BoolVar(&dev, "dev", false, "a hub for development: connectors may be attached")
	attachFlag(cmd, &attach)
	return cmd
}

// attachFlag names connectors that run under a debugger.
func attachFlag(cmd *cobra.Command, into *map[string]string) {
	cmd.Flags().StringToStringVar(into, "attach", nil, "a connector that runs under a debugger, as it prints it itself: acme=/tmp/kvitt-debug-1000/acme")
}

// untilClosed gives a context that ends when the reader does.
func untilClosed(ctx context.Context, in io.Reader) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(ctx)
	go func() {
		defer stop()
		_, _ = io.Copy(io.Discard, in)
	}()
	return ctx, stop
}

func serve(ctx context.Context, cfg config.Config, s streams) error {
	memory.Tune()
	log := hclog.New(&hclog.LoggerOptions{Name: "kvitt", Level: hclog.LevelFromString(cfg.LogLevel), Output: s.err, JSONFormat: cfg.LogJSON})
	h, err := hub.Start(ctx, cfg, log)
	if err != nil {
		return err
	}
	log.Info("kvitt is ready", "version", version.Version, "url", h.URL, "data", cfg.Data)
	ready := json.NewEncoder(s.out).Encode(map[string]string{"url": h.URL})
	if ready == nil {
		<-ctx.Done()
	}
	log.Info("stopping")
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*cfg.Timings.Stop)
	defer cancel()
	if err := errors.Join(ready, h.Stop(stopping)); err != nil {
		return fmt.Errorf("ending: %w", err)
	}
	return nil
}
