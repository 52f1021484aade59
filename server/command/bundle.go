package command

import (
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"
)

func newSupportBundle(s streams) *cobra.Command {
	var a access
	var out string
	subject := map[string]*string{}
	cmd := &cobra.Command{
		Use:   "support-bundle",
		Short: "Write what is known of one connection, payout, run, exception or connector into a ZIP archive, without secrets",
		Long: "Writes versions, logs and failed calls of the connectors concerned, swaps, lanes, runs, steps, exceptions, callbacks and the audit\n" +
			"log into an archive for whoever helps, such as the author of a connector. Credentials, tokens and personal data are left out;\n" +
			"README.txt in it says what is there and what is not. An existing file is not written over.",
		Example: "  kvitt support-bundle --connector klarna\n  kvitt support-bundle --payout po-cb51b8f2bbc7db61 --out incident.zip",
		Args:    exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			query, name := url.Values{}, ""
			for kind, id := range subject {
				if *id != "" {
					query.Set(kind, *id)
					name = *id
				}
			}
			if len(query) != 1 {
				return &usageError{cause: errors.New("name one of --connection, --payout, --run, --exception and --connector")}
			}
			hub, err := a.client()
			if err != nil {
				return err
			}
			if out == "" {
				out = "kvitt-support-" + url.PathEscape(name) + ".zip"
			}
			err = writeNew(out, func(w io.Writer) error { return hub.Copy(cmd.Context(), "/v1/support-bundle?"+query.Encode(), w) })
			if err != nil {
				return err
			}
			fmt.Fprintf(s.out, "%s is written. Look through it before you send it to somebody outside; README.txt says what is in it.\n", out)
			return nil
		},
	}
	a.flags(cmd)
	for _, kind := range []string{"connection", "payout", "run", "exception", "connector"} {
		subject[kind] = cmd.Flags().String(kind, "", "the "+kind+" that it is about")
	}
	cmd.Flags().StringVar(&out, "out", "", "the file to write (kvitt-support-<id>.zip)")
	return cmd
}
