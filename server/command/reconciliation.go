package command

import (
	"fmt"
	"io"
	"net/url"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/server/client"
)

func newReconciliation(s streams) *cobra.Command {
	var a access
	var of flowFlags
	var from, to, format string
	cmd := &cobra.Command{
		Use:   "reconciliation",
		Short: "Prove what stands on the clearing accounts at the end of a period",
		Args:  exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if from == "" || to == "" {
				return &usageError{cause: fmt.Errorf("--from and --to are required; see %s --help", cmd.CommandPath())}
			}
			hub, err := a.client()
			if err != nil {
				return err
			}
			path, err := of.path(cmd, hub, "/reconciliation")
			if err != nil {
				return err
			}
			query := url.Values{"from": {from}, "to": {to}}
			return writeReconciliation(cmd, s.out, hub, path, query, format)
		},
	}
	a.flags(cmd)
	of.register(cmd)
	cmd.Flags().StringVar(&from, "from", "", "the first day, YYYY-MM-DD")
	cmd.Flags().StringVar(&to, "to", "", "the last day, YYYY-MM-DD")
	cmd.Flags().StringVar(&format, "format", "table", "table, csv or json")
	return cmd
}

func writeReconciliation(cmd *cobra.Command, out io.Writer, hub *client.Client, path string, query url.Values, format string) error {
	switch format {
	case "csv":
		query.Set("format", "csv")
		text, err := hub.Bytes(cmd.Context(), path+"?"+query.Encode())
		if err != nil {
			return err
		}
		_, err = out.Write(text)
		return err
	case "json", "table":
		var r api.Reconciliation
		if err := hub.Get(cmd.Context(), path+"?"+query.Encode(), &r); err != nil {
			return err
		}
		if format == "json" {
			return printJSON(out, r)
		}
		return showReconciliation(out, r)
	}
	return &usageError{cause: fmt.Errorf("--format is table, csv or json, not %q", format)}
}

func showReconciliation(out io.Writer, r api.Reconciliation) error {
	for _, st := range r.Items {
		fmt.Fprintf(out, "Clearing account %s, %s to %s (%s)\n", st.Account, r.From, r.To, st.Currency)
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
		for _, row := range [][2]string{
			{"opening", st.Opening},
			{"captures", st.Captures},
			{"refunds", st.Refunds},
			{"fees", st.Fees},
			{"VAT on fees", st.FeeVat},
			{"chargebacks", st.Chargebacks},
			{"reserves", st.Reserves},
			{"other", st.Other},
			{"payouts", st.Payouts},
			{"closing", st.Closing},
			{"open items", st.Open},
			{"difference", st.Difference},
		} {
			fmt.Fprintf(w, "%s\t%s\t\n", row[0], row[1])
		}
		fmt.Fprintln(w, "\t\t")
		for _, age := range st.Ages {
			name := strconv.Itoa(age.From) + "-" + strconv.Itoa(age.To) + " days"
			if age.To == 0 {
				name = "over " + strconv.Itoa(age.From-1) + " days"
			}
			fmt.Fprintf(w, "%s\t%s\t%d items\t\n", name, age.Sum, age.Items)
		}
		if err := w.Flush(); err != nil {
			return err
		}
		if err := showItems(out, st); err != nil {
			return err
		}
	}
	return nil
}

func showItems(out io.Writer, st api.ClearingStatement) error {
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if len(st.Items) > 0 {
		fmt.Fprintln(w, "SINCE\tDAYS\tPAYOUT\tREFERENCE\tAMOUNT\tREASON")
	}
	for _, item := range st.Items {
		reason := item.Reason
		if item.Code != "" {
			reason = item.Code + ": " + reason
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\n", item.Since, item.Days, item.Payout, item.Reference, item.Amount, reason)
	}
	if st.Omitted > 0 {
		fmt.Fprintf(w, "\t\t\t%d more are not shown; --format csv has all of them\t\t\n", st.Omitted)
	}
	return w.Flush()
}
