package command

import (
	"github.com/spf13/cobra"
)

func newConnector(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use: "connector", Short: "Work with the program of a connector",
		Args: knownCommand, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConnectorCall(s))
	return cmd
}
