package command

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/server/client"
)

// Faults of comparing what two versions read.
const (
	// CodeReadsOtherwise: some line is read otherwise.
	CodeReadsOtherwise fault.Code = "connector.reads_otherwise"
	// CodeNotCompared: some payout could not be read again, so that nothing is known of it.
	CodeNotCompared fault.Code = "connector.not_compared"
)

func newConnectorLog(s streams) *cobra.Command {
	var a asking
	limit := 200
	cmd := &cobra.Command{
		Use:   "log <connector> <version>",
		Short: "Print the last lines of a version's log, and what happened to its process",
		Args:  exactArgs(2),
		RunE: asks(&a, func(cmd *cobra.Command, hub *client.Client, args []string) error {
			var found api.ConnectorLog
			if err := hub.Get(cmd.Context(), fmt.Sprintf("%s/log?limit=%d", versionPath(args[0], args[1]), limit), &found); err != nil {
				return err
			}
			if a.json {
				return printJSON(s.out, found)
			}
			for _, l := range found.Items {
				fmt.Fprintf(s.out, "%s  %-5s  %s%s\n", l.At.UTC().Format("2006-01-02T15:04:05.000Z"), l.Level, l.Message, pairs(l.Fields))
			}
			return nil
		}),
	}
	a.flags(cmd)
	cmd.Flags().IntVar(&limit, "limit", limit, "the most lines, up to 1000")
	return cmd
}

func pairs(fields map[string]string) string {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		out.WriteString(" " + name + "=" + fields[name])
	}
	return out.String()
}

func newConnectorErrors(s streams) *cobra.Command {
	var a asking
	cmd := &cobra.Command{
		Use:   "errors <connector> <version>",
		Short: "List the last calls of a version that failed, with what each was made for",
		Args:  exactArgs(2),
		RunE: asks(&a, func(cmd *cobra.Command, hub *client.Client, args []string) error {
			var found api.CallErrorList
			if err := hub.Get(cmd.Context(), versionPath(args[0], args[1])+"/errors", &found); err != nil {
				return err
			}
			if a.json {
				return printJSON(s.out, found)
			}
			w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "AT\tCALL\tTOOK\tBY\tCLASS\tCODE\tCONNECTION\tWORK\tREASON")
			for _, e := range found.Items {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", clocked(e.At), e.Method, latency(e.TookMs, 1), e.Source, e.Class, e.Code,
					orDash(e.ConnectionID), orDash(e.Work), oneLine(e.Reason))
			}
			return w.Flush()
		}),
	}
	a.flags(cmd)
	return cmd
}

// deeds is what a version did.
type deeds struct {
	Payouts   []api.ImpactPayout   `json:"payouts"`
	Documents []api.ImpactDocument `json:"documents"`
}

func newConnectorImpact(s streams) *cobra.Command {
	var a asking
	var unsettled bool
	cmd := &cobra.Command{
		Use:   "impact <connector> <version>",
		Short: "List the payouts that a version has read and the documents that it has written, of all merchants",
		Args:  exactArgs(2),
		RunE: asks(&a, func(cmd *cobra.Command, hub *client.Client, args []string) error {
			path := versionPath(args[0], args[1])
			var did deeds
			var err error
			if did.Payouts, err = client.List[api.ImpactPayout](cmd.Context(), hub, path+"/payouts?limit=500"); err != nil {
				return err
			}
			query := "?limit=500"
			if unsettled {
				query += "&unsettled=true"
				did.Payouts = slices.DeleteFunc(did.Payouts, func(p api.ImpactPayout) bool { return p.Hold == nil })
			}
			if did.Documents, err = client.List[api.ImpactDocument](cmd.Context(), hub, path+"/documents"+query); err != nil {
				return err
			}
			if a.json {
				return printJSON(s.out, did)
			}
			return did.show(s.out)
		}),
	}
	a.flags(cmd)
	cmd.Flags().BoolVar(&unsettled, "unsettled", false, "only payouts that are held, and documents whose outcome is open or that a person must look at")
	return cmd
}

func (d deeds) show(out io.Writer) error {
	states := map[string]int{}
	for _, p := range d.Payouts {
		states[p.State]++
	}
	fmt.Fprintf(out, "%d payout(s) read%s\n", len(d.Payouts), tally(states))
	clear(states)
	for _, doc := range d.Documents {
		states[string(doc.State)]++
	}
	fmt.Fprintf(out, "%d document(s)%s\n", len(d.Documents), tally(states))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if len(d.Payouts) > 0 {
		fmt.Fprintln(w, "\nPAYOUT\tREFERENCE\tDATE\tNET\tSTATE\tMERCHANT\tCONNECTION\tHELD")
	}
	for _, p := range d.Payouts {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s %s\t%s\t%s\t%s\t%s\n", p.ID, p.Reference, p.Date.UTC().Format("2006-01-02"), p.Net, p.Currency, p.State,
			p.MerchantID, p.ConnectionID, said(p.Hold))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(d.Documents) > 0 {
		fmt.Fprintln(w, "\nDOCUMENT\tKIND\tSTATE\tNUMBER\tAMOUNT\tPAYS\tPAYOUT\tFLOW\tREASON")
	}
	for _, doc := range d.Documents {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", doc.ID, doc.Kind, doc.State, orDash(doc.Number),
			orDash(strings.TrimSpace(doc.Amount+" "+doc.Currency)), orDash(doc.Document), orDash(doc.PayoutID), orDash(doc.FlowID), said(doc.Fault))
	}
	return w.Flush()
}

