package command

import "github.com/spf13/cobra"

// newConnector groups what the author and the installer of a connector need.
func newConnector(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "connector",
		Short: "Check connectors before they are installed, and call them",
		Args:  knownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConnectorNew(s), newConnectorCheck(s), newConnectorCall(s))
	return cmd
}
