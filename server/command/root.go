// Package command is the kvitt command line.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/kvitt/kvitt/core/fault"
)

// streams are what a command reads and writes.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// progress is where a command tells what it is doing: standard error if a person
// looks at it, else nowhere.
func (s streams) progress() io.Writer {
	if f, ok := s.err.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		return s.err
	}
	return nil
}

// Execute runs the command line and gives the exit code: 0 if all went well, 1 if
// something failed, 2 if the command was not understood.
func Execute(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	s := streams{in: in, out: out, err: errs}
	root := newRoot(s)
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if err == nil || errors.Is(err, context.Canceled) {
		return 0
	}
	_, _ = fmt.Fprintln(errs, "kvitt:", err)
	if f := fault.Of(err); f != nil && f.Remedy != "" {
		_, _ = fmt.Fprintln(errs, "       "+f.Remedy)
	}
	var usage *usageError
	if errors.As(err, &usage) {
		return 2
	}
	return 1
}

// usageError is a command line that makes no sense.
type usageError struct{ cause error }

func (e *usageError) Error() string { return e.cause.Error() }
func (e *usageError) Unwrap() error { return e.cause }

func newRoot(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "kvitt",
		Short: "An open settlement hub: payouts matched, booked and proven to the last öre",
		Long: "kvitt joins payment service providers and accounting systems. It matches the lines of each payout to invoices,\n" +
			"marks them paid, books fees and their VAT, and proves that everything adds up to the money on the bank account.",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          knownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(newServe(s), newDemo(s), newDev(s), newConnector(s), newConnection(s), newSearch(s), newSimulate(s), newPayout(s), newEvidence(s), newBooks(s), newReconciliation(s), newSupportBundle(s), newVersion(s))
	for _, cmd := range root.Commands() {
		if cmd.HasSubCommands() && !cmd.Runnable() { // a word that is none of its commands is no reason to show help and be content
			cmd.Args, cmd.RunE = knownCommand, root.RunE
		}
	}
	return root
}

// binFolder is where this program and its neighbours are.
func binFolder() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding the program's own folder: %w", err)
	}
	return filepath.Dir(self), nil
}
