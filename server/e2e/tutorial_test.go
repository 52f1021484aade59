package e2e_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The tutorial for connector authors is run as it stands: its commands in one shell
// after the other, its edits as patches. What it says that a command prints must be
// printed, so the page cannot drift from the programs.
func TestTheTutorialLeadsToAMatchedPayout(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil && os.Getenv("CI") != "true" {
		t.Skip("the edits of the tutorial are applied with git")
	}
	path := "PATH=" + tutorialKvitt(t) + string(os.PathListSeparator) + os.Getenv("PATH")
	requirePageHolds(t, filepath.Join("..", "..", "docs", "connectors", "tutorial.md"), t.TempDir(), path, "GOFLAGS=-mod=readonly", "GOWORK=off")
}

// requirePageHolds runs the commands and edits of a page in a folder, and compares
// what they print with what the page says.
func requirePageHolds(t *testing.T, file, folder string, environment ...string) {
	t.Helper()
	page, err := os.ReadFile(file)
	require.NoError(t, err)
	blocks := pageBlocks(string(page))
	require.NotEmpty(t, blocks)

	began := time.Now()
	shell := exec.CommandContext(t.Context(), "bash", "-c", pageScript(blocks, freePorts(t, string(page))))
	shell.Dir = folder
	shell.Env = append(os.Environ(), environment...)
	var out bytes.Buffer
	shell.Stdout, shell.Stderr = &out, &out
	err = shell.Run()
	said := out.String()
	require.NoError(t, err, said)
	t.Logf("the commands and edits of %s took %s", filepath.Base(file), time.Since(began).Round(time.Second))
	for i, b := range blocks {
		if b.kind == "text" {
			requirePrinted(t, b, between(said, marker(i-1), marker(i)))
		}
	}
}

// block is a fenced block of the page.
type block struct {
	kind, note, text string
}

func pageBlocks(page string) []block {
	var all []block
	for _, m := range regexp.MustCompile("(?ms)^```(sh|diff|text)( [a-z]+)?\n(.*?)^```$").FindAllStringSubmatch(page, -1) {
		all = append(all, block{kind: m[1], note: strings.TrimSpace(m[2]), text: m[3]})
	}
	return all
}

func marker(n int) string { return fmt.Sprintf("@@ block %d\n", n) }

// pageScript runs the blocks in one shell, so that folders and variables last.
// A block with the note "fails" must fail.
func pageScript(blocks []block, ports *strings.Replacer) string {
	var s strings.Builder
	s.WriteString("set -eu\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n")
	for i, b := range blocks {
		fmt.Fprintf(&s, "printf '\\n%%s\\n' '%s'\n", strings.TrimSpace(marker(i)))
		switch {
		case b.kind == "diff":
			fmt.Fprintf(&s, "git apply -p0 - <<'END_OF_EDIT'\n%sEND_OF_EDIT\n", b.text)
		case b.kind == "sh" && b.note == "fails":
			fmt.Fprintf(&s, "if (\n%s) 2>&1; then echo 'this should have failed'; exit 1; fi\n", ports.Replace(b.text))
		case b.kind == "sh":
			s.WriteString(ports.Replace(b.text))
		}
	}
	return s.String()
}

// freePorts gives every port of the page a free one, for other tests may use those.
//
// A page starts its programs long after, so that no port is taken that the system might
// give to another test meanwhile: the ephemeral ones begin at 32768.
func freePorts(t *testing.T, page string) *strings.Replacer {
	t.Helper()
	var pairs []string
	for _, address := range regexp.MustCompile(`127\.0\.0\.1:\d+`).FindAllString(page, -1) {
		pairs = append(pairs, address, freeAddress(t))
	}
	return strings.NewReplacer(pairs...) // the first of equal pairs counts
}

// portsTaken counts the ports given to pages, which are run at the same time.
var portsTaken atomic.Int64 //nolint:gochecknoglobals // one process, one set of ports

func freeAddress(t *testing.T) string {
	t.Helper()
	const first, many = 20000, 12000
	for range many {
		at := first + (int64(os.Getpid())*101+portsTaken.Add(1))%many
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", at))
		if err != nil {
			continue
		}
		require.NoError(t, listener.Close())
		return listener.Addr().String()
	}
	t.Fatal("every port is taken")
	return ""
}

// tutorialKvitt gives a folder with a kvitt that was built in the checkout, as the
// tutorial's reader has it.
func tutorialKvitt(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(root, "bin"), 0o755))
	built := filepath.Join(root, "bin", fmt.Sprintf("kvitt-tutorial-%d", os.Getpid()))
	program, err := os.ReadFile(filepath.Join(bin, "kvitt"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(built, program, 0o700)) //nolint:gosec // a program
	t.Cleanup(func() { require.NoError(t, os.Remove(built)) })
	folder := t.TempDir()
	require.NoError(t, os.Symlink(built, filepath.Join(folder, "kvitt")))
	return folder
}

func between(text, from, to string) string {
	_, text, _ = strings.Cut(text, from)
	text, _, _ = strings.Cut(text, to)
	return text
}

// requirePrinted looks for the lines of a block, in their order, in what was
// printed. "..." stands for anything.
func requirePrinted(t *testing.T, b block, printed string) {
	t.Helper()
	pattern := "(?s)"
	for line := range strings.Lines(b.text) {
		if words := strings.Fields(line); len(words) > 0 {
			pattern += strings.ReplaceAll(regexp.QuoteMeta(strings.Join(words, " ")), `\.\.\.`, ".*") + ".*"
		}
	}
	printed = strings.Join(strings.Fields(printed), " ")
	require.Regexp(t, pattern, printed)
}
