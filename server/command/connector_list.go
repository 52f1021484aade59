package command

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/sdk/conformance/report"
	"github.com/kvitt/kvitt/server/client"
)

func newConnectorList(s streams) *cobra.Command {
	var a asking
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List every version of every connector, and how each fares",
		Long: "Lists every installed version: for whom it is wanted, whether connections are served by it, and how its process and its calls\n" +
			"fare. FAILED divides its calls that failed by who can mend them: the connector, the remote system (upstream) or the hub.",
		Args: exactArgs(0),
		RunE: asks(&a, func(cmd *cobra.Command, hub *client.Client, _ []string) error {
			var found api.ConnectorVersionList
			if err := hub.Get(cmd.Context(), "/v1/connector-versions", &found); err != nil {
				return err
			}
			if a.json {
				return printJSON(s.out, found)
			}
			return showVersions(s.out, found.Items)
		}),
	}
	a.flags(cmd)
	return cmd
}

func showVersions(out io.Writer, versions []api.ConnectorVersion) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CONNECTOR\tVERSION\tWANTED\tSERVES\tSTATE\tUP\tRESTARTS\tCALLS\tFAILED\tP99\tMEMORY\tREASON")
	for _, v := range versions {
		for _, n := range v.Nodes {
			serves := "no"
			if n.Serves {
				serves = "yes"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\t%s\n", v.Connector, v.Version, wantedBy(v), serves, n.State, spanned(n.UptimeSeconds),
				n.Restarts, n.Calls.Total, failedBy(n.Calls), latency(n.Calls.P99Ms, n.Calls.Total), sized(n.Memory), oneLine(n.Reason))
		}
	}
	return w.Flush()
}

// oneLine keeps a table a table; the whole of it stands in `show` and in JSON.
func oneLine(text string) string {
	const most = 100
	line := strings.Join(strings.Fields(text), " ")
	if runes := []rune(line); len(runes) > most {
		line = string(runes[:most]) + "…"
	}
	return line
}

func wantedBy(v api.ConnectorVersion) string {
	var whom []string
	if v.Wanted {
		whom = append(whom, "all")
	}
	if n := len(v.Pinned); n > 0 {
		whom = append(whom, strconv.Itoa(n)+" pinned")
	}
	return orDash(strings.Join(whom, ", "))
}

// failedBy says which share of the calls failed, by who can mend it.
func failedBy(c api.CallCounts) string {
	bySource := map[api.FaultCountSource]int64{}
	for _, f := range c.Faults {
		bySource[f.Source] += f.Count
	}
	var parts []string
	for _, source := range []api.FaultCountSource{api.FaultCountSourceConnector, api.FaultCountSourceUpstream, api.FaultCountSourceHub} {
		if n := bySource[source]; n > 0 && c.Total > 0 {
			parts = append(parts, fmt.Sprintf("%.1f%% %s", 100*float64(n)/float64(c.Total), source))
		}
	}
	if c.Refused > 0 {
		parts = append(parts, strconv.FormatInt(c.Refused, 10)+" not made")
	}
	return orDash(strings.Join(parts, ", "))
}

func latency(ms float64, calls int64) string {
	switch {
	case calls == 0:
		return "-"
	case ms < 1:
		return "<1ms"
	case ms < 1000:
		return fmt.Sprintf("%.0fms", ms)
	}
	return fmt.Sprintf("%.1fs", ms/1000)
}

func newConnectorShow(s streams) *cobra.Command {
	var a asking
	cmd := &cobra.Command{
		Use:   "show <connector> <version>",
		Short: "Show what a version says of itself, whose word there is for it, and how it runs",
		Args:  exactArgs(2),
		RunE: asks(&a, func(cmd *cobra.Command, hub *client.Client, args []string) error {
			var v api.ConnectorVersion
			if err := hub.Get(cmd.Context(), versionPath(args[0], args[1]), &v); err != nil {
				return err
			}
			if a.json {
				return printJSON(s.out, v)
			}
			return showVersion(s.out, v)
		}),
	}
	a.flags(cmd)
	return cmd
}

func showVersion(out io.Writer, v api.ConnectorVersion) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "connector\t%s %s (%s)\n", v.Connector, v.Version, v.Name)
	fmt.Fprintf(w, "sha256\t%s\n", v.Sha256)
	fmt.Fprintf(w, "installed\t%s by %s, from %s, %s\n", clocked(v.InstalledAt), v.InstalledBy, v.Origin, sized(v.Size))
	fmt.Fprintf(w, "signature\t%s\n", vouchedFor(v.Signature))
	fmt.Fprintf(w, "wanted by\t%s\n", wantedBy(v))
	for _, pinned := range v.Pinned {
		fmt.Fprintf(w, "pinned\t%s\n", pinned)
	}
	fmt.Fprintf(w, "protocol\t%d\n", v.Protocol)
	fmt.Fprintf(w, "capabilities\t%s\n", orDash(strings.Join(v.Capabilities, ", ")))
	fmt.Fprintf(w, "hosts\t%s\n", orDash(strings.Join(v.Hosts, ", ")))
	if err := showConformance(w, v); err != nil {
		return err
	}
	for _, n := range v.Nodes {
		showNode(w, n)
	}
	return w.Flush()
}

