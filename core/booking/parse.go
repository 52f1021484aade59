package booking

import (
	"bytes"
	_ "embed" // for the schema
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
)

//go:embed settings.schema.json
var schema []byte

// Schema gives the JSON Schema (2020-12) of the settings, with a title, a
// description and the default of every property.
func Schema() []byte { return bytes.Clone(schema) }

// Parse reads settings from JSON, puts defaults where a property is missing and
// validates the whole. Empty input gives the defaults. Objects are merged with
// the defaults property by property, lists replace them. It refuses unknown
// properties, so that a misspelt one is not silently without effect.
func Parse(raw json.RawMessage) (Settings, error) {
	s := Default()
	if len(bytes.TrimSpace(raw)) > 0 {
		if err := decode(raw, &s); err != nil {
			return Settings{}, err
		}
	}
	return s, s.Validate()
}

func decode(raw json.RawMessage, s *Settings) error {
	// The decoder writes over the elements of a list that is there already, so
	// the default lists step aside.
	standard := Default()
	s.Sales, s.FeeRules, s.MatchKeys = nil, nil, nil

	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(s); err != nil {
		return undecodable(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fault.Invalid(CodeSettings, "", "there is text after the end of the settings")
	}
	if s.Sales == nil {
		s.Sales = standard.Sales
	}
	if s.MatchKeys == nil {
		s.MatchKeys = standard.MatchKeys
	}
	if s.FeeRules == nil {
		s.FeeRules = standard.FeeRules
	}
	for i := range s.FeeRules {
		s.FeeRules[i] = s.FeeRules[i].completed(standard.FeeRules[0])
	}
	return nil
}

func (r FeeRule) completed(standard FeeRule) FeeRule {
	if r.Match == "" {
		r.Match = standard.Match
	}
	if r.VAT == "" {
		r.VAT = standard.VAT
	}
	if r.Meaning == "" {
		r.Meaning = standard.Meaning
	}
	return r
}

func undecodable(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fault.Invalid(CodeSettings, wrong.Field, "a "+wrong.Value+" cannot stand here")
	}
	if f := fault.Of(err); f != nil {
		return fault.Invalid(CodeSettings, f.Field, f.Reason)
	}
	if name, found := strings.CutPrefix(err.Error(), "json: unknown field "); found {
		return fault.Invalid(CodeSettings, strings.Trim(name, `"`), "there is no such setting").
			WithRemedy("see the schema of the settings for the names")
	}
	return fault.Invalid(CodeSettings, "", "the settings are not a JSON object").Wrap(err)
}
