package docs_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	goBlock  = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")
	fileName = regexp.MustCompile(`^// (\w+\.go)\n`)
)

// TestWholeFilesInDocumentsCompile takes each Go block that has a package clause for a
// file, named by its first line ("// lines_test.go") if it says so. The files of one
// page are one package, in which a later file replaces an earlier one of its name.
func TestWholeFilesInDocumentsCompile(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	overlay := map[string]string{} // files that are not there, and where their text is
	var packages []string
	for _, page := range pages(t) {
		if !strings.HasPrefix(page, filepath.Join("..", "docs", "connectors")) {
			continue
		}
		folder := fmt.Sprintf("snippets%d", len(packages))
		files := wholeFiles(t, page)
		for name, text := range files {
			written := filepath.Join(t.TempDir(), name)
			require.NoError(t, os.WriteFile(written, []byte(text), 0o600))
			overlay[filepath.Join(root, "docs", folder, name)] = written
		}
		if len(files) > 0 {
			packages = append(packages, "./docs/"+folder)
		}
	}
	require.NotEmpty(t, packages, "the documents have examples")
	list, err := json.Marshal(map[string]any{"Replace": overlay})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "overlay.json")
	require.NoError(t, os.WriteFile(file, list, 0o600))
	for _, command := range [][]string{{"build"}, {"test", "-c", "-vet=off"}} { // the latter for what is in tests
		args := append(command, "-overlay", file, "-o", t.TempDir()+string(filepath.Separator))
		compile := exec.CommandContext(t.Context(), "go", append(args, packages...)...)
		compile.Dir = root
		said, err := compile.CombinedOutput()
		require.NoError(t, err, "%s", said)
	}
}

// wholeFiles gives the files that a page shows, by name.
func wholeFiles(t *testing.T, page string) map[string]string {
	t.Helper()
	content, err := os.ReadFile(page)
	require.NoError(t, err)
	files := map[string]string{}
	for i, found := range goBlock.FindAllStringSubmatch(string(content), -1) {
		if !regexp.MustCompile(`(?m)^package \w+$`).MatchString(found[1]) {
			continue
		}
		name := fmt.Sprintf("block%d.go", i)
		if said := fileName.FindStringSubmatch(found[1]); said != nil {
			name = said[1]
		}
		files[name] = found[1]
	}
	return files
}
