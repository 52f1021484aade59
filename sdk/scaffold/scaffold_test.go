package scaffold_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/scaffold"
)

// checkout is the root of the repository.
func checkout(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	return root
}

// run runs a program of the Go toolchain in a folder, without a network.
func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off", "GOFLAGS=-mod=readonly")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "go %s: %s", strings.Join(args, " "), out)
	return string(out)
}

func TestWhatIsWrittenBuildsAndPassesItsTestsAtOnce(t *testing.T) {
	t.Parallel()
	for _, kind := range scaffold.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			dir, err := scaffold.Write(scaffold.Options{
				ID: "acme-" + string(kind), Kind: kind, Module: "example.org/acme/connector", Dir: filepath.Join(t.TempDir(), "acme"),
				Kvitt: scaffold.Origin{Checkout: checkout(t)},
			})
			require.NoError(t, err)
			run(t, dir, "vet", "./...")
			out := run(t, dir, "test", "-count=1", "./...")
			require.Contains(t, out, "ok  \texample.org/acme/connector")

			require.NoError(t, filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
				if err != nil || entry.IsDir() {
					return err
				}
				text, err := os.ReadFile(path)
				require.NotContains(t, strings.ToLower(string(text)), "sample"+map[scaffold.Kind]string{"psp": "pay", "erp": "books", "commerce": "shop"}[kind], path)
				return err
			}))
		})
	}
}

// smallest holds the smallest connector, which the documents show, against level 1.
// Of its remote system no more is needed.
const smallest = `package main

import (
	"net/http"
	"testing"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/conformance"
	"github.com/kvitt/kvitt/sdk/simulator"
)

func TestConformance(t *testing.T) {
	conformance.Test(t, conformance.Subject{
		New: func() ports.Connector { return connector{} }, Plan: "conformance.json",
		Simulator: func(_ []byte, control *simulator.Control) (http.Handler, error) {
			return control.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "Bearer good" {
					w.WriteHeader(http.StatusUnauthorized)
				}
				_, _ = w.Write([]byte("{}"))
			})), nil
		},
	})
}
`

// TestLevelOneIsShort: a connector that passes level 1 takes less than 150 lines, all
// told, and the one that the documents show reads payouts besides.
func TestLevelOneIsShort(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(checkout(t), "docs", "connectors", "README.md"))
	require.NoError(t, err)
	_, code, _ := strings.Cut(string(page), "```go\n")
	code, _, _ = strings.Cut(code, "```\n")
	require.Less(t, strings.Count(code, "\n"), 150)

	dir, err := scaffold.Write(scaffold.Options{
		ID: "acme", Kind: scaffold.PSP, Dir: filepath.Join(t.TempDir(), "acme"), Kvitt: scaffold.Origin{Checkout: checkout(t)},
	})
	require.NoError(t, err)
	written, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, file := range written {
		require.NoError(t, os.Remove(file))
	}
	for name, content := range map[string]string{
		"main.go": code, "conformance_test.go": smallest, "world.json": `{"now": "2026-04-20T08:00:00Z", "acme": {}}`,
		"conformance.json": `{"level": 1, "simulator": {"world": "world.json"}, "credentials": {"key": "good"}}`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	require.Contains(t, run(t, dir, "test", "-count=1", "."), "ok  \t")
}

func TestWhatMakesNoSenseIsRefusedAndNothingIsWritten(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options scaffold.Options
		code    fault.Code
		field   string
	}{
		"no name":                {scaffold.Options{Kind: scaffold.PSP}, scaffold.CodeName, "name"},
		"a name with capitals":   {scaffold.Options{ID: "AcmePay", Kind: scaffold.PSP}, scaffold.CodeName, "name"},
		"a name that ends in -":  {scaffold.Options{ID: "acme-", Kind: scaffold.PSP}, scaffold.CodeName, "name"},
		"a path for a name":      {scaffold.Options{ID: "../acme", Kind: scaffold.PSP}, scaffold.CodeName, "name"},
		"no kind":                {scaffold.Options{ID: "acme"}, scaffold.CodeKind, "kind"},
		"a kind nobody knows":    {scaffold.Options{ID: "acme", Kind: "bank"}, scaffold.CodeKind, "kind"},
		"a module with spaces":   {scaffold.Options{ID: "acme", Kind: scaffold.ERP, Module: "my module"}, scaffold.CodeModule, "module"},
		"no kvitt to build with": {scaffold.Options{ID: "acme", Kind: scaffold.ERP}, scaffold.CodeOrigin, "kvitt"},
		"a commit for a version": {scaffold.Options{ID: "acme", Kind: scaffold.ERP, Kvitt: scaffold.Origin{Version: "v0.0.0-20260102030405-0123456789ab"}}, scaffold.CodeOrigin, "kvitt"},
		"a checkout of nothing":  {scaffold.Options{ID: "acme", Kind: scaffold.ERP, Kvitt: scaffold.Origin{Checkout: os.TempDir()}}, scaffold.CodeOrigin, "checkout"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parent := t.TempDir()
			c.options.Dir = filepath.Join(parent, "acme")
			_, err := scaffold.Write(c.options)
			require.Equal(t, c.code, fault.CodeOf(err))
			require.Equal(t, c.field, fault.Of(err).Field)
			entries, err := os.ReadDir(parent)
			require.NoError(t, err)
			require.Empty(t, entries)
		})
	}
}

func TestAFolderThatHoldsSomethingIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("mine"), 0o600))
	_, err := scaffold.Write(scaffold.Options{ID: "acme", Kind: scaffold.PSP, Dir: dir, Kvitt: scaffold.Origin{Checkout: checkout(t)}})
	require.Equal(t, scaffold.CodeFolder, fault.CodeOf(err))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

func TestAProgramInTheBinFolderOfACheckoutKnowsIt(t *testing.T) {
	t.Parallel()
	root := checkout(t)
	require.Equal(t, root, scaffold.CheckoutOf(filepath.Join(root, "bin", "kvitt")))
	require.Empty(t, scaffold.CheckoutOf(filepath.Join(t.TempDir(), "bin", "kvitt")))
}
