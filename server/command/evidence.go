package command

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"

	"github.com/spf13/cobra"
)

func newEvidence(s streams) *cobra.Command {
	var a access
	cmd := &cobra.Command{Use: "evidence", Short: "Take out what the vouchers of a payout rest on"}
	a.flags(cmd)
	cmd.AddCommand(newEvidenceExport(s, &a))
	return cmd
}

func newEvidenceExport(s streams, a *access) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "export <payout>",
		Short: "Write a ZIP archive for an auditor",
		Long: "Writes the vouchers, lines, documents and settings of a payout as tables, and the provider's raw pages, into a\n" +
			"ZIP archive. README.txt in it says how to verify it by hand. An existing file is not written over.",
		Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			hub, err := a.client()
			if err != nil {
				return err
			}
			if out == "" {
				out = "kvitt-evidence-" + url.PathEscape(args[0]) + ".zip"
			}
			err = writeNew(out, func(w io.Writer) error {
				return hub.Copy(cmd.Context(), "/v1/payouts/"+url.PathEscape(args[0])+"/evidence.zip", w)
			})
			if err != nil {
				return err
			}
			files, err := verifyArchive(out)
			if err != nil {
				return fmt.Errorf("verifying %s: %w", out, err)
			}
			fmt.Fprintf(s.out, "%s: %d file(s), every SHA-256 as in index.json\n", out, files)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the file to write (kvitt-evidence-<payout>.zip)")
	return cmd
}

// writeNew makes a file that does not exist yet, and leaves none behind if it fails.
func writeNew(name string, fill func(io.Writer) error) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err = errors.Join(fill(file), file.Close()); err != nil {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}

// verifyArchive compares every file of an archive with its index, and counts them.
func verifyArchive(name string) (int, error) {
	archive, err := zip.OpenReader(name)
	if err != nil {
		return 0, err
	}
	defer archive.Close()
	var index struct {
		Files []struct{ Name, SHA256 string }
	}
	text, err := archive.Open("index.json")
	if err != nil {
		return 0, err
	}
	defer text.Close()
	if err := json.NewDecoder(text).Decode(&index); err != nil {
		return 0, fmt.Errorf("reading index.json: %w", err)
	}
	for _, listed := range index.Files {
		sum, err := sumOf(archive, listed.Name)
		if err != nil {
			return 0, err
		}
		if sum != listed.SHA256 {
			return 0, fmt.Errorf("%s has another SHA-256 than index.json says", listed.Name)
		}
	}
	return len(index.Files), nil
}

func sumOf(archive *zip.ReadCloser, name string) (string, error) {
	file, err := archive.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", fmt.Errorf("reading %s: %w", name, err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
