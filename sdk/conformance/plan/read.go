package plan

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/kvitt/kvitt/core/fault"
)

// Faults of plans.
const (
	// CodeUnreadable: the plan or its world cannot be read.
	CodeUnreadable fault.Code = "conformance.plan_unreadable"
	// CodeInvalid: a value of the plan makes no sense.
	CodeInvalid fault.Code = "conformance.plan_invalid"
)

//go:embed plan.schema.json
var schema []byte

// Schema gives the JSON Schema of plans.
func Schema() []byte { return bytes.Clone(schema) }

// Read reads a plan and makes its paths independent of the working folder.
func Read(path string) (Plan, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return Plan{}, fault.New(CodeUnreadable, fault.Validation, "the plan "+path+" cannot be read").
			WithRemedy("name the connector's plan file; the plans of kvitt's own connectors are examples").Wrap(err)
	}
	p, err := Parse(content)
	if err != nil {
		return Plan{}, fmt.Errorf("reading the plan %s: %w", path, err)
	}
	folder := filepath.Dir(path)
	p.Simulator.World = below(folder, p.Simulator.World)
	if c := p.Simulator.Command; len(c) > 0 && strings.ContainsAny(c[0], `/\`) {
		c[0] = below(folder, c[0])
	}
	return p, nil
}

func below(folder, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}

// Parse reads a plan from its bytes. Its error names the first field that is wrong.
func Parse(content []byte) (Plan, error) {
	if err := check(content); err != nil {
		return Plan{}, err
	}
	var p Plan
	if err := json.Unmarshal(content, &p); err != nil {
		return Plan{}, invalid("", "this does not fit the schema").Wrap(err)
	}
	if len(p.Settings) == 0 {
		p.Settings = json.RawMessage("{}")
	}
	if w := p.Writing; w != nil {
		w.Currency, w.VATRate, w.Country = cmp.Or(w.Currency, "SEK"), cmp.Or(w.VATRate, "25"), cmp.Or(w.Country, "SE")
	}
	return p, nil
}

func invalid(field, reason string) *fault.Error {
	return fault.Invalid(CodeInvalid, field, reason).
		WithRemedy("see plan.schema.json beside the package sdk/conformance/plan")
}

// check holds the bytes against the schema.
func check(content []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	if err != nil {
		return invalid("", "the plan is not JSON").Wrap(err)
	}
	compiled, err := compile()
	if err != nil {
		return err
	}
	err = compiled.Validate(value)
	if err == nil {
		return nil
	}
	mismatch, ok := err.(*jsonschema.ValidationError) //nolint:errorlint // the library gives it bare
	if !ok {
		return invalid("", "the plan cannot be held against its schema").Wrap(err)
	}
	found := leaves(mismatch, nil)
	sort.Slice(found, func(i, j int) bool { return found[i].Error() < found[j].Error() })
	return found[0]
}

func compile() (*jsonschema.Schema, error) {
	const name = "plan.schema.json"
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(name, document); err != nil {
		return nil, err
	}
	return compiler.Compile(name)
}

func leaves(err *jsonschema.ValidationError, found []*fault.Error) []*fault.Error {
	for _, cause := range err.Causes {
		found = leaves(cause, found)
	}
	if len(err.Causes) > 0 {
		return found
	}
	field := path(err.InstanceLocation)
	switch k := err.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		return append(found, invalid(join(field, k.Properties[0]), "there is no such field in a plan"))
	case *kind.Required:
		return append(found, invalid(join(field, k.Missing[0]), "this is required"))
	}
	// The library's sentence says what was expected; a plan holds no real secret.
	return append(found, invalid(field, err.ErrorKind.LocalizedString(message.NewPrinter(language.English))))
}

func path(location []string) string {
	at := ""
	for _, part := range location {
		if _, err := strconv.Atoi(part); err == nil {
			at += "[" + part + "]"
			continue
		}
		at = join(at, part)
	}
	return at
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}
