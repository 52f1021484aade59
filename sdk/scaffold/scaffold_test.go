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

// TestLevelOneIsShort: what must be written for a connector that describes itself
// and checks its connections. The rest of a new connector is left out.
func TestLevelOneIsShort(t *testing.T) {
	t.Parallel()
	dir, err := scaffold.Write(scaffold.Options{
		ID: "acmepay", Kind: scaffold.PSP, Dir: filepath.Join(t.TempDir(), "acmepay"), Kvitt: scaffold.Origin{Checkout: checkout(t)},
	})
	require.NoError(t, err)
	for _, name := range []string{"payouts.go", "list.go", "mapping.go", "mapping_test.go"} {
		require.NoError(t, os.Remove(filepath.Join(dir, name)))
	}
	replace(t, filepath.Join(dir, "connector.go"), "\t_ ports.PayoutSource = (*Connector)(nil)\n", "",
		"[]ports.Capability{ports.CapabilityPayouts}", "nil",
		`, {Name: "ListPayouts", Calls: 1}, {Name: "ListPayoutLines", Calls: 1}`, "")
	replace(t, filepath.Join(dir, "conformance.json"), `"level": 4`, `"level": 1`)
	run(t, dir, "test", "-count=1", ".")

	lines := 0
	for _, name := range []string{"main.go", "connector.go", "settings.schema.json", "credentials.schema.json"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		lines += strings.Count(string(text), "\n")
	}
	require.Less(t, lines, 150)
}

func replace(t *testing.T, path string, pairs ...string) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := 0; i < len(pairs); i += 2 {
		require.Contains(t, string(text), pairs[i], path)
	}
	require.NoError(t, os.WriteFile(path, []byte(strings.NewReplacer(pairs...).Replace(string(text))), 0o600))
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
