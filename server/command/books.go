package command

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/server/client"
)

// Faults of the command line about books.
const (
	// CodeBooksDiffer: the books are not as kvitt expects them.
	CodeBooksDiffer fault.Code = "books.differ"
	// CodeNotOfMerchant: the flow belongs to another merchant than the one named.
	CodeNotOfMerchant fault.Code = "books.other_merchant"
)

// flowFlags name a flow and, to be sure, its merchant.
type flowFlags struct{ flow, merchant string }

func (f *flowFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.flow, "flow", "", "the id of the flow")
	cmd.Flags().StringVar(&f.merchant, "merchant", "", "the id of the merchant to whom the flow must belong")
}

// path gives the address of something of the flow.
func (f *flowFlags) path(cmd *cobra.Command, hub *client.Client, below string) (string, error) {
	if f.flow == "" {
		return "", &usageError{cause: fmt.Errorf("--flow is required; see %s --help", cmd.CommandPath())}
	}
	base := "/v1/flows/" + url.PathEscape(f.flow)
	if f.merchant == "" {
		return base + below, nil
	}
	var flow api.Flow
	if err := hub.Get(cmd.Context(), base, &flow); err != nil {
		return "", err
	}
	if flow.MerchantID != f.merchant {
		return "", fault.New(CodeNotOfMerchant, fault.Conflict, "flow "+f.flow+" does not belong to merchant "+f.merchant).
			WithRemedy("compare the two ids")
	}
	return base + below, nil
}

func newBooks(s streams) *cobra.Command {
	var a access
	cmd := &cobra.Command{Use: "books", Short: "Compare what was booked with the accounting system's own books"}
	a.flags(cmd)
	cmd.AddCommand(newBooksCheck(s, &a), newBooksJournal(s, &a))
	return cmd
}

func newBooksCheck(s streams, a *access) *cobra.Command {
	var of flowFlags
	var asJSON, all bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Look for every voucher and payment in the accounting system's SIE export; fails if anything differs",
		Args:  exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			hub, err := a.client()
			if err != nil {
				return err
			}
			path, err := of.path(cmd, hub, "/books-check")
			if err != nil {
				return err
			}
			if all {
				path += "?all=true"
			}
			var found api.BooksCheck
			if err := hub.Get(cmd.Context(), path, &found); err != nil {
				return err
			}
			show := showCheck
			if asJSON {
				show = printJSON[api.BooksCheck]
			}
			if err := show(s.out, found); err != nil || found.Agrees {
				return err
			}
			return fault.New(CodeBooksDiffer, fault.Conflict, "the books are not as expected").
				WithRemedy("correct the accounting system's books by hand where they are wrong, then check again")
		},
	}
	of.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the answer of the API")
	cmd.Flags().BoolVar(&all, "all", false, "list also what was found as expected")
	return cmd
}

func newBooksJournal(s streams, a *access) *cobra.Command {
	var of flowFlags
	var currency string
	cmd := &cobra.Command{
		Use:   "journal",
		Short: "Write what was booked as a journal for hledger and ledger",
		Args:  exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			hub, err := a.client()
			if err != nil {
				return err
			}
			path, err := of.path(cmd, hub, "/journal")
			if err != nil {
				return err
			}
			if currency != "" {
				path += "?currency=" + url.QueryEscape(currency)
			}
			text, err := hub.Bytes(cmd.Context(), path)
			if err != nil {
				return err
			}
			_, err = s.out.Write(text)
			return err
		},
	}
	of.register(cmd)
	cmd.Flags().StringVar(&currency, "currency", "", "the currency of the journal (default: the merchant's own)")
	return cmd
}

func printJSON[T any](out io.Writer, answer T) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false) // the output is read by people and programs, not by browsers
	return encoder.Encode(answer)
}

// showCheck prints a comparison for people.
func showCheck(out io.Writer, c api.BooksCheck) error {
	for _, year := range c.Years {
		fmt.Fprintf(out, "Read the books from %s to %s.\n", year.From, year.To)
	}
	fmt.Fprintf(out, "%d documents expected: %d found, %d missing, %d different. %d postings of others on clearing accounts.\n",
		c.Found+c.Missing+c.Differing, c.Found, c.Missing, c.Differing, len(c.Foreign))
	for _, d := range c.Documents {
		fmt.Fprintf(out, "\n%s: %s\n", d.Status, nameOf(d))
		showRows(out, "expected", d.Expected)
		if d.Actual != nil {
			showRows(out, "in the books", *d.Actual)
		}
	}
	for _, f := range c.Foreign {
		fmt.Fprintf(out, "\nforeign: %s %s on %s\n", f.Amount, f.Currency, f.Account)
		showRows(out, "in the books", f.Voucher)
	}
	if c.Omitted > 0 {
		fmt.Fprintf(out, "\n%d more are not shown.\n", c.Omitted)
	}
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "account\texpected\tin the books\tof others\tdifference\t")
	for _, a := range c.Accounts {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t\n", a.Account, a.Expected, a.Actual, a.Foreign, a.Difference)
	}
	return w.Flush()
}

// nameOf says which document it is.
func nameOf(d api.BooksDocument) string {
	var name string
	switch d.Kind {
	case "voucher":
		name = "voucher " + strings.TrimSpace(d.Expected.Series+" "+d.Expected.Number)
	case "invoice_payment":
		name = "payment " + d.Payment + " of invoice " + d.Document
	default:
		name = "adopted payment of invoice " + d.Document
	}
	if d.Payout != "" {
		name += " (payout " + d.Payout + ")"
	}
	return name
}

func showRows(out io.Writer, title string, v api.BooksVoucher) {
	fmt.Fprintf(out, "  %s: %s %s %s\n", title, strings.TrimSpace(v.Series+" "+v.Number), v.Date, v.Text)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, r := range v.Rows {
		fmt.Fprintf(w, "    %s\tdebit %s\tcredit %s\t\n", r.Account, r.Debit, r.Credit)
	}
	_ = w.Flush() // it writes where the lines above were written
}
