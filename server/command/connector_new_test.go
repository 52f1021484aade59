package command_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAConnectorThatCannotBeIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"--kind is missing: psp, erp or commerce":           {"acmepay"},
		"\"bank\" is not a kind of connector":               {"acmepay", "--kind", "bank"},
		"\"banana\" is not a released version of kvitt":     {"acmepay", "--kind", "psp", "--kvitt", "banana"},
		"name one of the two, --checkout or --kvitt":        {"acmepay", "--kind", "psp", "--kvitt", "v0.3.0", "--checkout", "."},
		"\"now\" is the clock in the world of a simulator":  {"now", "--kind", "psp"},
		"\"klarna\" is a connector that ships with kvitt":   {"klarna", "--kind", "psp"},
		"\"fortnox\" is a connector that ships with kvitt":  {"fortnox", "--kind", "erp"},
		"<name> is missing; see kvitt connector new --help": {},
	} {
		folder := filepath.Join(t.TempDir(), "new")
		code, out, errs := run(t, append([]string{"connector", "new", "--dir", folder}, args...)...)
		require.Equal(t, 2, code, "%v: %s", args, errs)
		require.Empty(t, out)
		require.Contains(t, errs, want)
		require.NoDirExists(t, folder)
	}
}

func TestWhoHasNoGoIsToldWhereItIs(t *testing.T) {
	const says = "Go is not in PATH; install it from https://go.dev/dl"
	t.Setenv("PATH", t.TempDir())
	folder := filepath.Join(t.TempDir(), "acmepay")
	code, out, errs := run(t, "connector", "new", "acmepay", "--kind", "psp", "--dir", folder, "--checkout", filepath.Join("..", ".."))
	require.Zero(t, code, errs)
	require.Contains(t, out, says)

	code, _, errs = run(t, "dev", folder, "--once")
	require.Equal(t, 1, code)
	require.Contains(t, errs, says)
	require.NotContains(t, errs, "executable file not found")
}
