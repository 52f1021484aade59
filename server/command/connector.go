package command

import "github.com/spf13/cobra"

// newConnector groups what the author and the installer of a connector need.
func newConnector(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "connector",
		Short: "Check connectors before they are installed, and call them",
	}
	cmd.AddCommand(newConnectorNew(s), newConnectorCheck(s), newConnectorCall(s))
	return cmd
}
