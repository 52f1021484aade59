package command_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/server/command"
)

// archive is one file and an index that says its hash.
func archive(t *testing.T, content, hash string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range map[string]string{
		"a.csv": content, "index.json": fmt.Sprintf(`{"files":[{"name":"a.csv","bytes":1,"sha256":%q}]}`, hash),
	} {
		file, err := w.Create(name)
		require.NoError(t, err)
		_, err = file.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

// export runs the command against a hub that gives an answer.
func export(t *testing.T, status int, answer []byte, file string) (code int, out, errs string) {
	t.Helper()
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/payouts/po-1/evidence.zip" || r.Header.Get("Authorization") != "Bearer secret" {
			status = http.StatusTeapot
		}
		w.WriteHeader(status)
		_, _ = w.Write(answer)
	}))
	defer hub.Close()
	key := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(key, []byte("secret\n"), 0o600))
	var said, complained bytes.Buffer
	code = command.Execute(t.Context(), []string{"evidence", "export", "po-1", "--hub", hub.URL, "--key-file", key, "--out", file}, nil, &said, &complained)
	return code, said.String(), complained.String()
}

func TestEvidenceIsExportedAndVerified(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("x"))
	whole := archive(t, "x", hex.EncodeToString(sum[:]))
	file := filepath.Join(t.TempDir(), "e.zip")
	code, out, errs := export(t, http.StatusOK, whole, file)
	require.Zero(t, code, errs)
	require.Equal(t, file+": 1 file(s), every SHA-256 as in index.json\n", out)
	kept, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, whole, kept)

	code, _, errs = export(t, http.StatusOK, whole, file)
	require.Equal(t, 1, code)
	require.Contains(t, errs, "exists", "an archive is not written over")
}

func TestAnArchiveThatIsNotWhatItsIndexSaysIsNamed(t *testing.T) {
	t.Parallel()
	code, _, errs := export(t, http.StatusOK, archive(t, "y", "00"), filepath.Join(t.TempDir(), "e.zip"))
	require.Equal(t, 1, code)
	require.Contains(t, errs, "a.csv has another SHA-256")
}

func TestARefusedExportLeavesNoFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "e.zip")
	code, _, errs := export(t, http.StatusNotFound, []byte(`{"code":"store.not_found","reason":"nothing has this id"}`), file)
	require.Equal(t, 1, code)
	require.Contains(t, errs, "store.not_found")
	require.NoFileExists(t, file)
}
