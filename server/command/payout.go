package command

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/server/client"
)

// access says which hub to ask, and with which key.
type access struct {
	url string
	key string
}

func (a *access) flags(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVar(&a.url, "hub", "http://127.0.0.1:8484", "the hub's address")
	cmd.PersistentFlags().StringVar(&a.key, "key-file", "data/operator.key", "the file with the API key; KVITT_API_KEY takes precedence")
}

func (a *access) client() (*client.Client, error) {
	if key := os.Getenv("KVITT_API_KEY"); key != "" {
		return client.New(a.url, key), nil
	}
	key, err := os.ReadFile(a.key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no API key: set KVITT_API_KEY, or name the file that holds it with --key-file (%s is not there)", a.key)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the API key (set KVITT_API_KEY or --key-file): %w", err)
	}
	return client.New(a.url, strings.TrimSpace(string(key))), nil
}

func newPayout(s streams) *cobra.Command {
	var a access
	cmd := &cobra.Command{Use: "payout", Short: "Look at payouts of a running hub, and correct their lines"}
	a.flags(cmd)
	cmd.AddCommand(newPayoutList(s, &a), newPayoutShow(s, &a), newPayoutCorrect(s, &a), newPayoutRematch(s, &a))
	return cmd
}

func newPayoutList(s streams, a *access) *cobra.Command {
	return &cobra.Command{
		Use:   "list <merchant>",
		Short: "List a merchant's payouts",
		Args:  exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			hub, err := a.client()
			if err != nil {
				return err
			}
			payouts, err := client.List[api.Payout](cmd.Context(), hub, "/v1/merchants/"+url.PathEscape(args[0])+"/payouts")
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tREFERENCE\tDATE\tNET\tDIFFERENCE\tSTATE\tLINES\tEXCEPTIONS")
			for _, p := range payouts {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s %s\t%s\t%s\t%d\t%d\n",
					p.ID, p.Reference, p.Date, p.Effects.Net, p.Effects.Currency, p.Effects.Difference, p.State, p.Counts.Lines, p.Counts.Exceptions)
			}
			return w.Flush()
		},
	}
}

func newPayoutShow(s streams, a *access) *cobra.Command {
	return &cobra.Command{
		Use:   "show <payout>",
		Short: "Show how a payout comes about and how it is booked",
		Args:  exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			hub, err := a.client()
			if err != nil {
				return err
			}
			var p api.Payout
			if err := hub.Get(cmd.Context(), "/v1/payouts/"+url.PathEscape(args[0]), &p); err != nil {
				return err
			}
			var explained api.Explanation
			if err := hub.Get(cmd.Context(), "/v1/payouts/"+url.PathEscape(args[0])+"/explanation", &explained); err != nil {
				return err
			}
			w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
			showPayout(w, p, explained)
			return w.Flush()
		},
	}
}

func showPayout(w *tabwriter.Writer, p api.Payout, explained api.Explanation) {
	e := p.Effects
	fmt.Fprintf(w, "payout\t%s %s of %s, %s\n", p.Provider, p.Reference, p.Date, p.State)
	if p.Hold != nil {
		fmt.Fprintf(w, "held\t%s: %s\n\t%s\n", p.Hold.Code, p.Hold.Reason, p.Hold.Remedy)
	}
	for _, row := range [][2]string{
		{"sales", e.Gross},
		{"refunds", e.Refunds},
		{"fees", e.Fees},
		{"VAT on fees", e.FeeVat},
		{"reserves", e.Reserves},
		{"other", e.Other},
		{"net", e.Net},
		{"difference", e.Difference},
	} {
		fmt.Fprintf(w, "%s\t%s %s\n", row[0], row[1], e.Currency)
	}
	n := p.Counts
	fmt.Fprintf(w, "lines\t%d = %d matched + %d need no document + %d waiting + %d exceptions + %d pending\n",
		n.Lines, n.Matched, n.NoDocument, n.Waiting, n.Exceptions, n.Pending)
	for _, sum := range explained.Sums {
		fmt.Fprintf(w, "%s\t%d × %s: %s\n", sum.Kind, sum.Lines, sum.RawType, sum.Sentence)
	}
}
