// Package jsonschema checks JSON documents against the JSON Schemas by which
// connectors describe their settings and credentials.
package jsonschema

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/kvitt/kvitt/core/fault"
)

// Faults of checking documents.
const (
	// CodeMismatch: the document does not fit its schema.
	CodeMismatch fault.Code = "schema.mismatch"
	// CodeSchema: the schema itself is none.
	CodeSchema fault.Code = "schema.broken"
)

// Validator checks documents. It keeps nothing and is safe for concurrent use.
type Validator struct{}

// New gives a validator.
func New() Validator { return Validator{} }

// Validate reports the first value of the document, by path, that does not fit
// the schema, as a fault that names the field and the reason and never repeats
// the value, which may be a secret. Objects whose schema says nothing of further
// properties allow none, so that a misspelt name is noticed.
func (Validator) Validate(schema, document json.RawMessage) error {
	compiled, err := compile(schema)
	if err != nil {
		// The library's message may quote the schema; it holds no values.
		return fault.New(CodeSchema, fault.Validation, "the connector's schema cannot be used").
			From(fault.Connector).WithRemedy("tell the connector's author").Wrap(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return fault.Invalid(CodeMismatch, "", "this is not JSON")
	}
	var mismatch *jsonschema.ValidationError
	if err := compiled.Validate(value); errors.As(err, &mismatch) {
		return firstMismatch(mismatch)
	} else if err != nil {
		return fault.Invalid(CodeMismatch, "", "the document cannot be compared with its schema")
	}
	return nil
}

func compile(schema json.RawMessage) (*jsonschema.Schema, error) {
	const name = "connector.json"
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return nil, err
	}
	closeObjects(document)
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	// A schema stands on its own: no reference may reach a file or the network.
	compiler.UseLoader(jsonschema.SchemeURLLoader{})
	if err := compiler.AddResource(name, document); err != nil {
		return nil, err
	}
	return compiler.Compile(name)
}

// closeObjects forbids properties that a schema does not mention, where the
// schema leaves the question open.
func closeObjects(schema any) {
	object, ok := schema.(map[string]any)
	if !ok {
		return
	}
	properties, listed := object["properties"].(map[string]any)
	if listed && !has(object, "additionalProperties", "unevaluatedProperties") {
		// With combinations, only what none of them has looked at is unknown.
		keyword := "additionalProperties"
		if has(object, "allOf", "anyOf", "oneOf", "if", "$ref") {
			keyword = "unevaluatedProperties"
		}
		object[keyword] = false
	}
	for _, property := range properties {
		closeObjects(property)
	}
	closeObjects(object["items"])
}

func has(object map[string]any, keywords ...string) bool {
	for _, keyword := range keywords {
		if _, ok := object[keyword]; ok {
			return true
		}
	}
	return false
}
