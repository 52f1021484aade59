package command

import (
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/fault"
)

// CodeMistakes: rows of a file of corrections cannot be used.
const CodeMistakes fault.Code = "corrections.mistakes"

func newPayoutCorrect(s streams, a *access) *cobra.Command {
	var of flowFlags
	var apply, asJSON bool
	cmd := &cobra.Command{
		Use:   "correct <file>",
		Short: "Correct references of lines from a CSV file; fails if any row has a mistake",
		Long: "Reads a CSV file with the columns payout, line, reference, value, or payout, line, document, and says what would\n" +
			"become of the lines. With --apply all rows are taken, or none if there is a mistake, and the lines are matched anew.",
		Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			hub, err := a.client()
			if err != nil {
				return err
			}
			path, err := of.path(cmd, hub, "/corrections"+applied(apply))
			if err != nil {
				return err
			}
			var report api.CorrectionReport
			if err := hub.Upload(cmd.Context(), path, "text/csv", file, &report); err != nil {
				return err
			}
			show := showCorrections
			if asJSON {
				show = printJSON[api.CorrectionReport]
			}
			if err := show(s.out, report); err != nil || len(report.Mistakes) == 0 {
				return err
			}
			return fault.Invalid(CodeMistakes, "", fmt.Sprintf("%d mistake(s), nothing was applied", len(report.Mistakes))).
				WithRemedy("correct the file and try again")
		},
	}
	of.register(cmd)
	cmd.Flags().BoolVar(&apply, "apply", false, "do it; without it nothing is changed")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the answer of the API")
	return cmd
}

func newPayoutRematch(s streams, a *access) *cobra.Command {
	var of flowFlags
	var apply, asJSON bool
	cmd := &cobra.Command{
		Use:   "rematch",
		Short: "Show what would become now of lines that wait or are exceptions of matching",
		Args:  exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			hub, err := a.client()
			if err != nil {
				return err
			}
			path, err := of.path(cmd, hub, "/rematch"+applied(apply))
			if err != nil {
				return err
			}
			var report api.RematchReport
			if err := hub.Post(cmd.Context(), path, nil, &report); err != nil {
				return err
			}
			if asJSON {
				return printJSON(s.out, report)
			}
			return showRematch(s.out, report)
		},
	}
	of.register(cmd)
	cmd.Flags().BoolVar(&apply, "apply", false, "start the run that does it; without it nothing is changed")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the answer of the API")
	return cmd
}

func applied(apply bool) string {
	if apply {
		return "?apply=true"
	}
	return ""
}

func showCorrections(out io.Writer, report api.CorrectionReport) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if len(report.Rows) > 0 {
		fmt.Fprintln(w, "ROW\tPAYOUT\tLINE\tCORRECTION\tBECOMES")
	}
	for _, row := range report.Rows {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", row.Row, row.Outlook.Payout, row.Outlook.Line, correctionText(row), outlookText(row.Outlook))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, m := range report.Mistakes {
		fmt.Fprintf(out, "row %d: %s\n", m.Row, mistakeText(m))
	}
	switch {
	case report.Applied:
		fmt.Fprintf(out, "%d of %d row(s) changed something.\n", report.Changes, len(report.Rows))
	case len(report.Mistakes) == 0:
		fmt.Fprintf(out, "%d of %d row(s) would change something; nothing was applied (--apply).\n", report.Changes, len(report.Rows))
	}
	return nil
}

func correctionText(row api.Correction) string {
	switch {
	case row.Document != "":
		return "document " + row.Document
	case !row.Changes:
		return row.Reference + " is " + row.Value
	}
	return fmt.Sprintf("%s %q to %q", row.Reference, row.Before, row.Value)
}

func mistakeText(m api.CorrectionMistake) string {
	if m.Field == "" {
		return m.Reason
	}
	return fmt.Sprintf("%s %q: %s", m.Field, m.Value, m.Reason)
}

// outlookText says what becomes of a line, and why if a person has to look.
func outlookText(o api.Outlook) string {
	text := string(o.Becomes)
	if len(o.Documents) > 0 {
		text += " " + strings.Join(o.Documents, ", ")
	}
	if o.Partial {
		text += " in part"
	}
	if o.Rule != "" {
		text += " by " + o.Rule
	}
	if o.Code != "" {
		text += ": " + o.Code + ": " + o.Reason
	}
	return text
}

func showRematch(out io.Writer, report api.RematchReport) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if len(report.Lines) > 0 {
		fmt.Fprintln(w, "PAYOUT\tLINE\tGROSS\tSTATE\tBECOMES")
	}
	for _, o := range report.Lines {
		fmt.Fprintf(w, "%s\t%s\t%s %s\t%s\t%s\n", o.Payout, o.Line, o.Gross, o.Currency, o.State, outlookText(o))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if report.Omitted > 0 {
		fmt.Fprintf(out, "%d more are not shown.\n", report.Omitted)
	}
	fmt.Fprintf(out, "%d matched, %d suggested, %d waiting, %d exception(s).\n", report.Matched, report.Suggested, report.Waiting, report.Exceptions)
	if report.Run != nil {
		fmt.Fprintf(out, "Run %s is under way.\n", report.Run.ID)
	}
	return nil
}
