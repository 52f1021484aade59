package command

import (
	"fmt"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/server/client"
)

func newConnection(s streams) *cobra.Command {
	cmd := &cobra.Command{Use: "connection", Short: "Keep all calls from one connection, and let them go again"}
	cmd.AddCommand(newConnectionPause(s), newConnectionResume(s))
	return cmd
}

func newConnectionPause(s streams) *cobra.Command {
	var a asking
	var reason string
	cmd := &cobra.Command{
		Use:   "pause <connection>",
		Short: "Keep all calls from a connection until it is resumed",
		Long:  "No call goes to the remote system. Calls under way end, runs wait and lose nothing, and what the provider sends is kept.",
		Args:  exactArgs(1),
		RunE: asks(&a, func(cmd *cobra.Command, hub *client.Client, args []string) error {
			return changeConnection(cmd, s, hub, a.json, args[0], "pause", api.PauseInput{Reason: reason})
		}),
	}
	a.flags(cmd)
	reasonFlag(cmd, &reason)
	return cmd
}

func newConnectionResume(s streams) *cobra.Command {
	var a asking
	cmd := &cobra.Command{
		Use:   "resume <connection>",
		Short: "End a pause; what waits goes on",
		Args:  exactArgs(1),
		RunE: asks(&a, func(cmd *cobra.Command, hub *client.Client, args []string) error {
			return changeConnection(cmd, s, hub, a.json, args[0], "resume", nil)
		}),
	}
	a.flags(cmd)
	return cmd
}

func changeConnection(cmd *cobra.Command, s streams, hub *client.Client, asJSON bool, id, act string, input any) error {
	var c api.Connection
	if err := hub.Post(cmd.Context(), "/v1/connections/"+url.PathEscape(id)+"/"+act, input, &c); err != nil {
		return err
	}
	if asJSON {
		return printJSON(s.out, c)
	}
	if c.Pause != nil {
		fmt.Fprintf(s.out, "%s (%s) is paused: %s\nNo call goes to it until: kvitt connection resume %s\n", c.ID, c.Connector, c.Pause.Reason, c.ID)
		return nil
	}
	fmt.Fprintf(s.out, "%s (%s) goes on, and so does what waited for it.\n", c.ID, c.Connector)
	return nil
}
