package pluginhost_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/core/fault"
)

func write(t *testing.T, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "connector")
	require.NoError(t, os.WriteFile(path, []byte(content), mode))
	require.NoError(t, os.Chmod(path, mode))
	return path
}

// elfOf is the header of a Linux executable without sections for a machine
// (e_machine of the ELF specification).
func elfOf(machine byte) string {
	header := make([]byte, 64)
	copy(header, "\x7fELF\x02\x01\x01")
	header[16], header[18], header[20], header[52] = 2, machine, 1, 64
	return string(header)
}

func TestFilesThatCannotBeConnectorsAreRefusedWithASentence(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the sentences are those of Linux")
	}
	foreign := byte(0xb7) // EM_AARCH64
	if runtime.GOARCH == "arm64" {
		foreign = 0x3e // EM_X86_64
	}
	h := newHub(t)
	cases := map[string]struct{ path, says string }{
		"nothing there":           {filepath.Join(t.TempDir(), "none"), "the file cannot be read"},
		"a folder":                {t.TempDir(), "it is not a file"},
		"not executable":          {write(t, "#!/bin/sh\n", 0o600), "the file is not executable"},
		"an empty file":           {write(t, "", 0o700), "the file is empty"},
		"a text":                  {write(t, "hello there", 0o700), `it is text that begins with "hello there"`},
		"an archive":              {write(t, "\x1f\x8b\x08\x00", 0o700), "it is an archive"},
		"of no known format":      {write(t, "\x00\x01\x02\x03", 0o700), "it is not an executable of a known format"},
		"without its interpreter": {write(t, "#!/opt/acme/python3.14 -u\n", 0o700), "it needs the interpreter /opt/acme/python3.14, which is not here"},
		"without it in the path":  {write(t, "#!/usr/bin/env -S python3.99 -u\n", 0o700), "it needs the interpreter python3.99"},
		"of an editor of Windows": {write(t, "#!/bin/sh\r\necho\r\n", 0o700), "its lines end as on Windows"},
		"naming no interpreter":   {write(t, "#!\n", 0o700), "names no interpreter after #!"},
		"naming only env":         {write(t, "#!/usr/bin/env\n", 0o700), "names no interpreter after env"},
		"half a program":          {write(t, halfOf(t, executable(t)), 0o700), "cut short"},
		"built for Windows":       {write(t, "MZ\x90\x00", 0o700), "built for Windows"},
		"built for macOS":         {write(t, "\xcf\xfa\xed\xfe", 0o700), "built for macOS"},
		"built for other machine": {write(t, elfOf(foreign), 0o700), "it is built for linux/"},
		"for a machine of legend": {write(t, elfOf(0x08), 0o700), "it is built for the machine EM_MIPS"},
		"cut short":               {write(t, "\x7fELF\x02\x01", 0o700), "the executable is damaged or cut short"},
	}
	for name, c := range cases {
		_, err := h.Load(context.Background(), pluginhost.Source{Path: c.path})
		require.Equal(t, pluginhost.CodeNotInstallable, fault.CodeOf(err), name)
		require.Contains(t, fault.Of(err).Reason, c.says, name)
		require.NotEmpty(t, fault.Of(err).Remedy, name)
	}
}

// halfOf gives what is there of a program whose download has stopped.
func halfOf(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(content[:len(content)/2])
}

func TestAPinnedFileMustBeTheOne(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	source := hostileSource(t, "")
	source.SHA256 = strings.Repeat("0", 64)
	_, err := h.Load(context.Background(), source)
	require.Equal(t, pluginhost.CodeChecksum, fault.CodeOf(err))

	content, err := os.ReadFile(source.Path)
	require.NoError(t, err)
	sum := sha256.Sum256(content)
	source.SHA256 = strings.ToUpper(hex.EncodeToString(sum[:]))
	instance, err := h.Load(context.Background(), source)
	require.NoError(t, err)
	require.Equal(t, hex.EncodeToString(sum[:]), instance.SHA256())
}

func TestWhatWasHashedIsWhatRuns(t *testing.T) {
	t.Parallel()
	original, err := os.ReadFile(executable(t))
	require.NoError(t, err)
	source := hostileSource(t, "")
	source.Path = write(t, string(original), 0o700)
	dir := t.TempDir()
	h := newHub(t, func(c *pluginhost.Config) { c.Dir = dir })
	connector, err := h.Load(context.Background(), source)
	require.NoError(t, err)

	// The file that was installed may change or vanish; the copy is run.
	require.NoError(t, os.WriteFile(source.Path, []byte("#!/bin/sh\necho evil\n"), 0o600))
	_, err = ask(connector, "pid")
	require.NoError(t, err)

	copied := filepath.Join(dir, "connectors", connector.SHA256())
	info, err := os.Stat(filepath.Dir(copied))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	require.NoError(t, os.Remove(copied))
	require.NoError(t, os.WriteFile(copied, []byte("#!/bin/sh\necho evil\n"), 0o500))
	_, err = ask(connector, "exit")
	require.Error(t, err)
	eventually(t, "the copy to be refused", func() bool {
		_, err = ask(connector, "pid")
		return err != nil && strings.Contains(err.Error(), "own copy of the connector has been changed")
	})
}

