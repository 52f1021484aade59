package command

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/server/dev"
)

// calling is what `kvitt connector call` was told.
type calling struct {
	plan, request, simulator, level string
	plainText                       bool
	attach                          map[string]string
}

func newConnectorCall(s streams) *cobra.Command {
	var c calling
	cmd := &cobra.Command{
		Use:   "call <program> <method>",
		Short: "Make one call of a connector and print its answer as JSON",
		Long: "Start a connector, make one call and print the answer: the JSON of its message in the protocol, with each amount in decimals\n" +
			"beside its minor units. Connection and credentials come from the conformance plan, whose simulator is started; without a plan the\n" +
			"call has none. With --attach, which replaces the program, the call goes to a connector that runs under a debugger. What the\n" +
			"connector logs goes to standard error.",
		Example: `  kvitt connector call bin/connectors/klarna ListPayouts --plan plugins/klarna/conformance.json --simulator bin/simulators/klarna
  kvitt connector call --attach acme=/tmp/kvitt-debug-1000/acme ListPayoutLines --request '{"reference": "P1"}'`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(c.attach) > 0 {
				return exactArgs(1)(cmd, args)
			}
			return exactArgs(2)(cmd, args)
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			return c.complete(cmd.Context(), args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return c.call(cmd.Context(), s, args) },
	}
	cmd.Flags().StringVar(&c.plan, "plan", "", "the conformance plan with settings, credentials and world")
	cmd.Flags().StringVar(&c.request, "request", "", "the request as JSON (default: everything at its default)")
	cmd.Flags().StringVar(&c.simulator, "simulator", "", "the simulator's program (default: what the plan says)")
	cmd.Flags().BoolVar(&c.plainText, "plain-text", false, "no mutual TLS, for languages that cannot handle its certificates")
	cmd.Flags().StringVar(&c.level, "log-level", "info", "the least level of the connector's log that is shown: trace, debug, info, warn, error")
	attachFlag(cmd, &c.attach)
	return cmd
}

func (c *calling) call(ctx context.Context, s streams, args []string) (err error) {
	folder, err := os.MkdirTemp("", "kvitt-call-")
	if err != nil {
		return fmt.Errorf("making a folder for the connector: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	stage, err := dev.NewStage(folder, c.plan)
	if err != nil {
		return err
	}
	running, err := c.start(ctx, folder, connectorLog(s, c.level), args)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, running.Stop(), stage.Close()) }()
	if err := stage.Play(ctx, c.simulator, running.Connector.Describe()); err != nil {
		return err
	}
	err = dev.Call(ctx, stage, running, args[len(args)-1], c.request, s.out)
	if code := fault.CodeOf(err); code == dev.CodeMethod || code == dev.CodeRequest {
		return &usageError{cause: err}
	}
	return err
}

func (c *calling) start(ctx context.Context, folder string, log hclog.Logger, args []string) (*dev.Running, error) {
	id, address, err := theOne(c.attach)
	if err != nil {
		return nil, err
	}
	if id != "" {
		return dev.Attach(ctx, folder, id, address, log)
	}
	return dev.Launch(ctx, folder, pluginhost.Source{Path: args[0], PlainText: c.plainText}, log)
}

// complete lists the methods once the connector is named.
func (c *calling) complete(ctx context.Context, args []string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 && len(c.attach) == 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	folder, err := os.MkdirTemp("", "kvitt-call-")
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	defer os.RemoveAll(folder)
	running, err := c.start(ctx, folder, hclog.NewNullLogger(), args)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	methods := dev.Methods(running.Connector.Describe())
	if err := running.Stop(); err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return methods, cobra.ShellCompDirectiveNoFileComp
}
