package scaffold_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"

	"github.com/kvitt/kvitt/sdk/scaffold"
)

// released is the version as which the checkout is offered to the new module.
const released = "v0.99.0"

// tracked is a file of the repository.
type tracked struct{ root, path string }

func (f tracked) Path() string                 { return filepath.ToSlash(f.path) }
func (f tracked) Lstat() (os.FileInfo, error)  { return os.Lstat(filepath.Join(f.root, f.path)) }
func (f tracked) Open() (io.ReadCloser, error) { return os.Open(filepath.Join(f.root, f.path)) }

// proxy makes a module proxy out of files that offers the checkout as a release.
func proxy(t *testing.T) string {
	t.Helper()
	root := checkout(t)
	list := exec.CommandContext(t.Context(), "git", "-C", root, "ls-files", "-co", "--exclude-standard", "-z")
	names, err := list.Output()
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("a release is made of the files that git knows: ", err)
	}
	require.NoError(t, err)
	var files []zip.File
	for name := range strings.SplitSeq(strings.TrimRight(string(names), "\x00"), "\x00") {
		if _, err := os.Lstat(filepath.Join(root, name)); err == nil && !strings.HasPrefix(name, ".tools/") {
			files = append(files, tracked{root, name})
		}
	}
	folder := t.TempDir()
	versions := filepath.Join(folder, "github.com", "kvitt", "kvitt", "@v")
	require.NoError(t, os.MkdirAll(versions, 0o755))
	put := func(name string, content []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(versions, name), content, 0o600))
	}
	put("list", []byte(released+"\n"))
	put(released+".info", []byte(`{"Version":"`+released+`"}`))
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	put(released+".mod", mod)
	archive, err := os.Create(filepath.Join(versions, released+".zip"))
	require.NoError(t, err)
	require.NoError(t, zip.Create(archive, module.Version{Path: "github.com/kvitt/kvitt", Version: released}, files))
	require.NoError(t, archive.Close())
	return folder
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

// TestAReleaseNeedsNoCheckout writes a connector against a released version, which
// Go fetches from a module proxy as it does for anybody.
func TestAReleaseNeedsNoCheckout(t *testing.T) {
	t.Parallel()
	dir, err := scaffold.Write(scaffold.Options{
		ID: "acmepay", Kind: scaffold.PSP, Dir: filepath.Join(t.TempDir(), "acmepay"), Kvitt: scaffold.Origin{Version: released},
	})
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	require.NoError(t, err)
	require.Contains(t, string(text), "require github.com/kvitt/kvitt "+released)
	require.NotContains(t, string(text), "replace")

	// A cache of its own, so that the release is seen by nobody else; what is in the
	// machine's cache serves for everything but kvitt.
	known := "file://" + filepath.ToSlash(filepath.Join(goEnv(t, "GOMODCACHE"), "cache", "download"))
	env := append(os.Environ(),
		"GOMODCACHE="+t.TempDir(), "GOFLAGS=-trimpath -modcacherw", "GOWORK=off", "GONOSUMDB=*", "GOSUMDB=off",
		"GOPROXY=file://"+filepath.ToSlash(proxy(t))+","+known+","+goEnv(t, "GOPROXY"))
	for _, args := range [][]string{{"mod", "tidy"}, {"vet", "./..."}, {"test", "-count=1", "./..."}} {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir, cmd.Env = dir, env
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "go %s: %s", strings.Join(args, " "), out)
	}
}
