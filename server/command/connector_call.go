package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/server/dev"
)

// calling is what `kvitt connector call` was told.
type calling struct {
	plan, request, simulator, credentials string
	level                                 choice
	plainText, live                       bool
	attach                                map[string]string
}

func newConnectorCall(s streams) *cobra.Command {
	c := calling{level: logLevels()}
	cmd := &cobra.Command{
		Use:   "call <program> <method>",
		Short: "Make one call of a connector and print its answer as JSON",
		Long: "Start a connector, make one call and print the answer: the JSON of its message in the protocol, with each amount in decimals\n" +
			"beside its minor units. Connection and credentials come from the conformance plan, whose simulator is started; the plan is the\n" +
			"conformance.json in the working folder, beside the program or above it, unless --plan names another. With --live the call goes\n" +
			"to the real remote system instead, where a write is real: what it books is booked. With --attach, which replaces the program,\n" +
			"the call goes to a connector that runs under a debugger. What the connector logs goes to standard error.",
		Example: `  kvitt connector call bin/connectors/klarna ListPayouts --plan plugins/klarna/conformance.json --simulator bin/simulators/klarna
  kvitt connector call bin/acmepay ListPayouts --live --credentials sandbox.json
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
	cmd.Flags().StringVar(&c.plan, "plan", "", "the conformance plan with settings, credentials and world (default: conformance.json here, beside the program or above it)")
	cmd.Flags().StringVar(&c.request, "request", "", "the request as JSON (default: everything at its default)")
	cmd.Flags().StringVar(&c.simulator, "simulator", "", "the simulator's program (default: what the plan says)")
	cmd.Flags().BoolVar(&c.live, "live", false, "call the real remote system; a write would be real")
	cmd.Flags().StringVar(&c.credentials, "credentials", "", "with --live: a JSON file with \"credentials\" and \"settings\", written as in a plan")
	cmd.Flags().BoolVar(&c.plainText, "plain-text", false, "no mutual TLS, for languages that cannot handle its certificates")
	logLevelFlag(cmd, &c.level)
	attachFlag(cmd, &c.attach)
	return cmd
}

func (c *calling) call(ctx context.Context, s streams, args []string) (err error) {
	folder, err := os.MkdirTemp("", "kvitt-call-")
	if err != nil {
		return fmt.Errorf("making a folder for the connector: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	stage, err := c.stage(folder, args)
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
	if code := fault.CodeOf(err); code == dev.CodeMethod || code == dev.CodeRequest || code == dev.CodeNoPlan {
		return &usageError{cause: err}
	}
	return err
}

// stage is the remote side: the real one only for who asks for it.
func (c *calling) stage(folder string, args []string) (*dev.Stage, error) {
	switch {
	case c.live && (c.plan != "" || c.simulator != ""):
		return nil, &usageError{cause: errors.New("--live calls the real remote system, --plan and --simulator do not: name one of the two")}
	case c.live:
		var account dev.Account
		if err := readAccount(c.credentials, &account); err != nil {
			return nil, &usageError{cause: err}
		}
		return dev.LiveStage(folder, account), nil
	case c.credentials != "":
		return nil, &usageError{cause: errors.New("--credentials is for --live; without it the credentials are those of the plan")}
	case c.plan == "":
		return dev.NewStage(folder, planFor(args))
	}
	return dev.NewStage(folder, c.plan)
}

// readAccount reads the file of --credentials; without one there is nothing to read.
func readAccount(path string, into *dev.Account) error {
	if path == "" {
		return nil
	}
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return fmt.Errorf("--credentials: there is no file %s that can be read", path)
	}
	defer file.Close()
	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	if decoder.Decode(into) != nil { // its error may quote a secret
		return fmt.Errorf(`--credentials: %s is not written {"credentials": {"api_key": "..."}, "settings": {...}}`, path)
	}
	return nil
}

// planFor finds the plan that nobody has named: in the working folder, where check
// and dev look for it, or else beside the program or above it, as in the folder
// whose bin holds the program.
func planFor(args []string) string {
	const name, above = "conformance.json", 2
	folders := []string{"."}
	if len(args) > 1 {
		if program, err := filepath.Abs(args[0]); err == nil {
			for at, n := filepath.Dir(program), 0; n <= above; at, n = filepath.Dir(at), n+1 {
				folders = append(folders, at)
			}
		}
	}
	for _, folder := range folders {
		if info, err := os.Stat(filepath.Join(folder, name)); err == nil && info.Mode().IsRegular() {
			return filepath.Join(folder, name)
		}
	}
	return ""
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
