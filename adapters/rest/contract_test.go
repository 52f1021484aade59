package rest_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// operation is an operation of the contract under test.
type operation struct {
	*openapi3.Operation
	method, path string
	item         *openapi3.PathItem
}

func (o operation) name() string { return o.method + " " + o.path }

// parameters gives those of the path and those of the operation.
func (o operation) parameters() openapi3.Parameters {
	return slices.Concat(o.item.Parameters, o.Parameters)
}

func contract(t *testing.T) (document *openapi3.T, text string, operations []operation) {
	t.Helper()
	served := newHub(t).send(t, "", "GET", "/openapi.json", nil).Body
	text = served.String()
	document, err := openapi3.NewLoader().LoadFromData(served.Bytes())
	require.NoError(t, err)
	for path, item := range document.Paths.Map() {
		for method, o := range item.Operations() {
			operations = append(operations, operation{Operation: o, method: method, path: path, item: item})
		}
	}
	return document, text, operations
}

func TestEveryOperationSaysWhatItIs(t *testing.T) {
	t.Parallel()
	document, _, operations := contract(t)
	ids := map[string]string{}
	for _, o := range operations {
		assert.NotEmpty(t, o.OperationID, o.name())
		assert.Empty(t, ids[o.OperationID], "%s has the id of another operation", o.name())
		ids[o.OperationID] = o.name()
		if assert.Len(t, o.Tags, 1, o.name()) {
			assert.NotNil(t, document.Tags.Get(o.Tags[0]), "%s: the tag is described", o.name())
		}
		assert.NotEmpty(t, o.Summary, o.name())
		assert.False(t, strings.HasSuffix(o.Summary, "."), "%s: a summary is no sentence", o.name())
		if o.method != "GET" {
			assert.NotEmpty(t, o.Description, "%s: what changes something says what it does", o.name())
		}
		assert.Contains(t, o.Extensions, "x-kvitt-scopes", o.name())
		if fallback := o.Responses.Default(); assert.NotNil(t, fallback, o.name()) {
			assert.Equal(t, "#/components/responses/Problem", fallback.Ref, o.name())
		}
	}
}

func TestEveryParameterIsDeclaredAndDescribed(t *testing.T) {
	t.Parallel()
	_, _, operations := contract(t)
	for _, o := range operations {
		var inPath []string
		for _, p := range o.parameters() {
			assert.NotEmpty(t, p.Value.Description, "%s: %s", o.name(), p.Value.Name)
			if p.Value.In == openapi3.ParameterInPath {
				inPath = append(inPath, "{"+p.Value.Name+"}")
			}
		}
		assert.ElementsMatch(t, regexp.MustCompile(`\{\w+\}`).FindAllString(o.path, -1), inPath, o.name())
	}
}

func TestEveryRequestIsDescribedAndShown(t *testing.T) {
	t.Parallel()
	_, _, operations := contract(t)
	seen := map[*openapi3.Schema]bool{}
	for _, o := range operations {
		if o.RequestBody == nil {
			continue
		}
		for media, content := range o.RequestBody.Value.Content {
			shown := content.Example != nil || content.Schema.Value.Example != nil
			open := o.Security != nil // what providers send has a form of their own
			assert.True(t, shown || open, "%s: %s has no example", o.name(), media)
			requireDescribed(t, o.name(), content.Schema.Value, seen)
		}
	}
}

// requireDescribed wants a description of each property that no reference names.
func requireDescribed(t *testing.T, at string, schema *openapi3.Schema, seen map[*openapi3.Schema]bool) {
	t.Helper()
	if seen[schema] {
		return
	}
	seen[schema] = true
	for name, property := range schema.Properties {
		named := property.Ref != "" || (property.Value.Items != nil && property.Value.Items.Ref != "")
		for _, part := range property.Value.AllOf {
			named = named || part.Ref != ""
		}
		assert.True(t, named || property.Value.Description != "", "%s: %s", at, name)
		requireDescribed(t, at+": "+name, property.Value, seen)
	}
	for _, part := range schema.AllOf {
		requireDescribed(t, at, part.Value, seen)
	}
	if schema.Items != nil {
		requireDescribed(t, at, schema.Items.Value, seen)
	}
}

func TestNoComponentIsUnused(t *testing.T) {
	t.Parallel()
	document, text, _ := contract(t)
	for kind, names := range map[string][]string{
		"schemas":    slices.Sorted(maps.Keys(document.Components.Schemas)),
		"parameters": slices.Sorted(maps.Keys(document.Components.Parameters)),
		"responses":  slices.Sorted(maps.Keys(document.Components.Responses)),
	} {
		require.NotEmpty(t, names)
		for _, name := range names {
			assert.Contains(t, text, `"#/components/`+kind+"/"+name+`"`)
		}
	}
}

func TestEnumsNameEachValueOnce(t *testing.T) {
	t.Parallel()
	document, _, _ := contract(t)
	enums := 0
	for name, schema := range document.Components.Schemas {
		for property, s := range schema.Value.Properties {
			enums += requireDistinct(t, name+"."+property, s.Value.Enum)
		}
		enums += requireDistinct(t, name, schema.Value.Enum)
	}
	require.Greater(t, enums, 10)
}

func requireDistinct(t *testing.T, at string, values []any) int {
	t.Helper()
	seen := map[any]bool{}
	for _, value := range values {
		assert.False(t, seen[value], "%s: %v", at, value)
		seen[value] = true
	}
	return min(len(values), 1)
}
