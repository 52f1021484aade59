package jsonschema_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/jsonschema"
	"github.com/kvitt/kvitt/core/fault"
)

const schema = `{
	"$schema": "https://json-schema.org/draft/2020-12/schema",
	"type": "object",
	"required": ["username", "password"],
	"properties": {
		"username": {"type": "string", "minLength": 3, "maxLength": 20, "pattern": "^[A-Z]"},
		"password": {"type": "string", "writeOnly": true, "pattern": "^live_"},
		"region": {"type": "string", "enum": ["eu", "na"]},
		"mode": {"const": "net"},
		"days": {"type": "integer", "minimum": 1, "maximum": 30},
		"host": {"type": "string", "format": "uri"},
		"ids": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "object", "properties": {"id": {"type": "string"}}}},
		"open": {"type": "object", "additionalProperties": true, "properties": {"a": {"type": "string"}}}
	}
}`

func TestValidate(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ document, field, reason string }{
		"a missing property is named":          {`{"username":"Abc"}`, "password", "this is required"},
		"a misspelt property is named":         {`{"username":"Abc","password":"live_1","regoin":"eu"}`, "regoin", "there is no such property"},
		"an unknown property of an item":       {`{"username":"Abc","password":"live_1","ids":[{"id":"1"},{"di":"2"}]}`, "ids[1].di", "there is no such property"},
		"a wrong type":                         {`{"username":"Abc","password":7}`, "password", "this must be a string, not a number"},
		"a secret that does not fit":           {`{"username":"Abc","password":"hunter2"}`, "password", "this does not match the pattern ^live_"},
		"a value outside the list":             {`{"username":"Abc","password":"live_1","region":"xx"}`, "region", `this must be one of "eu", "na"`},
		"another value than the only one":      {`{"username":"Abc","password":"live_1","mode":"gross"}`, "mode", `this must be "net"`},
		"a number below the least":             {`{"username":"Abc","password":"live_1","days":0}`, "days", "this is below 1"},
		"a number above the most":              {`{"username":"Abc","password":"live_1","days":31}`, "days", "this is above 30"},
		"a text that is too short":             {`{"username":"A","password":"live_1"}`, "username", "this is shorter than 3 characters"},
		"a text that is too long":              {`{"username":"Abcdefghijklmnopqrstuvwxyz","password":"live_1"}`, "username", "this is longer than 20 characters"},
		"a text that is not a URI":             {`{"username":"Abc","password":"live_1","host":"::"}`, "host", "this is not a uri"},
		"an empty list":                        {`{"username":"Abc","password":"live_1","ids":[]}`, "ids", "this has fewer than 1 items"},
		"a list that is too long":              {`{"username":"Abc","password":"live_1","ids":[{},{},{}]}`, "ids", "this has more than 2 items"},
		"of two mismatches the first by field": {`{"username":"Abc","password":"live_1","region":"xx","days":0}`, "days", "this is below 1"},
		"something that is not JSON":           {`{"username":`, "", "this is not JSON"},
		"something that is not an object":      {`[]`, "", "this must be an object, not an array"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := jsonschema.New().Validate(json.RawMessage(schema), json.RawMessage(c.document))
			f := fault.Of(err)
			require.NotNil(t, f, "%v", err)
			require.Equal(t, jsonschema.CodeMismatch, f.Code)
			require.Equal(t, c.field, f.Field)
			require.Equal(t, c.reason, f.Reason)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestValidateAccepts(t *testing.T) {
	t.Parallel()
	for name, document := range map[string]string{
		"what fits":                              `{"username":"Abc","password":"live_1","region":"eu","days":30,"ids":[{"id":"1"}]}`,
		"more in an object that says it is open": `{"username":"Abc","password":"live_1","open":{"a":"1","b":2}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, jsonschema.New().Validate(json.RawMessage(schema), json.RawMessage(document)))
		})
	}
}

func TestValidateClosesCombinations(t *testing.T) {
	t.Parallel()
	combined := json.RawMessage(`{"type":"object","properties":{"a":{"type":"string"}},
		"oneOf":[{"properties":{"b":{"type":"string"}},"required":["b"]},{"properties":{"c":{"type":"string"}},"required":["c"]}]}`)
	require.NoError(t, jsonschema.New().Validate(combined, json.RawMessage(`{"a":"1","b":"2"}`)))
	require.Error(t, jsonschema.New().Validate(combined, json.RawMessage(`{"a":"1","b":"2","d":"3"}`)))
}

func TestValidateRefusesSchemas(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]string{
		"that are not JSON":           `{`,
		"that are no schema":          `{"type": 7}`,
		"that reach for another file": `{"$ref": "file:///etc/passwd"}`,
		"that reach for the network":  `{"$ref": "https://example.com/schema.json"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := jsonschema.New().Validate(json.RawMessage(broken), json.RawMessage(`{}`))
			require.Equal(t, jsonschema.CodeSchema, fault.CodeOf(err))
		})
	}
}
