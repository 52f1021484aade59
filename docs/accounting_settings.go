package docs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kvitt/kvitt/core/booking"
)

// property is the part of the settings' schema that the table shows.
type property struct {
	Title, Description, Type, Pattern string
	Ref                               string `json:"$ref"`
	Enum                              []string
	Default                           json.RawMessage
	Minimum, Maximum                  *int64
	Properties                        properties
	Items                             *property
}

// properties keep the order of the schema, which goes from the whole to details.
type properties []struct {
	name string
	property
}

// UnmarshalJSON reads an object as a list.
func (p *properties) UnmarshalJSON(raw []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if _, err := decoder.Token(); err != nil {
		return err
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		var value property
		if err := decoder.Decode(&value); err != nil {
			return err
		}
		*p = append(*p, struct {
			name string
			property
		}{fmt.Sprint(name), value})
	}
	return nil
}

// settingsTable shows every property of the settings' schema.
func settingsTable() (string, error) {
	var root struct {
		property
		Defs schemas `json:"$defs"`
	}
	if err := json.Unmarshal(booking.Schema(), &root); err != nil {
		return "", err
	}
	return table([]string{"setting", "default", "values", "effect"}, "llll", root.Defs.rows("", root.Properties)), nil
}

// schemas are parts of the schema that several properties share, by name.
type schemas map[string]property

func (shared schemas) rows(prefix string, all properties) [][]string {
	var rows [][]string
	for _, p := range all {
		at := prefix + p.name
		rows = append(rows, []string{code(at), p.standard(), shared.values(p.property), "**" + p.Title + ".** " + p.Description})
		rows = append(rows, shared.rows(at+".", p.Properties)...)
		if p.Items != nil {
			rows = append(rows, shared.rows(at+"[].", shared.resolve(*p.Items).Properties)...)
		}
	}
	return rows
}

// resolve gives what a property refers to, or itself.
func (shared schemas) resolve(p property) property {
	if name, found := strings.CutPrefix(p.Ref, "#/$defs/"); found {
		return shared[name]
	}
	return p
}

// longest is how long a default may be to stand in the table.
const longest = 250

// standard gives the default. One that is an object stands with its properties.
func (p property) standard() string {
	text := string(p.Default)
	var oneLine bytes.Buffer
	if err := json.Compact(&oneLine, p.Default); err == nil {
		text = oneLine.String()
	}
	switch {
	case text == "":
		return "required"
	case text == `""`:
		return "none"
	case len(p.Properties) > 0:
		return ""
	case len(text) > longest:
		return "see below"
	}
	return code(spaced(strings.Trim(text, `"`)))
}

// values says what may be chosen.
func (shared schemas) values(p property) string {
	_, kind, _ := strings.Cut(p.Ref, "$defs/")
	switch {
	case len(p.Enum) > 0:
		return "`" + strings.Join(p.Enum, "`<br>`") + "`"
	case kind == "rate":
		return "per cent"
	case kind != "":
		return kind
	case p.Minimum != nil && p.Maximum != nil:
		return fmt.Sprintf("%d to %d", *p.Minimum, *p.Maximum)
	case p.Type == "boolean":
		return "`true`<br>`false`"
	case p.Type == "array" && p.Items != nil && len(shared.resolve(*p.Items).Properties) == 0:
		return "list: " + shared.values(*p.Items)
	case p.Type == "array":
		return "list"
	case len(p.Properties) > 0:
		return ""
	case p.Type == "object":
		return "by key"
	}
	return "text"
}

// salesTable shows the sales accounts that a merchant has without saying anything.
func salesTable() (string, error) {
	var rows [][]string
	for _, s := range booking.Default().Sales {
		rows = append(rows, []string{string(s.Treatment), string(s.Supply), s.Rate.String(), string(s.Revenue), string(s.VAT)})
	}
	return table([]string{"treatment", "supply", "rate %", "revenue", "VAT"}, "llrll", rows), nil
}
