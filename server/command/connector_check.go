package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/conformance"
	"github.com/kvitt/kvitt/sdk/conformance/report"
)

// CodeNotConforming: a connector does not reach the level that was asked of it.
const CodeNotConforming fault.Code = "conformance.failed"

var errInterrupted = errors.New("the check was interrupted: nothing is known of the connector")

func newConnectorCheck(s streams) *cobra.Command {
	var p conformance.Program
	var simulator string
	var asJSON bool
	level := choice{what: "level", values: []string{"1", "2", "3", "4"}}
	cmd := &cobra.Command{
		Use:   "check <binary>",
		Short: "Put the cases of the conformance suite to a finished connector; fails if one of them fails",
		Long: "Put the cases of the conformance suite to a finished connector, written in whatever language, against the simulator of its\n" +
			"remote system. The plan says which level the connector claims and what the simulator's world holds.\n" +
			"docs/connectors/conformance.md explains every case.",
		Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p.Path = args[0]
			if simulator != "" {
				p.Simulator = []string{simulator}
			}
			p.Level, _ = strconv.Atoi(level.value) // one of the four, or none: 0
			if err := checkArguments(p); err != nil {
				return err
			}
			if err := startsInHub(cmd.Context(), p.Path, p.PlainText); err != nil {
				return fmt.Errorf("starting %s: %w", p.Path, err)
			}
			return runCheck(cmd.Context(), s, p, asJSON)
		},
	}
	cmd.Flags().StringVar(&p.Plan, "plan", "conformance.json", "the plan file")
	cmd.Flags().StringVar(&simulator, "simulator", "", "the simulator's program; by default the command of the plan")
	cmd.Flags().StringVar(&p.Previous, "previous", "", "an earlier build to compare with")
	choiceFlag(cmd, &level, "level", "the highest level to check, 1 to 4; by default that of the plan")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	cmd.Flags().BoolVar(&p.PlainText, "plain-text", false, "speak without mutual TLS, for languages that cannot do go-plugin's")
	return cmd
}

// checkArguments refuses a command line that names what is not there.
func checkArguments(p conformance.Program) error {
	files := []struct{ flag, path string }{{"the binary", p.Path}, {"--plan", p.Plan}, {"--previous", p.Previous}}
	if len(p.Simulator) > 0 {
		files = append(files, struct{ flag, path string }{"--simulator", p.Simulator[0]})
	}
	for _, f := range files {
		if f.path == "" {
			continue
		}
		if _, err := os.Stat(f.path); err != nil {
			return &usageError{cause: fmt.Errorf("%s: there is no file %s; name one that is there", f.flag, f.path)}
		}
	}
	return nil
}

// startsInHub has the hub's own host load and start the connector, which says in
// a sentence what is wrong with a file that cannot be one here.
func startsInHub(ctx context.Context, path string, plainText bool) (err error) {
	dir, err := os.MkdirTemp("", "kvitt-check-*")
	if err != nil {
		return fmt.Errorf("making a folder for the connector: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	host, err := pluginhost.New(pluginhost.Config{Dir: dir, SocketDir: filepath.Join(dir, "s")})
	if err != nil {
		return err
	}
	const grace = 5 * time.Second
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		err = errors.Join(err, host.Stop(ending))
	}()
	instance, err := host.Load(ctx, pluginhost.Source{Path: path, PlainText: plainText})
	if err != nil {
		return err
	}
	return instance.Start(ctx)
}

func runCheck(ctx context.Context, s streams, p conformance.Program, asJSON bool) error {
	var progress func(report.Case)
	if to := s.progress(); to != nil {
		progress = func(c report.Case) { _, _ = fmt.Fprintf(to, "%s: %s\n", c.ID, c.State) }
	}
	found, err := conformance.Check(ctx, p, progress)
	if ctx.Err() != nil {
		return errInterrupted // and not the context's error, which ends other commands well
	}
	if err != nil {
		return err
	}
	if asJSON {
		encoder := json.NewEncoder(s.out)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		err = encoder.Encode(found)
	} else {
		err = found.Table(s.out)
	}
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if !found.Passes() {
		return fault.New(CodeNotConforming, fault.Conflict,
			fmt.Sprintf("level %d was asked for, level %d is reached", found.Tested, found.Reached)).
			WithRemedy("read the reasons above; " + conformance.Docs + " explains each case")
	}
	return nil
}
