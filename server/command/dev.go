package command

import (
	"errors"
	"fmt"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"github.com/kvitt/kvitt/server/dev"
)

func newDev(s streams) *cobra.Command {
	var o dev.Options
	var attach map[string]string
	level := logLevels()
	cmd := &cobra.Command{
		Use:   "dev <folder>",
		Short: "Build a connector, try it against its simulator, and again after every save",
		Long: "Build the connector in a folder and the simulator of its remote system, start both, read every payout (or list documents and book a\n" +
			"voucher), and show the row and the rule when something is wrong; after every save again, with what has changed since the run before.\n" +
			"Settings and credentials come from the connector's conformance.json. With --attach, which replaces the folder, a connector that runs\n" +
			"under a debugger is tried each time it is started. docs/connectors/dev-loop.md shows it at work.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(attach) > 0 {
				return exactArgs(0)(cmd, args)
			}
			return exactArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.Source = args[0]
			}
			var err error
			if o.ID, o.Address, err = theOne(attach); err != nil {
				return err
			}
			o.Progress, o.Log = s.progress(), connectorLog(s, level)
			return dev.Run(cmd.Context(), o, s.out)
		},
	}
	cmd.Flags().StringVar(&o.Simulator, "simulator", "", "the simulator's folder or program (default: the folder \"simulator\" of the sources, or what the plan says)")
	cmd.Flags().StringVar(&o.Plan, "plan", "", "the conformance plan (default: conformance.json in the folder of the sources)")
	cmd.Flags().StringVar(&o.Build, "build", "", "the command that builds a connector that is no Go package; it writes the program to the path in $OUT")
	cmd.Flags().BoolVar(&o.PlainText, "plain-text", false, "no mutual TLS, for languages that cannot handle its certificates")
	cmd.Flags().BoolVar(&o.Once, "once", false, "try it once; the exit code is 1 if anything is wrong")
	logLevelFlag(cmd, &level)
	attachFlag(cmd, &attach)
	return cmd
}

// theOne gives the one connector that may be attached, if any.
func theOne(attach map[string]string) (id, address string, err error) {
	if len(attach) > 1 {
		return "", "", &usageError{cause: fmt.Errorf("--attach names one connector here, not %d", len(attach))}
	}
	for id, address = range attach {
		if id == "" || address == "" {
			return "", "", &usageError{cause: errors.New("--attach is written as the connector prints it: acme=/tmp/kvitt-debug-1000/acme")}
		}
	}
	return id, address, nil
}

// connectorLog shows what a connector logs.
func connectorLog(s streams, level choice) hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{Level: hclog.LevelFromString(level.value), Output: s.err})
}
