package command_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/server/command"
)

func TestABundleIsWrittenToANewFile(t *testing.T) {
	t.Parallel()
	s := newStation(t, map[string][]string{http.MethodGet + " /v1/support-bundle?payout=payout-1": {"PK"}})
	key := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(key, []byte("secret\n"), 0o600))
	bundle := func(args ...string) (int, string, string) {
		var said, complained bytes.Buffer
		code := command.Execute(t.Context(), append([]string{"support-bundle", "--hub", s.URL, "--key-file", key}, args...), strings.NewReader(""), &said, &complained)
		return code, said.String(), complained.String()
	}
	file := filepath.Join(t.TempDir(), "b.zip")
	code, out, errs := bundle("--payout", "payout-1", "--out", file)
	require.Zero(t, code, errs)
	require.Equal(t, file+" is written. Look through it before you send it to somebody outside; README.txt says what is in it.\n", out)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "PK", string(text))

	code, _, errs = bundle("--payout", "payout-1", "--out", file)
	require.Equal(t, 1, code)
	require.Contains(t, errs, "exists")
	other := filepath.Join(t.TempDir(), "o.zip")
	code, _, errs = bundle("--run", "nobody", "--out", other)
	require.Equal(t, 1, code)
	require.Contains(t, errs, "test.unknown")
	require.NoFileExists(t, other, "what the hub refuses leaves no file")
	for _, args := range [][]string{nil, {"--run", "a", "--payout", "b"}} {
		code, _, errs = bundle(args...)
		require.Equal(t, 2, code)
		require.Contains(t, errs, "name one of --connection")
	}
}
