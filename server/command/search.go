package command

import (
	"fmt"
	"io"
	"net/url"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/server/client"
)

func newSearch(s streams) *cobra.Command {
	var a asking
	var merchant string
	cmd := &cobra.Command{
		Use:   "search <reference>",
		Short: "Find what a reference names, of whichever merchant",
		Long: "Looks for a whole reference in payouts and their lines, in documents of the accounting system, in what kvitt has written there, in\n" +
			"orders, events, exceptions and runs. Case, leading zeros and a leading # make no difference. It fails if nothing is found.",
		Args: exactArgs(1),
		RunE: asks(&a, func(cmd *cobra.Command, hub *client.Client, args []string) error {
			path := "/v1/search"
			if merchant != "" {
				path = "/v1/merchants/" + url.PathEscape(merchant) + "/search"
			}
			var found api.SearchResult
			if err := hub.Get(cmd.Context(), path+"?"+url.Values{"q": {args[0]}}.Encode(), &found); err != nil {
				return err
			}
			if a.json {
				return printJSON(s.out, found)
			}
			return showHits(s.out, args[0], found)
		}),
	}
	a.flags(cmd)
	cmd.Flags().StringVar(&merchant, "merchant", "", "look among one merchant's things alone")
	return cmd
}

func showHits(out io.Writer, reference string, found api.SearchResult) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KIND\tID\tFIELD\tVALUE\tMERCHANT\tPAYOUT\tSEE")
	hits := 0
	for _, group := range found.Items {
		for _, h := range group.Hits {
			hits++
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", group.Kind, h.ID, h.Field, oneLine(h.Value), h.MerchantID, orDash(h.PayoutID), h.Path)
		}
		if group.More {
			fmt.Fprintf(w, "%s\t…\tthere are more\t\t\t\t\n", group.Kind)
		}
	}
	if hits == 0 {
		return fmt.Errorf("nothing is called %q", reference)
	}
	return w.Flush()
}
