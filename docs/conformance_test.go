package docs_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/docs"
	"github.com/kvitt/kvitt/sdk/conformance"
	"github.com/kvitt/kvitt/sdk/conformance/plan"
)

func TestTheConformancePageIsThatOfTheCases(t *testing.T) {
	t.Parallel()
	committed, err := os.ReadFile("connectors/conformance.md")
	require.NoError(t, err)
	require.True(t, string(committed) == string(docs.Conformance()), "run `task generate`")
	for _, c := range conformance.Cases() {
		require.Equal(t, 1, strings.Count(string(committed), `<a id="`+c.ID+`"></a>`), c.ID)
	}
}

// TestThePlanTableNamesEveryField compares the table with the schema.
func TestThePlanTableNamesEveryField(t *testing.T) {
	t.Parallel()
	page := string(docs.Conformance())
	fields := regexp.MustCompile(`"([a-z_]+)": \{`).FindAllStringSubmatch(string(plan.Schema()), -1)
	require.NotEmpty(t, fields)
	for _, field := range fields {
		name := field[1]
		if name == "properties" || name == "items" || name == "simulator" {
			continue // parts of the schema's own, and an object whose fields are named
		}
		require.True(t, strings.Contains(page, "`"+name+"`") || strings.Contains(page, "."+name+"`"), "the table lacks %s", name)
	}
}
