package command

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// knownCommand refuses a word that no command has taken, and names what may have been
// meant.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	const slips = 2 // letters that may be wrong
	cmd.SuggestionsMinimumDistance = slips
	instead := fmt.Sprintf("see %s --help", cmd.CommandPath())
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		for i, name := range near {
			near[i] = cmd.CommandPath() + " " + name
		}
		instead = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return &usageError{cause: fmt.Errorf("there is no command %q; %s", args[0], instead)}
}

// flagError says what is wrong with a flag, unless it is a flag of a command that was
// mistyped: then that is what is wrong.
func flagError(cmd *cobra.Command, err error) error {
	if cmd.HasSubCommands() {
		if unknown := knownCommand(cmd, cmd.Flags().Args()); unknown != nil {
			return unknown
		}
	}
	return &usageError{cause: err}
}

var placeholder = regexp.MustCompile("<[^>]+>")

// exactArgs wants n arguments, the last n that the command's usage names.
func exactArgs(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		names := placeholder.FindAllString(cmd.Use, -1)
		names = names[max(0, len(names)-n):]
		switch {
		case len(args) < len(names):
			return &usageError{cause: fmt.Errorf("%s is missing; see %s --help", names[len(args)], cmd.CommandPath())}
		case len(args) > n:
			return &usageError{cause: fmt.Errorf("%q is one argument too many; see %s --help", args[n], cmd.CommandPath())}
		case len(args) < n: // a command whose usage does not name its arguments
			return &usageError{cause: errors.New("an argument is missing; see " + cmd.CommandPath() + " --help")}
		}
		return nil
	}
}