func TestLoadingAgainGivesTheSameConnector(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	first := h.load(t, "")
	require.Same(t, first, h.load(t, ""))
	found, ok := h.Connector("hostile")
	require.True(t, ok)
	require.Same(t, first, found)
	require.Equal(t, pluginhost.Status{ID: "hostile", Version: "1.2.3", SHA256: first.SHA256(), State: pluginhost.Idle, MemoryLimit: 512 << 20}, h.Status()[0])

	original, err := os.ReadFile(executable(t))
	require.NoError(t, err)
	other := hostileSource(t, "")
	other.Path = write(t, string(original)+"\n", 0o700)
	_, err = h.Load(context.Background(), other)
	require.Equal(t, pluginhost.CodeLoaded, fault.CodeOf(err))
}

func TestDescriptionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ mode, says, field string }{
		"not JSON":         {"describe-garbage", `it begins with "<html>not what you wanted</html>"`, ""},
		"without end":      {"describe-huge", "longer than 1 MiB", ""},
		"never":            {"describe-hang", "did not describe itself within 300ms", ""},
		"a library misses": {"describe-fails", "libpayments.so.1: cannot open", ""},
		"another protocol": {"old-protocol", "the connector speaks protocol 2, this hub 1", "protocol"},
		"nothing":          {"describe-nothing", `printed no description when it was run with the argument "describe"; it said "what do you mean`, ""},
		"and chatter":      {"describe-more", "prints more than its description", ""},
		"of other types":   {"describe-mistyped", "a JSON number stands here", "version"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t, func(config *pluginhost.Config) {
				if c.mode == "describe-hang" {
					config.DescribeTimeout = 300 * time.Millisecond
				}
			})
			_, err := h.Load(context.Background(), hostileSource(t, c.mode))
			require.Equal(t, pluginhost.CodeDescription, fault.CodeOf(err))
			require.Contains(t, fault.Of(err).Reason, c.says)
			require.Equal(t, c.field, fault.Of(err).Field)
		})
	}
}

func TestMutualTLSCanBeSwitchedOffPerConnector(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		bySource bool
		byID     []string
		secured  bool
	}{
		"unless something is said": {secured: true},
		"where it comes from":      {bySource: true},
		"by its id":                {byID: []string{"acme", "hostile"}},
		"for another connector":    {byID: []string{"acme"}, secured: true},
	}
	for name, c := range cases {
		source := hostileSource(t, "")
		source.PlainText = c.bySource
		connector, err := newHub(t, func(config *pluginhost.Config) { config.PlainText = c.byID }).Load(context.Background(), source)
		require.NoError(t, err)
		env, err := ask(connector, "env")
		require.NoError(t, err)
		require.Equal(t, c.secured, strings.Contains(strings.Join(env, "\n"), "PLUGIN_CLIENT_CERT="), name)
	}
}

func TestSocketFoldersThatCannotBeUsedAreRefused(t *testing.T) {
	t.Parallel()
	open := shortDir(t)
	require.NoError(t, os.Chmod(open, 0o755)) //nolint:gosec // that is the case
	file := filepath.Join(shortDir(t), "f")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	cases := map[string]string{
		"/tmp/" + strings.Repeat("long", 20): "too long a path for sockets, by ",
		open:                                 "is open to other users",
	}
	for dir, says := range cases {
		_, err := pluginhost.New(pluginhost.Config{Dir: t.TempDir(), SocketDir: dir})
		require.Equal(t, pluginhost.CodeSocketDir, fault.CodeOf(err))
		require.Contains(t, err.Error(), says)
		require.NotEmpty(t, fault.Of(err).Remedy)
	}
	_, err := pluginhost.New(pluginhost.Config{Dir: t.TempDir(), SocketDir: file})
	require.Error(t, err)
	_, err = pluginhost.New(pluginhost.Config{})
	require.Error(t, err)
}

func TestAHostRemovesTheCopiesThatADeadOneHasLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	left := []string{filepath.Join(dir, "examined-1"), filepath.Join(dir, "connectors", "incoming-2")}
	installed := filepath.Join(dir, "connectors", "ab12")
	underWay := filepath.Join(dir, "examined-3")
	for _, path := range append(left, installed, underWay) {
		require.NoError(t, os.MkdirAll(path, 0o700))
	}
	for _, path := range append(left, installed) {
		require.NoError(t, os.Chtimes(path, time.Time{}, time.Now().Add(-time.Hour)))
	}
	_, err := pluginhost.New(pluginhost.Config{Dir: dir, SocketDir: filepath.Join(shortDir(t), "s")})
	require.NoError(t, err)
	for _, path := range left {
		require.NoDirExists(t, path)
	}
	require.DirExists(t, installed)
	require.DirExists(t, underWay, "another process makes it just now")
}
