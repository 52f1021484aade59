// Package docs_test holds the documents to what the code says.
package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var wellFormed = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*\.[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// TestErrorsAreDocumented compares the codes of the sources with the table, both
// ways: a code without a row helps nobody, a row without a code misleads.
func TestErrorsAreDocumented(t *testing.T) {
	t.Parallel()
	used, documented := codesInSources(t), codesInTable(t)
	for code, places := range used {
		require.Regexp(t, wellFormed, code, "a code is area.reason: %s", places[0])
	}
	var missing, stale []string
	for _, code := range slices.Sorted(maps.Keys(used)) {
		if !documented[code] {
			missing = append(missing, code+" ("+used[code][0]+")")
		}
	}
	for _, code := range slices.Sorted(maps.Keys(documented)) {
		if used[code] == nil {
			stale = append(stale, code)
		}
	}
	require.Empty(t, missing, "codes that docs/errors.md does not explain")
	require.Empty(t, stale, "codes that docs/errors.md explains and nothing uses")
	require.Greater(t, len(used), 100, "the sources were read")
}

// TestErrorsAreSorted keeps the table readable.
func TestErrorsAreSorted(t *testing.T) {
	t.Parallel()
	area, last := "", ""
	for _, line := range tableLines(t) {
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			require.Less(t, area, heading, "areas are in alphabetical order")
			area, last = heading, ""
			continue
		}
		if code, ok := codeOf(line); ok {
			require.Equal(t, area, strings.Split(code, ".")[0], "%s stands under its area", code)
			require.Less(t, last, code, "codes are in alphabetical order")
			last = code
			cells := strings.Split(strings.Trim(line, "| "), " | ")
			require.Len(t, cells, 3, "%s says what it means and what to do", code)
		}
	}
}

// codesInSources finds every code that the hub and its connectors can give: typed
// constants, and texts that stand directly in a call of fault.New or Invalid.
func codesInSources(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, root := range []string{"core", "ports", "adapters", "plugins", "sdk", "server"} {
		err := filepath.WalkDir(filepath.Join("..", root), func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() && (entry.Name() == "simulator" || entry.Name() == "testdata" || entry.Name() == "bench" || isSample(path)) {
				return filepath.SkipDir // the far side of the wire, the bench and connectors to come have codes of their own
			}
			if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || onlyForTests(path) {
				return nil
			}
			return collect(path, found)
		})
		require.NoError(t, err)
	}
	return found
}

// isSample tells the connectors that new ones are written from.
func isSample(path string) bool { return filepath.Base(filepath.Dir(path)) == "scaffold" }

// onlyForTests tells packages that only tests use.
func onlyForTests(path string) bool {
	return regexp.MustCompile(`test[/\\][a-z_]+\.go$`).MatchString(path)
}

func collect(path string, found map[string][]string) error {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	add := func(e ast.Expr) {
		literal, ok := e.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return
		}
		if code, err := strconv.Unquote(literal.Value); err == nil {
			found[code] = append(found[code], files.Position(literal.Pos()).String())
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			if isCode(n.Type, file.Name.Name) {
				for _, value := range n.Values {
					add(value)
				}
			}
		case *ast.CallExpr:
			if makesFault(n.Fun) && len(n.Args) > 0 {
				add(n.Args[0])
			}
		}
		return true
	})
	return nil
}

func isCode(e ast.Expr, pkg string) bool {
	if selector, ok := e.(*ast.SelectorExpr); ok {
		qualifier, ok := selector.X.(*ast.Ident)
		return ok && qualifier.Name == "fault" && selector.Sel.Name == "Code"
	}
	name, ok := e.(*ast.Ident)
	return ok && pkg == "fault" && name.Name == "Code"
}

func makesFault(fun ast.Expr) bool {
	selector, ok := fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	qualifier, ok := selector.X.(*ast.Ident)
	return ok && qualifier.Name == "fault" && (selector.Sel.Name == "New" || selector.Sel.Name == "Invalid" || selector.Sel.Name == "Code")
}

func codesInTable(t *testing.T) map[string]bool {
	t.Helper()
	codes := map[string]bool{}
	for _, line := range tableLines(t) {
		if code, ok := codeOf(line); ok {
			require.False(t, codes[code], "%s stands twice", code)
			codes[code] = true
		}
	}
	return codes
}

var row = regexp.MustCompile("^\\| `([^`]+)` \\|")

func codeOf(line string) (string, bool) {
	found := row.FindStringSubmatch(line)
	if found == nil {
		return "", false
	}
	return found[1], true
}

func tableLines(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("errors.md")
	require.NoError(t, err)
	return strings.Split(string(text), "\n")
}
