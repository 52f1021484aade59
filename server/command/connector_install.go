package command

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/server/client"
)

// CodeOtherProgram: the file is not the one whose digest was named.
const CodeOtherProgram fault.Code = "connector.other_program"

// installation is what `kvitt connector install` was told.
type installation struct {
	asking

	signature, conformance, waiver, sha256 string
	approveHosts                           bool
}

func newConnectorInstall(s streams) *cobra.Command {
	var i installation
	cmd := &cobra.Command{
		Use:   "install <file>",
		Short: "Send a connector's program to a hub and install it beside the versions that are there",
		Long: "Sends the program to the hub, which checks it, asks it what it is and keeps it. Nobody is served by it until `swap`. What cannot\n" +
			"be trusted or cannot run there is refused, and nothing has changed. A signature and a report that lie beside the program,\n" +
			"<file>.minisig and <file>.conformance.json, go with it.",
		Example: `  kvitt connector install klarna-1.4.2
  kvitt connector install klarna-1.4.2 --sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  kvitt connector install acme --waive-signature "built here from commit 1a2b3c"`,
		Args: exactArgs(1),
		RunE: asks(&i.asking, func(cmd *cobra.Command, hub *client.Client, args []string) error {
			v, err := i.install(cmd.Context(), hub, args[0])
			if err != nil {
				return err
			}
			if i.json {
				return printJSON(s.out, v)
			}
			fmt.Fprintf(s.out, "%s %s is installed (sha256 %s, signature: %s).\n", v.Connector, v.Version, v.Sha256, vouchedFor(v.Signature))
			w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
			if err := errors.Join(showConformance(w, v), w.Flush()); err != nil {
				return err
			}
			if !v.Wanted {
				fmt.Fprintf(s.out, "Nobody is served by it yet: kvitt connector swap %s %s --reason ...\n", v.Connector, v.Version)
			}
			return nil
		}),
	}
	i.flags(cmd)
	cmd.Flags().StringVar(&i.signature, "signature", "", "the file with its minisign signature (default: <file>.minisig if it is there)")
	cmd.Flags().StringVar(&i.conformance, "conformance", "", "the report that `connector check --json` printed of it (default: <file>.conformance.json if it is there)")
	cmd.Flags().StringVar(&i.waiver, "waive-signature", "", "why it may be installed without a signature")
	cmd.Flags().BoolVar(&i.approveHosts, "approve-hosts", false, "take it though it sends credentials to other hosts than the version that serves")
	cmd.Flags().StringVar(&i.sha256, "sha256", "", "the digest that the program must have, as its author publishes it")
	return cmd
}

func (i *installation) install(ctx context.Context, hub *client.Client, path string) (api.ConnectorVersion, error) {
	input := api.InstallInput{WaiveSignature: i.waiver, ApproveHosts: i.approveHosts}
	signature, err := besides(i.signature, path+".minisig")
	if err != nil {
		return api.ConnectorVersion{}, err
	}
	input.Signature = string(signature)
	if input.Conformance, err = besides(i.conformance, path+".conformance.json"); err != nil {
		return api.ConnectorVersion{}, err
	}
	if input.Upload, err = i.upload(ctx, hub, path); err != nil {
		return api.ConnectorVersion{}, err
	}
	var v api.ConnectorVersion
	return v, hub.Post(ctx, "/v1/connector-versions", input, &v)
}

// besides reads the file that was named, or else the one that may lie beside the program.
func besides(named, usual string) ([]byte, error) {
	if named != "" {
		return os.ReadFile(named) //nolint:gosec // the caller names it
	}
	text, err := os.ReadFile(usual) //nolint:gosec // it lies beside what the caller names
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

// upload sends the program and gives its digest.
func (i *installation) upload(ctx context.Context, hub *client.Client, path string) (string, error) {
	file, err := os.Open(path) //nolint:gosec // the caller names it
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	size, err := io.Copy(hash, file)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", path, err)
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	if i.sha256 != "" && !strings.EqualFold(i.sha256, sum) {
		return "", fault.New(CodeOtherProgram, fault.Validation, path+" has the SHA-256 "+sum+", not "+i.sha256).
			WithRemedy("do not install it; fetch the program again from its author")
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("reading %s: %w", path, err)
	}
	return sum, hub.Put(ctx, "/v1/connector-uploads/"+sum, "application/octet-stream", file, size, nil)
}

func newConnectorReset(s streams) *cobra.Command {
	var a asking
	var reason string
	cmd := &cobra.Command{
		Use:   "reset <connector> <version>",
		Short: "Release a version from quarantine, or from its pause after a crash",
		Long:  "The next call starts the version again, and the work that waits for it goes on. Find out first why it went down: see `log`.",
		Args:  exactArgs(2),
		RunE: asks(&a, func(cmd *cobra.Command, hub *client.Client, args []string) error {
			var v api.ConnectorVersion
			if err := hub.Post(cmd.Context(), versionPath(args[0], args[1])+"/reset", api.ReasonInput{Reason: reason}, &v); err != nil {
				return err
			}
			if a.json {
				return printJSON(s.out, v)
			}
			return showVersions(s.out, []api.ConnectorVersion{v})
		}),
	}
	a.flags(cmd)
	reasonFlag(cmd, &reason)
	return cmd
}

func newConnectorRemove(s streams) *cobra.Command {
	var a access
	var reason string
	cmd := &cobra.Command{
		Use:   "remove <connector> <version>",
		Short: "Remove a version that nothing uses, with the hub's copy of its program",
		Args:  exactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			hub, err := a.client()
			if err != nil {
				return err
			}
			if err := hub.Delete(cmd.Context(), versionPath(args[0], args[1])+"?"+url.Values{"reason": {reason}}.Encode()); err != nil {
				return err
			}
			fmt.Fprintf(s.out, "%s %s is removed. What it has read and written keeps its number.\n", args[0], args[1])
			return nil
		},
	}
	a.flags(cmd)
	reasonFlag(cmd, &reason)
	return cmd
}
