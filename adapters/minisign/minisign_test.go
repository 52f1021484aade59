package minisign_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tool "aead.dev/minisign"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/minisign"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// digest is the SHA-256 of a file.
func digest(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// program writes a file of these bytes.
func program(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "connector")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// testdata/README.md says how the tool made the files.
func TestASignatureOfTheToolItself(t *testing.T) {
	t.Parallel()
	public, err := os.ReadFile("testdata/tool.pub")
	require.NoError(t, err)
	_, key, _ := strings.Cut(string(public), "\n")
	keys, err := minisign.ParseKeys([]string{key})
	require.NoError(t, err)
	signature, err := os.ReadFile("testdata/program.txt.minisig")
	require.NoError(t, err)
	got, err := keys.Check("testdata/program.txt", digest(t, "testdata/program.txt"), string(signature))
	require.NoError(t, err)
	require.Equal(t, "acme 1.4.2", got.Comment)
	require.Contains(t, string(public), got.Key, "the tool names the key in its comment")
}

func TestOnlyATrustedKeyOverTheVeryBytesCounts(t *testing.T) {
	t.Parallel()
	public, private, err := tool.GenerateKey(rand.Reader)
	require.NoError(t, err)
	_, foreign, err := tool.GenerateKey(rand.Reader)
	require.NoError(t, err)
	keys, err := minisign.ParseKeys([]string{" " + public.String() + "\n"})
	require.NoError(t, err)
	signed := string(tool.SignWithComments(private, []byte("program"), "acme 1.4.2", "made on a laptop"))

	path := program(t, "program")
	got, err := keys.Check(path, digest(t, path), signed)
	require.NoError(t, err)
	require.Equal(t, ports.Signature{Key: fmt.Sprintf("%016X", public.ID()), Comment: "acme 1.4.2"}, got)

	for name, c := range map[string]struct{ program, signature, says string }{
		"one byte more":        {"program!", signed, "was changed after it was signed"},
		"another comment":      {"program", strings.Replace(signed, "acme 1.4.2", "acme 1.4.3", 1), "was changed after it was signed"},
		"a key nobody trusts":  {"program", string(tool.Sign(foreign, []byte("program"))), "does not trust"},
		"no signature at all":  {"program", "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3", "not written as minisign writes"},
		"a signature cut off":  {"program", signed[:len(signed)/2], "not written as minisign writes"},
		"a signature of noise": {"program", strings.Repeat("\x00", 500), "not written as minisign writes"},
	} {
		path := program(t, c.program)
		_, err := keys.Check(path, digest(t, path), c.signature)
		require.Equal(t, minisign.CodeSignature, fault.CodeOf(err), name)
		require.Contains(t, fault.Of(err).Reason, c.says, name)
	}
}

func TestAFileThatWasExchangedMeanwhileIsNotTheSignedOne(t *testing.T) {
	t.Parallel()
	public, private, err := tool.GenerateKey(rand.Reader)
	require.NoError(t, err)
	examined, signed := program(t, "evil"), program(t, "good")
	_, err = minisign.Keys{public}.Check(signed, digest(t, examined), string(tool.Sign(private, []byte("good"))))
	require.Equal(t, minisign.CodeSignature, fault.CodeOf(err))
}

func TestAKeyThatIsNoneIsNamed(t *testing.T) {
	t.Parallel()
	_, err := minisign.ParseKeys([]string{"RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3", "ssh-ed25519 AAAA"})
	require.Equal(t, minisign.CodeKey, fault.CodeOf(err))
	require.Equal(t, "catalogue.trusted_keys[1]", fault.Of(err).Field)
}
