package command

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/scaffold"
	"github.com/kvitt/kvitt/server/dev"
)

// codeTidy: Go could not add what the new module needs.
const codeTidy fault.Code = "scaffold.tidy_failed"

func newConnectorNew(s streams) *cobra.Command {
	var o scaffold.Options
	var kind string
	cmd := &cobra.Command{
		Use:   "new <name>",
		Short: "Write the beginning of a connector",
		Long: "Write the beginning of a connector: a small Go module with simulator, tests and README that builds and passes the\n" +
			"conformance suite at once. docs/connectors/tutorial.md goes on from there.",
		Example: "  kvitt connector new acmepay --kind psp --module github.com/acme/kvitt-acmepay",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.ID, o.Kind = args[0], scaffold.Kind(kind)
			o.Kvitt = origin(o.Kvitt)
			dir, err := scaffold.Write(o)
			if fault.ClassOf(err) == fault.Validation {
				return &usageError{cause: err}
			}
			if err != nil {
				return fmt.Errorf("writing the connector: %w", err)
			}
			if o.Kvitt.Checkout == "" {
				if err := tidy(cmd, dir); err != nil {
					return err
				}
			}
			_, err = fmt.Fprintf(s.out, "The connector %s is in %s. Go on with:\n\n  cd %s\n  go test ./...    # the conformance suite, against its own simulator\n"+
				"  kvitt dev .      # shows what each change does\n\nIts README says where to begin.\n", o.ID, dir, dir)
			if _, missing := exec.LookPath("go"); missing != nil && err == nil {
				_, err = fmt.Fprintf(s.out, "\n%s.\n", dev.NoGo)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&kind, "kind", "", "what it connects kvitt with: "+kinds())
	cmd.Flags().StringVar(&o.Module, "module", "", "path of the Go module (default: example.com/<name>)")
	cmd.Flags().StringVar(&o.Dir, "dir", "", "folder to write to (default: <name>)")
	cmd.Flags().StringVar(&o.Kvitt.Checkout, "checkout", "", "checkout of kvitt to build against (default: the one this program was built in)")
	cmd.Flags().StringVar(&o.Kvitt.Version, "kvitt", "", "released version of kvitt to build against (default: that of this program)")
	return cmd
}

func kinds() string {
	var all []string
	for _, kind := range scaffold.Kinds() {
		all = append(all, string(kind))
	}
	return strings.Join(all, ", ")
}

// origin fills in what nobody named: the checkout that this program lies in, else the
// release that it was built from.
func origin(named scaffold.Origin) scaffold.Origin {
	if named != (scaffold.Origin{}) {
		return named
	}
	if self, err := os.Executable(); err == nil {
		if self, err = filepath.EvalSymlinks(self); err == nil {
			named.Checkout = scaffold.CheckoutOf(self)
		}
	}
	if info, known := debug.ReadBuildInfo(); known && named.Checkout == "" && scaffold.IsRelease(info.Main.Version) {
		named.Version = info.Main.Version
	}
	return named
}

// tidy has Go add the sums of a released kvitt and of what it needs.
func tidy(cmd *cobra.Command, dir string) error {
	if _, err := exec.LookPath("go"); err != nil {
		return fault.New(codeTidy, fault.Validation, "the connector is in "+dir+", but "+dev.NoGo).WithRemedy("then run go mod tidy in the folder")
	}
	run := exec.CommandContext(cmd.Context(), "go", "mod", "tidy")
	run.Dir, run.Stderr = dir, cmd.ErrOrStderr()
	if err := run.Run(); err != nil {
		return fault.New(codeTidy, fault.Temporary, "the connector is in "+dir+", but go mod tidy failed there").Wrap(err).
			WithRemedy("run go mod tidy in the folder once Go is installed and the network is there")
	}
	return nil
}
