package command

import (
	"errors"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/kvitt/kvitt/server/client"
)

// Whoever needs a command, for the order of the help.
const (
	forAuthors   = "authors"
	forFleet     = "fleet"
	forSwaps     = "swaps"
	forDiagnosis = "diagnosis"
)

// newConnector groups what the author of a connector needs, and whoever keeps connectors
// running in a hub.
func newConnector(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "connector",
		Short: "Write and check connectors; install, swap and examine them in a running hub",
	}
	for _, group := range []struct {
		cobra.Group

		commands []*cobra.Command
	}{
		{cobra.Group{ID: forFleet, Title: "What runs in a hub:"}, []*cobra.Command{
			newConnectorList(s), newConnectorShow(s), newConnectorLanes(s), newConnectorInstall(s), newConnectorReset(s), newConnectorRemove(s),
		}},
		{cobra.Group{ID: forSwaps, Title: "Putting another version in its place:"}, []*cobra.Command{
			newConnectorSwap(s), newConnectorSwaps(s), newConnectorUndo(s), newConnectorCancel(s),
		}},
		{cobra.Group{ID: forDiagnosis, Title: "What a version did:"}, []*cobra.Command{
			newConnectorLog(s), newConnectorErrors(s), newConnectorImpact(s), newConnectorCompare(s), newConnectorReplan(s),
		}},
		{cobra.Group{ID: forAuthors, Title: "For authors, without a hub:"}, []*cobra.Command{
			newConnectorNew(s), newConnectorCheck(s), newConnectorCall(s),
		}},
	} {
		cmd.AddGroup(&cobra.Group{ID: group.ID, Title: group.Title})
		for _, c := range group.commands {
			c.GroupID = group.ID
			cmd.AddCommand(c)
		}
	}
	return cmd
}

// asking is what every command has that asks a hub about connectors.
type asking struct {
	access

	json bool
}

func (a *asking) flags(cmd *cobra.Command) {
	a.access.flags(cmd)
	cmd.Flags().BoolVar(&a.json, "json", false, "print the answer of the API")
}

// reasonFlag asks why somebody acts, for whoever finds the trace.
func reasonFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().StringVar(into, "reason", "", "why, for whoever looks for it (required)")
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *into == "" {
			return &usageError{cause: errors.New("--reason is required: say why, for whoever looks for it")}
		}
		return run(cmd, args)
	}
}

// versionPath is where a version is read.
func versionPath(connector, version string) string {
	return connectorPath(connector) + "/versions/" + url.PathEscape(version)
}

func connectorPath(connector string) string { return "/v1/connectors/" + url.PathEscape(connector) }

// clocked writes a moment as the tables show it.
func clocked(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

// clockedIf leaves out what never was.
func clockedIf(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return clocked(*t)
}

// spanned writes how long something took as people say it: "3h12m".
func spanned(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d >= 48*time.Hour:
		return strconv.Itoa(int(d.Hours()/24)) + "d"
	case d >= time.Hour:
		return strconv.Itoa(int(d.Hours())) + "h" + strconv.Itoa(int(d.Minutes())%60) + "m"
	case d >= time.Minute:
		return strconv.Itoa(int(d.Minutes())) + "m" + strconv.Itoa(int(d.Seconds())%60) + "s"
	case d <= 0:
		return "-"
	}
	return strconv.Itoa(int(d.Seconds())) + "s"
}

// sized writes bytes as people read them.
func sized(n int64) string {
	const mebi = 1 << 20
	if n <= 0 {
		return "-"
	}
	return strconv.FormatInt((n+mebi/2)/mebi, 10) + " MiB"
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// asks gives a command that calls a hub.
func asks(a *asking, do func(cmd *cobra.Command, hub *client.Client, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		hub, err := a.client()
		if err != nil {
			return err
		}
		return do(cmd, hub, args)
	}
}
