package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

var (
	fence      = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	inlineCode = regexp.MustCompile("`[^`\n]*`")
	link       = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	named      = regexp.MustCompile(`<a id="([^"]+)"></a>`)
	heading    = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *#*$`)
)

// TestEveryLinkLeadsSomewhere holds relative links of all documents to the files and
// headings that there are.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	links := 0
	for _, page := range pages(t) {
		text := prose(t, page)
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			target := found[1]
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			links++
			path, anchor, _ := strings.Cut(target, "#")
			file := page
			if path != "" {
				file = filepath.Join(filepath.Dir(page), filepath.FromSlash(path))
			}
			info, err := os.Stat(file)
			require.NoError(t, err, "%s leads to %s", page, target)
			if anchor != "" {
				require.False(t, info.IsDir(), "%s leads to a heading of a folder: %s", page, target)
				require.Contains(t, anchors(t, file), anchor, "%s leads to %s", page, target)
			}
		}
	}
	require.Greater(t, links, 100, "the documents were read")
}

// pages gives every document of the repository.
func pages(t *testing.T) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == "testdata" || path != ".." && strings.HasPrefix(entry.Name(), ".")) {
			return filepath.SkipDir
		}
		// The beginning of a generated page is checked with the page.
		if strings.HasSuffix(path, ".md") && !strings.HasSuffix(path, "_intro.md") {
			all = append(all, path)
		}
		return nil
	})
	require.NoError(t, err)
	return all
}

// prose gives a page without its examples, in which brackets mean other things.
func prose(t *testing.T, page string) string {
	t.Helper()
	content, err := os.ReadFile(page)
	require.NoError(t, err)
	return inlineCode.ReplaceAllString(fence.ReplaceAllString(string(content), ""), "``")
}

// anchors gives the names that a page's headings have as fragments, as GitHub makes
// them: lower case, only letters, digits, "-" and "_", a number for those that repeat.
func anchors(t *testing.T, page string) map[string]bool {
	t.Helper()
	content, err := os.ReadFile(page)
	require.NoError(t, err)
	names := map[string]bool{}
	for _, found := range named.FindAllStringSubmatch(string(content), -1) {
		names[found[1]] = true
	}
	for _, found := range heading.FindAllStringSubmatch(fence.ReplaceAllString(string(content), ""), -1) {
		name := strings.Map(func(r rune) rune {
			switch {
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				return unicode.ToLower(r)
			case r == ' ':
				return '-'
			}
			return -1
		}, found[1])
		unique := name
		for n := 1; names[unique]; n++ {
			unique = name + "-" + strconv.Itoa(n)
		}
		names[unique] = true
	}
	return names
}
