package secrets_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/adapters/secrets"
	"github.com/kvitt/kvitt/core/fault"
)

const secret = "klarna-password-Åäö"

func generate(t *testing.T) *secrets.Keyset {
	t.Helper()
	keys, err := secrets.Generate()
	require.NoError(t, err)
	return keys
}

func refused(t *testing.T, err error, code fault.Code) {
	t.Helper()
	require.Equal(t, code, fault.CodeOf(err), "%v", err)
	require.NotContains(t, err.Error(), secret)
}

func TestWhatIsSealedOpensForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	keys := generate(t)
	rapid.Check(t, func(r *rapid.T) {
		owner, other := rapid.String().Draw(r, "owner"), rapid.String().Draw(r, "other")
		plain := rapid.SliceOf(rapid.Byte()).Draw(r, "plain")
		sealed, err := keys.Seal(t.Context(), owner, plain)
		require.NoError(r, err)
		opened, err := keys.Open(t.Context(), owner, sealed)
		require.NoError(r, err)
		require.Equal(r, string(plain), string(opened))
		if other != owner {
			_, err = keys.Open(t.Context(), other, sealed)
			require.Equal(r, secrets.CodeUnreadable, fault.CodeOf(err))
		}
	})
}

func TestASealedTextDoesNotShowItselfAndIsNeverTheSame(t *testing.T) {
	t.Parallel()
	keys := generate(t)
	first, err := keys.Seal(t.Context(), "c1", []byte(secret))
	require.NoError(t, err)
	second, err := keys.Seal(t.Context(), "c1", []byte(secret))
	require.NoError(t, err)
	require.NotContains(t, string(first), secret)
	require.NotEqual(t, first, second)
}

func TestAChangedTextAndOtherKeysAreRefused(t *testing.T) {
	t.Parallel()
	keys := generate(t)
	sealed, err := keys.Seal(t.Context(), "c1", []byte(secret))
	require.NoError(t, err)
	_, err = generate(t).Open(t.Context(), "c1", sealed)
	refused(t, err, secrets.CodeUnreadable)
	for i := range sealed {
		changed := append([]byte(nil), sealed...)
		changed[i] ^= 1
		_, err = keys.Open(t.Context(), "c1", changed)
		refused(t, err, secrets.CodeUnreadable)
	}
	for _, short := range [][]byte{nil, {}, []byte(secret), sealed[:len(sealed)-1]} {
		_, err = keys.Open(t.Context(), "c1", short)
		refused(t, err, secrets.CodeUnreadable)
	}
}

func TestOldTextsOpenAfterARotationAndNewOnesNeedTheNewKey(t *testing.T) {
	t.Parallel()
	before := generate(t)
	sealedBefore, err := before.Seal(t.Context(), "c1", []byte(secret))
	require.NoError(t, err)
	after, err := before.Rotate()
	require.NoError(t, err)
	opened, err := after.Open(t.Context(), "c1", sealedBefore)
	require.NoError(t, err)
	require.Equal(t, secret, string(opened))
	sealedAfter, err := after.Seal(t.Context(), "c1", []byte(secret))
	require.NoError(t, err)
	_, err = before.Open(t.Context(), "c1", sealedAfter)
	refused(t, err, secrets.CodeUnreadable)

	text, err := after.Format()
	require.NoError(t, err)
	read, err := secrets.Parse(text)
	require.NoError(t, err)
	for _, sealed := range [][]byte{sealedBefore, sealedAfter} {
		opened, err = read.Open(t.Context(), "c1", sealed)
		require.NoError(t, err)
		require.Equal(t, secret, string(opened))
	}
}

func TestTheFileIsMadeOnceAndReadByItsOwnerAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.json")
	_, err := secrets.Load(path, false)
	refused(t, err, secrets.CodeKeys)
	made, err := secrets.Load(path, true)
	require.NoError(t, err)
	sealed, err := made.Seal(t.Context(), "c1", []byte(secret))
	require.NoError(t, err)
	for _, create := range []bool{true, false} {
		read, err := secrets.Load(path, create)
		require.NoError(t, err)
		_, err = read.Open(t.Context(), "c1", sealed)
		require.NoError(t, err)
	}
	rotated, err := made.Rotate()
	require.NoError(t, err)
	require.NoError(t, rotated.Save(path))
	read, err := secrets.Load(path, false)
	require.NoError(t, err)
	_, err = read.Open(t.Context(), "c1", sealed)
	require.NoError(t, err)
	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing else is left behind")
	if runtime.GOOS == "windows" {
		return
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, os.Chmod(path, 0o640)) //nolint:gosec // that is what is refused
	_, err = secrets.Load(path, true)
	refused(t, err, secrets.CodeKeys)
}

func TestKeysThatMakeNoSenseAreRefusedAndNotRepeated(t *testing.T) {
	t.Parallel()
	good, err := generate(t).Format()
	require.NoError(t, err)
	for _, text := range []string{
		"", secret, "{}", `{"sealing":"` + secret + `"}`, `{"sealing":{},"signing":{}}`,
		`{"sealing":{"primaryKeyId":1,"key":[{"keyData":{"typeUrl":"` + secret + `"}}]},"signing":{}}`,
		string(good[:len(good)/2]),
	} {
		_, err := secrets.Parse([]byte(text))
		refused(t, err, secrets.CodeKeys)
	}
}

func FuzzParse(f *testing.F) {
	keys, err := secrets.Generate()
	if err != nil {
		f.Fatal(err)
	}
	good, err := keys.Format()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"sealing":{},"signing":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := secrets.Parse(text); err != nil {
			require.Equal(t, secrets.CodeKeys, fault.CodeOf(err))
		}
	})
}