func tally(states map[string]int) string {
	var parts []string
	for _, state := range slices.Sorted(maps.Keys(states)) {
		parts = append(parts, fmt.Sprintf("%d %s", states[state], state))
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

func said(f *api.Fault) string {
	if f == nil {
		return "-"
	}
	return oneLine(f.Code + ": " + f.Reason)
}

func newConnectorCompare(s streams) *cobra.Command {
	var a asking
	var with string
	cmd := &cobra.Command{
		Use:   "compare <connector> <version>",
		Short: "Have another version read what this one has read; fails if anything is read otherwise",
		Long: "The kept pages of every payout that the version has read are read again by the version that serves, or by --with, and compared\n" +
			"line by line and field by field with what is stored. Nothing is written, and the provider is not called.",
		Args: exactArgs(2),
		RunE: asks(&a, func(cmd *cobra.Command, hub *client.Client, args []string) error {
			checks, err := compared(cmd.Context(), hub, versionPath(args[0], args[1])+"/compare", api.CompareInput{With: with})
			if err != nil {
				return err
			}
			show := showComparison
			if a.json {
				show = func(out io.Writer, checks []api.VersionComparison) error {
					return printJSON(out, api.ComparePage{Items: append([]api.VersionComparison{}, checks...)})
				}
			}
			if err := show(s.out, checks); err != nil {
				return err
			}
			return verdict(checks)
		}),
	}
	a.flags(cmd)
	cmd.Flags().StringVar(&with, "with", "", "the version that reads (default: the one that serves each connection)")
	return cmd
}

// compared asks for every page of a comparison.
func compared(ctx context.Context, hub *client.Client, path string, input api.CompareInput) ([]api.VersionComparison, error) {
	var all []api.VersionComparison
	for after := ""; ; {
		var page api.ComparePage
		if err := hub.Post(ctx, path+"?limit=20&after="+url.QueryEscape(after), input, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if after = page.Next; after == "" {
			return all, nil
		}
	}
}

func showComparison(out io.Writer, checks []api.VersionComparison) error {
	var lines, differ int64
	var failed int
	for _, c := range checks {
		if c.Replay == nil {
			failed++
			continue
		}
		lines, differ = lines+c.Replay.Lines, differ+c.Replay.Differ
	}
	fmt.Fprintf(out, "%d payout(s), %d line(s) read again: %d otherwise than stored; %d payout(s) could not be read again\n", len(checks), lines, differ, failed)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if differ > 0 {
		fmt.Fprintln(w, "\nPAYOUT\tSTATE\tLINE\tOUTCOME\tFIELD\tSTORED\tREAD")
	}
	for _, c := range checks {
		if c.Replay == nil {
			continue
		}
		for _, d := range c.Replay.Differences {
			if len(d.Fields) == 0 {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t-\t-\t-\n", c.PayoutID, c.State, d.Key, d.Outcome)
			}
			for _, f := range d.Fields {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", c.PayoutID, c.State, d.Key, d.Outcome, f.Name, orDash(f.Stored), orDash(f.Read))
			}
		}
		if more := c.Replay.Differ - int64(len(c.Replay.Differences)); more > 0 {
			fmt.Fprintf(w, "%s\t%s\t%d more\t\t\t\t\n", c.PayoutID, c.State, more)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, c := range checks {
		if c.Fault != nil {
			fmt.Fprintf(out, "%s was not read again: %s\n", c.PayoutID, said(c.Fault))
		}
	}
	return nil
}

// verdict fails if a line is read otherwise, or if that is not known.
func verdict(checks []api.VersionComparison) error {
	var differ, unknown int
	for _, c := range checks {
		switch {
		case c.Replay == nil:
			unknown++
		case c.Replay.Differ > 0:
			differ++
		}
	}
	switch {
	case differ > 0:
		return fault.New(CodeReadsOtherwise, fault.Conflict, fmt.Sprintf("%d payout(s) are read otherwise than they are stored", differ)).
			WithRemedy("payouts that were booked wrongly are undone and booked anew, see docs/support.md")
	case unknown > 0:
		return fault.New(CodeNotCompared, fault.Conflict, fmt.Sprintf("%d payout(s) could not be read again", unknown)).
			WithRemedy("see the reason of each; of a page that was not kept nothing can be said")
	}
	return nil
}

func newConnectorReplan(s streams) *cobra.Command {
	var a asking
	var reason string
	cmd := &cobra.Command{
		Use:   "replan <connector> <version>",
		Short: "Take up again what a version has left unsettled, by the version that serves now",
		Long: "Payouts that are held are read anew, documents that are parked are tried again, and those whose outcome is open are looked up.\n" +
			"What is booked stays: see POST /v1/payouts/{id}/undo.",
		Args: exactArgs(2),
		RunE: asks(&a, func(cmd *cobra.Command, hub *client.Client, args []string) error {
			var done api.Replanned
			if err := hub.Post(cmd.Context(), versionPath(args[0], args[1])+"/replan", api.ReasonInput{Reason: reason}, &done); err != nil {
				return err
			}
			if a.json {
				return printJSON(s.out, done)
			}
			fmt.Fprintf(s.out, "%d payout(s) are read anew, %d exception(s) tried again, %d open document(s) looked up, %d could not be taken up\n",
				len(done.Payouts), len(done.Exceptions), done.Open, len(done.Faults))
			for _, f := range done.Faults {
				fmt.Fprintf(s.out, "  %s: %s\n", f.ID, said(&f.Fault))
			}
			return nil
		}),
	}
	a.flags(cmd)
	reasonFlag(cmd, &reason)
	return cmd
}