func vouchedFor(s *api.VersionSignature) string {
	switch {
	case s == nil || (s.Key == "" && s.Waiver == ""):
		return "none"
	case s.Waiver != "":
		return "waived: " + s.Waiver
	case s.Comment == "":
		return "by key " + s.Key
	}
	return "by key " + s.Key + ": " + s.Comment
}

func showConformance(w io.Writer, v api.ConnectorVersion) error {
	if len(v.Conformance) == 0 || string(v.Conformance) == "null" {
		fmt.Fprintln(w, "conformance\tno report")
		return nil
	}
	var r report.Report
	if err := json.Unmarshal(v.Conformance, &r); err != nil {
		return fmt.Errorf("reading the report of the conformance suite: %w", err)
	}
	count := map[report.State]int{}
	for _, c := range r.Cases {
		count[c.State]++
	}
	fmt.Fprintf(w, "conformance\tlevel %d of %d claimed; %d case(s) passed, %d failed, %d not run\n",
		r.Reached, r.Claimed, count[report.Passed], count[report.Failed], count[report.NotRun])
	for _, c := range r.Cases {
		if c.State == report.Failed || c.State == report.NotRun {
			fmt.Fprintf(w, "  %s\t%s: %s\n", c.State, c.ID, oneLine(c.Reason))
		}
	}
	return nil
}

func showNode(w io.Writer, n api.NodeVersion) {
	fmt.Fprintf(w, "on %s\t%s", n.Node, n.State)
	if n.Serves {
		fmt.Fprint(w, ", serves")
	}
	if n.UptimeSeconds > 0 {
		fmt.Fprintf(w, ", up %s", spanned(n.UptimeSeconds))
	}
	if n.Pid > 0 {
		fmt.Fprintf(w, ", process %d", n.Pid)
	}
	fmt.Fprintln(w)
	if n.Reason != "" {
		fmt.Fprintf(w, "  reason\t%s\n", n.Reason)
	}
	fmt.Fprintf(w, "  restarts\t%d\n", n.Restarts)
	if n.RetryAt != nil {
		fmt.Fprintf(w, "  starts again\t%s\n", clocked(*n.RetryAt))
	}
	limit := "no limit"
	if n.MemoryLimit > 0 {
		limit = "limit " + sized(n.MemoryLimit)
	}
	fmt.Fprintf(w, "  memory\t%s, %s\n", sized(n.Memory), limit)
	fmt.Fprintf(w, "  calls\t%d, %d under way, %d failed, %d not made; half take at most %s, 99%% %s, the slowest %s\n", n.Calls.Total, n.InFlight,
		n.Calls.Failed, n.Calls.Refused, latency(n.Calls.P50Ms, n.Calls.Total), latency(n.Calls.P99Ms, n.Calls.Total), latency(n.Calls.MaxMs, n.Calls.Total))
	for _, f := range n.Calls.Faults {
		fmt.Fprintf(w, "  failed\t%d × %s by the %s\n", f.Count, f.Class, f.Source)
	}
}

func newConnectorLanes(s streams) *cobra.Command {
	var a asking
	cmd := &cobra.Command{
		Use:   "lanes <connector>",
		Short: "List the connections to a connector: which version serves each, what waits, who paused it",
		Args:  exactArgs(1),
		RunE: asks(&a, func(cmd *cobra.Command, hub *client.Client, args []string) error {
			lanes, err := client.List[api.ConnectionLane](cmd.Context(), hub, connectorPath(args[0])+"/lanes?limit=200")
			if err != nil {
				return err
			}
			if a.json {
				return printJSON(s.out, api.LanePage{Items: append([]api.ConnectionLane{}, lanes...)})
			}
			return showLanes(s.out, lanes)
		}),
	}
	a.flags(cmd)
	return cmd
}

func showLanes(out io.Writer, lanes []api.ConnectionLane) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CONNECTION\tMERCHANT\tLABEL\tSTATE\tWANTED\tRUNNING\tIN FLIGHT\tWAITING\tCALLS LEFT\tLAST SUCCESS\tREMARK")
	for _, l := range lanes {
		left := "-"
		if l.CallsLeft != nil {
			left = strconv.Itoa(*l.CallsLeft)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\n", l.ConnectionID, l.MerchantID, l.Label, l.State, l.Wanted, orDash(l.Running),
			l.InFlight, l.Waiting, left, clockedIf(l.LastSuccess), oneLine(remark(l)))
	}
	return w.Flush()
}

// remark says why nothing may happen in a lane.
func remark(l api.ConnectionLane) string {
	var parts []string
	if l.Paused != nil {
		parts = append(parts, "paused by "+l.Paused.By+": "+l.Paused.Reason)
	}
	if l.RestingUntil != nil {
		parts = append(parts, "the remote system wants to be left alone until "+clocked(*l.RestingUntil))
	}
	if l.Wanted != l.Running {
		parts = append(parts, "not served by the version that is wanted")
	}
	return strings.Join(parts, "; ")
}
