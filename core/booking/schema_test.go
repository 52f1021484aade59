package booking_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
)

// node is the part of a JSON Schema that the settings use.
type node struct {
	Title                string
	Description          string
	Type                 string
	Ref                  string `json:"$ref"`
	Default              json.RawMessage
	Required             []string
	Properties           map[string]node
	Items                *node
	AdditionalProperties json.RawMessage
}

func (n node) isObject() bool { return len(n.Properties) > 0 }

func settingsSchema(t *testing.T) node {
	t.Helper()
	var root node
	require.NoError(t, json.Unmarshal(booking.Schema(), &root))
	return root
}

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(booking.Schema()))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("settings.json", document))
	schema, err := compiler.Compile("settings.json")
	require.NoError(t, err)
	return schema
}

func TestEveryPropertyOfTheSchemaIsExplained(t *testing.T) {
	t.Parallel()
	var explained func(path string, n node)
	explained = func(path string, n node) {
		for name, property := range n.Properties {
			at := path + "." + name
			require.NotEmpty(t, property.Title, at)
			require.NotEmpty(t, property.Description, at)
			if !contains(n.Required, name) {
				require.NotEmpty(t, property.Default, at)
			}
			explained(at, property)
			if property.Items != nil {
				explained(at+"[]", *property.Items)
			}
		}
	}
	explained("", settingsSchema(t))
}

func TestSchemaAndStructHaveTheSameProperties(t *testing.T) {
	t.Parallel()
	same(t, "settings", settingsSchema(t), reflect.TypeFor[booking.Settings]())
}

func same(t *testing.T, path string, n node, typ reflect.Type) {
	t.Helper()
	require.JSONEq(t, "false", string(n.AdditionalProperties), "%s takes properties that nothing reads", path)
	fields := map[string]reflect.Type{}
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		require.NotEmpty(t, name, "%s.%s", path, typ.Field(i).Name)
		fields[name] = typ.Field(i).Type
	}
	for name, property := range n.Properties {
		at := path + "." + name
		require.Contains(t, fields, name, "%s is in the schema only", at)
		if property.isObject() {
			same(t, at, property, fields[name])
		}
		if property.Items != nil && property.Items.isObject() {
			same(t, at+"[]", *property.Items, fields[name].Elem())
		}
		delete(fields, name)
	}
	require.Empty(t, fields, "%s: these are in the struct only", path)
}

func TestTheDefaultsOfTheSchemaAreTheDefaultSettings(t *testing.T) {
	t.Parallel()
	standard, err := json.Marshal(booking.Default())
	require.NoError(t, err)
	require.JSONEq(t, string(standard), string(defaults(t, settingsSchema(t))))
}

// defaults writes out the object that the defaults of all properties make.
func defaults(t *testing.T, n node) json.RawMessage {
	t.Helper()
	object := map[string]json.RawMessage{}
	for name, property := range n.Properties {
		object[name] = property.Default
		if property.isObject() {
			object[name] = defaults(t, property)
		}
	}
	raw, err := json.Marshal(object)
	require.NoError(t, err)
	return raw
}

func TestTheSchemaAcceptsTheDefaultsAndEveryCase(t *testing.T) {
	t.Parallel()
	schema := compiledSchema(t)
	standard, err := json.Marshal(booking.Default())
	require.NoError(t, err)
	inputs := map[string]json.RawMessage{"defaults": standard, "empty": json.RawMessage(`{}`)}
	for id, c := range goldenCases(t) {
		if c.Settings != nil {
			inputs[id] = c.Settings
		}
	}
	for name, raw := range inputs {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(value), name)
	}
}

func TestSchemaHandsOutACopy(t *testing.T) {
	t.Parallel()
	booking.Schema()[0] = 'x'
	require.Equal(t, byte('{'), booking.Schema()[0])
}

func contains(list []string, wanted string) bool {
	for _, s := range list {
		if s == wanted {
			return true
		}
	}
	return false
}
