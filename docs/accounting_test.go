package docs_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/docs"
)

func accounting(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("accounting.md")
	require.NoError(t, err)
	return string(text)
}

// TestAccountingIsCurrent holds the tables to the golden vouchers, the schema of the
// settings and the rules.
func TestAccountingIsCurrent(t *testing.T) {
	t.Parallel()
	want, err := docs.Accounting(os.DirFS(".."))
	require.NoError(t, err)
	require.True(t, string(want) == accounting(t), "docs/accounting.md is out of date; run `task generate`, or `go generate ./docs`")
}

// TestAccountingShowsEveryVoucher counts by other means than the generator's.
func TestAccountingShowsEveryVoucher(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("../core/booking/testdata/golden/cases/*.json")
	require.NoError(t, err)
	require.Greater(t, len(cases), 100)
	page := accounting(t)
	for _, file := range cases {
		id := strings.TrimSuffix(filepath.Base(file), ".json")
		require.Equal(t, 1, strings.Count(page, "| **"+id+"** |"), id)
	}
	// A2 by hand: 90.00 to the bank, 8.00 fee, 2.00 VAT on it, 100.00 off clearing.
	require.Contains(t, page, "| 1930 90.00<br>6040 8.00<br>2641 2.00 | 1686 100.00 | payout | |\n")
}

func TestAccountingShowsEverySetting(t *testing.T) {
	t.Parallel()
	page := accounting(t)
	var schema map[string]any
	require.NoError(t, json.Unmarshal(booking.Schema(), &schema))
	var shown func(prefix string, properties map[string]any)
	shown = func(prefix string, properties map[string]any) {
		for name, value := range properties {
			require.Contains(t, page, "\n| `"+prefix+name+"` |")
			property := value.(map[string]any)
			if inner, ok := property["properties"].(map[string]any); ok {
				shown(prefix+name+".", inner)
			}
			items, _ := property["items"].(map[string]any)
			if ref, ok := items["$ref"].(string); ok {
				items = schema["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
			}
			if inner, ok := items["properties"].(map[string]any); ok {
				shown(prefix+name+"[].", inner)
			}
		}
	}
	shown("", schema["properties"].(map[string]any))
}

// TestAccountingRefusesWhatNobodyGenerates changes the marks of the page.
func TestAccountingRefusesWhatNobodyGenerates(t *testing.T) {
	t.Parallel()
	const mark = "<!-- generated: rates -->\n<!-- end -->"
	cases := map[string]struct{ page, want string }{
		"a part that is not known": {strings.Replace(accounting(t), "<!-- generated: rates -->", "<!-- generated: rats -->", 1), "rats"},
		"a part that stands twice": {accounting(t) + mark, "rates"},
		"a part without a place":   {strings.Replace(accounting(t), "<!-- generated: rates -->", "", 1), "rates"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := docs.Accounting(overlay{os.DirFS(".."), fstest.MapFS{"docs/accounting.md": {Data: []byte(c.page)}}})
			require.ErrorContains(t, err, c.want)
		})
	}
}

// overlay puts files over a folder.
type overlay struct {
	below fs.FS
	above fstest.MapFS
}

func (o overlay) Open(name string) (fs.File, error) {
	if _, ok := o.above[name]; ok {
		return o.above.Open(name)
	}
	return o.below.Open(name)
}

var example = regexp.MustCompile("(?s)\n(?:<!-- example: ([a-z]+) -->\n)?```json\n(.*?)\n```")

func TestExamplesOfSettingsAreAccepted(t *testing.T) {
	t.Parallel()
	found := map[string]int{}
	for _, match := range example.FindAllStringSubmatch(accounting(t), -1) {
		kind, text := match[1], match[2]
		found[kind]++
		var err error
		switch kind {
		case "settings":
			_, err = booking.Parse(json.RawMessage(text))
		case "events":
			_, err = booking.ParseByMethod(json.RawMessage(text))
		default:
			t.Errorf("an example of JSON says whether it is of settings or of events: %s", text)
		}
		require.NoError(t, err, text)
	}
	require.Greater(t, found["settings"], 5)
	require.Positive(t, found["events"])
}

// TestWhatAccountingCallsMissingIsARule knows the rules by name, so that a renamed
// one is not called missing for ever.
func TestWhatAccountingCallsMissingIsARule(t *testing.T) {
	t.Parallel()
	rules := map[string]bool{}
	files, err := filepath.Glob("../core/booking/*.go")
	require.NoError(t, err)
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				rules[f.Name.Name] = true
			}
		}
	}
	list, err := os.ReadFile("accounting_missing.go")
	require.NoError(t, err)
	named := regexp.MustCompile(`(?m)^\t\{"([A-Za-z]+)", "`).FindAllStringSubmatch(string(list), -1)
	require.NotEmpty(t, named)
	for _, rule := range named {
		require.True(t, rules[rule[1]], "there is no booking.%s", rule[1])
	}
	require.NotContains(t, accounting(t), "| `booking.PayoutVoucher` |", "what the hub uses is not missing")
}

var call = regexp.MustCompile("`(?:GET|POST) (/v1/[^`?]+)")

func TestCallsThatAccountingNamesExist(t *testing.T) {
	t.Parallel()
	api, err := os.ReadFile("../adapters/rest/openapi.yaml")
	require.NoError(t, err)
	calls := call.FindAllStringSubmatch(accounting(t), -1)
	require.NotEmpty(t, calls)
	for _, c := range calls {
		require.Contains(t, string(api), "\n  "+c[1]+":\n")
	}
}
