package suite

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/kvitt/kvitt/core/fault"
)

func configuring() []Case {
	return []Case{
		{
			ID: "config.settings-schema", Level: 1, After: []string{"describe.handshake"}, run: checkSettingsSchema,
			Title: "The settings schema is a JSON Schema (2020-12) of an object, and the plan's settings fit it.",
			Why:   "The hub draws the form and checks what people enter by it.",
		},
		{
			ID: "config.credentials-schema", Level: 1, After: []string{"describe.handshake"}, run: checkCredentialsSchema,
			Title: "The credentials schema is a JSON Schema (2020-12) of an object of texts, and the plan's credentials fit it.",
			Why:   "Credentials travel as texts by name; what is not a text cannot be stored.",
		},
		{
			ID: "config.secret-flags", Level: 1, After: []string{"config.settings-schema", "config.credentials-schema"}, run: checkSecretFlags,
			Title: "A credential whose name looks like a secret has writeOnly: true, and no setting looks like one.",
			Why:   "Only what is flagged is never shown again; settings are shown to everybody who may read the connection.",
		},
		{
			ID: "config.refused", Level: 1, After: []string{"describe.operations", "config.settings-schema"}, run: checkSettingsRefused,
			Title: "Settings that do not follow the schema are refused with class validation before anything is sent.",
			Why:   "With a guess in the place of a setting, a connector could write to the wrong company.",
		},
	}
}

func compileSchema(schema json.RawMessage) (*jsonschema.Schema, error) {
	const name = "connector.json"
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	// A schema stands on its own: no reference may reach a file or the network.
	compiler.UseLoader(jsonschema.SchemeURLLoader{})
	if err := compiler.AddResource(name, document); err != nil {
		return nil, err
	}
	return compiler.Compile(name)
}

// fits holds a document against a schema, which must be one of an object.
func fits(what string, schema json.RawMessage, document any) error {
	compiled, err := compileSchema(schema)
	if err != nil {
		return wrong(what, err, "a JSON Schema (2020-12)")
	}
	if err := compiled.Validate([]any{}); err == nil {
		return wrong(what, "a schema that takes a list", "the schema of an object (\"type\": \"object\")")
	}
	text, err := json.Marshal(document)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	if err := compiled.Validate(value); err != nil {
		return wrong(what+", held against the plan", err, "a schema that the plan fits")
	}
	return nil
}

func checkSettingsSchema(_ context.Context, st *stage) error {
	return fits("the settings schema", st.description.Settings, st.setup.Plan.Settings)
}

func checkCredentialsSchema(_ context.Context, st *stage) error {
	for name, p := range properties(st.description.Credentials) {
		if p.Type != "string" {
			return wrong("the credentials schema", fmt.Sprintf("%s of type %v", name, p.Type), "type string")
		}
	}
	return fits("the credentials schema", st.description.Credentials, st.setup.Plan.Credentials)
}

func checkSecretFlags(_ context.Context, st *stage) error {
	for name, p := range properties(st.description.Credentials) {
		if looksSecret.MatchString(name) && !p.WriteOnly {
			return wrong("the credentials schema", name+" without a flag", "\"writeOnly\": true")
		}
	}
	for name, p := range properties(st.description.Settings) {
		if looksSecret.MatchString(name) || p.WriteOnly {
			return wrong("the settings schema", "the secret "+name, "secrets among the credentials")
		}
	}
	return nil
}

func checkSettingsRefused(ctx context.Context, st *stage) error {
	st.connection.Settings = json.RawMessage(`["conformance"]`)
	for _, q := range st.unlearned() {
		a, err := st.ask(ctx, q, "")
		switch {
		case err == nil && !q.reports(a):
			return wrong(q.String()+" with a list for settings", "an answer", "class validation")
		case err != nil && fault.ClassOf(err) != fault.Validation:
			return wrong(q.String()+" with a list for settings", err, "class validation")
		}
	}
	return st.silent(ctx, "with a list for settings")
}

// unlearned are questions that need no facts: Verify, and of each capability what
// can be asked of an unknown world.
func (s *Session) unlearned() []question {
	all := []question{s.verifying()}
	for _, c := range s.own() {
		if c.opening != nil {
			all = append(all, c.opening(s)...)
		}
	}
	return all
}

// silent says that nothing has been sent.
func (st *stage) silent(ctx context.Context, when string) error {
	log, err := st.far.Requests(ctx)
	if err != nil {
		return err
	}
	if log.Total > 0 {
		return wrong("the request log "+when, listing(log), "no request")
	}
	return nil
}
