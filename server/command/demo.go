package command

import (
	"github.com/spf13/cobra"

	"github.com/kvitt/kvitt/server/demo"
)

func newDemo(s streams) *cobra.Command {
	var o demo.Options
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run the sales and payouts of made-up merchants from Klarna into Fortnox, against local simulators",
		Args:  exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if o.Bin == "" {
				if o.Bin, err = binFolder(); err != nil {
					return err
				}
			}
			o.Progress = s.progress()
			return demo.Run(cmd.Context(), o, s.out)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.Once, "once", false, "end the hub when the result is printed")
	flags.BoolVar(&o.JSON, "json", false, "print one JSON object instead of the report")
	flags.StringVar(&o.Listen, "listen", "127.0.0.1:0", "the hub's address")
	flags.StringVar(&o.Data, "data", "", "where to make the demo's folder (default: the system's place for temporary files)")
	flags.StringVar(&o.Bin, "bin", "", "the folder of kvitt, connectors/ and simulators/ (default: that of this program)")
	return cmd
}
