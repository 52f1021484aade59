package command

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// choice is a flag whose value is one of a few.
type choice struct {
	value  string
	what   string
	values []string
}

// String gives the value chosen.
func (c *choice) String() string { return c.value }

// Type is what the help calls the value.
func (c *choice) Type() string { return c.what }

// Set refuses what is none of the values, and says which there are.
func (c *choice) Set(value string) error {
	if !slices.Contains(c.values, value) {
		return errors.New("there is no " + c.what + " " + value + "; there are " + strings.Join(c.values, ", "))
	}
	c.value = value
	return nil
}

// logLevels are the levels of a connector's log. Its information is for operators of
// hubs, so authors see warnings unless they ask for more.
func logLevels() choice {
	return choice{value: "warn", what: "level", values: []string{"trace", "debug", "info", "warn", "error"}}
}

func logLevelFlag(cmd *cobra.Command, level *choice) {
	choiceFlag(cmd, level, "log-level", "the least level of the connector's log that is shown: "+strings.Join(level.values, ", "))
}

// choiceFlag adds the flag, whose values a shell can complete.
func choiceFlag(cmd *cobra.Command, c *choice, name, usage string) {
	cmd.Flags().Var(c, name, usage)
	err := cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(c.values, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(fmt.Sprintf("completing --%s: %v", name, err)) // the flag was added above
	}
}
