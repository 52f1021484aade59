package incoming_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/incoming"
	"github.com/kvitt/kvitt/core/fault"
)

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestWhatIsSentIsKeptUnderItsDigest(t *testing.T) {
	t.Parallel()
	folder, err := incoming.Open(filepath.Join(t.TempDir(), "incoming"))
	require.NoError(t, err)
	_, err = folder.Sent(digest("program"))
	require.Equal(t, incoming.CodeMissing, fault.CodeOf(err))
	for range 2 {
		size, err := folder.Save(t.Context(), digest("program"), strings.NewReader("program"))
		require.NoError(t, err)
		require.EqualValues(t, 7, size)
	}
	path, err := folder.Sent(digest("program"))
	require.NoError(t, err)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "program", string(text))
	require.NoError(t, folder.Forget(digest("program")))
	require.NoError(t, folder.Forget(digest("program")))
	_, err = folder.Sent(digest("program"))
	require.Equal(t, incoming.CodeMissing, fault.CodeOf(err))
}

func TestOtherBytesThanWereAnnouncedAreNotKept(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	folder, err := incoming.Open(root)
	require.NoError(t, err)
	_, err = folder.Save(t.Context(), digest("program"), strings.NewReader("progran"))
	require.Equal(t, incoming.CodeDigest, fault.CodeOf(err))
	require.Equal(t, "sha256", fault.Of(err).Field)
	left, err := os.ReadDir(filepath.Join(root, "sent"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestOnlyFilesOfTheFolderAreTakenByName(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	secret := filepath.Join(root, "secret")
	require.NoError(t, os.WriteFile(secret, nil, 0o600))
	folder, err := incoming.Open(filepath.Join(root, "incoming"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(root, "incoming", "acme-1.4.2"), nil, 0o600))
	require.NoError(t, os.Symlink(secret, filepath.Join(root, "incoming", "link")))
	path, err := folder.Laid("acme-1.4.2")
	require.NoError(t, err)
	require.Equal(t, filepath.Join(root, "incoming", "acme-1.4.2"), path)
	for _, name := range []string{"../secret", secret, "", ".", "link", "none", "sent/../../secret"} {
		_, err := folder.Laid(name)
		require.Equal(t, incoming.CodeMissing, fault.CodeOf(err), name)
	}
}

func TestWhatIsLeftBehindIsRemoved(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "incoming")
	folder, err := incoming.Open(path)
	require.NoError(t, err)
	for _, text := range []string{"old", "new"} {
		_, err := folder.Save(t.Context(), digest(text), strings.NewReader(text))
		require.NoError(t, err)
	}
	half := filepath.Join(path, "sent", "arriving-123")
	require.NoError(t, os.WriteFile(half, []byte("half"), 0o600))
	laid := filepath.Join(path, "arriving-laid")
	require.NoError(t, os.WriteFile(laid, nil, 0o600))
	_, err = incoming.Open(path)
	require.NoError(t, err)
	require.NoFileExists(t, half, "the hub was stopped while it arrived")
	require.FileExists(t, laid, "an operator has laid it there")

	long := time.Now().Add(-25 * time.Hour)
	require.NoError(t, os.Chtimes(filepath.Join(path, "sent", digest("old")), long, long))
	_, err = folder.Save(t.Context(), digest("third"), strings.NewReader("third"))
	require.NoError(t, err)
	_, err = folder.Sent(digest("old"))
	require.Equal(t, incoming.CodeMissing, fault.CodeOf(err))
	_, err = folder.Sent(digest("new"))
	require.NoError(t, err)
}
