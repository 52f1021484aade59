package booking

import (
	"bytes"
	_ "embed" // for the schema
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/tax"
)

//go:embed settings.schema.json
var schema []byte

// Schema gives the JSON Schema (2020-12) of the settings, with a title, a
// description and the default of every property.
func Schema() []byte { return bytes.Clone(schema) }

// Parse reads settings from layers of JSON, such as the merchant's settings and
// what one payment method has of its own, puts the preset where none says
// anything and validates the whole. Nothing gives the defaults. Objects are
// merged property by property, lists replaced; a later layer goes before an
// earlier one, also in the choice of the preset. Unknown properties are refused,
// so that a misspelt one is not silently without effect.
func Parse(layers ...json.RawMessage) (Settings, error) {
	preset := presetOf(layers)
	s := preset.settings()
	for _, layer := range layers {
		if len(bytes.TrimSpace(layer)) == 0 {
			continue
		}
		if err := decode(layer, &s); err != nil {
			return Settings{}, err
		}
	}
	s.complete(preset.settings())
	return s, s.Validate()
}

// presetOf finds the last preset that is named. What cannot be read here is
// refused where the layer itself is read.
func presetOf(layers []json.RawMessage) Preset {
	preset := BASSweden
	for _, layer := range layers {
		var chosen struct {
			Preset *Preset `json:"preset"`
		}
		if err := json.Unmarshal(layer, &chosen); err == nil && chosen.Preset != nil {
			preset = *chosen.Preset
		}
	}
	return preset
}

func decode(raw json.RawMessage, s *Settings) error {
	// The decoder writes over the elements of a list that is there already, so
	// lists step aside.
	before := *s
	s.Sales, s.FeeRules, s.MatchKeys, s.SuggestKeys, s.Currencies, s.VAT.Registrations = nil, nil, nil, nil, nil, nil

	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(s); err != nil {
		return undecodable(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fault.Invalid(CodeSettings, "", "there is text after the end of the settings")
	}
	keep(&s.Sales, before.Sales)
	keep(&s.FeeRules, before.FeeRules)
	keep(&s.MatchKeys, before.MatchKeys)
	keep(&s.SuggestKeys, before.SuggestKeys)
	keep(&s.Currencies, before.Currencies)
	keep(&s.VAT.Registrations, before.VAT.Registrations)
	return nil
}

// keep puts a list back that nothing has replaced.
func keep[T any](list *[]T, before []T) {
	if *list == nil {
		*list = before
	}
}

// complete puts defaults where the elements of lists lack a property.
func (s *Settings) complete(standard Settings) {
	for i := range s.FeeRules {
		s.FeeRules[i] = s.FeeRules[i].completed(standard.FeeRules[0])
	}
	for i := range s.Sales {
		if s.Sales[i].Treatment == "" {
			s.Sales[i].Treatment = tax.Domestic
		}
		s.Sales[i].Supply = s.Sales[i].Supply.OrGoods()
	}
	for i := range s.Currencies {
		keep(&s.Currencies[i].Rates, []RateSource{LineRate, PayoutRate, CentralBankRate})
	}
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
