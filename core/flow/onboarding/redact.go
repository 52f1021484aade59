package onboarding

import (
	"bytes"
	"encoding/json"
)

// withoutSecrets removes every property that the schema marks as writeOnly, and
// every property that it does not mention: it might be a secret misplaced.
func withoutSecrets(schema, document json.RawMessage) json.RawMessage {
	var described struct {
		Properties map[string]struct {
			WriteOnly  bool            `json:"writeOnly"`
			Properties json.RawMessage `json:"properties"`
			Items      json.RawMessage `json:"items"`
		} `json:"properties"`
	}
	var values map[string]json.RawMessage
	if json.Unmarshal(schema, &described) != nil || json.Unmarshal(document, &values) != nil {
		return json.RawMessage("{}")
	}
	shown := make(map[string]json.RawMessage, len(values))
	for name, value := range values {
		property, known := described.Properties[name]
		if !known || property.WriteOnly || bytes.Contains(property.Items, []byte(`"writeOnly"`)) {
			continue
		}
		if len(property.Properties) > 0 {
			inner, _ := json.Marshal(map[string]json.RawMessage{"properties": property.Properties})
			value = withoutSecrets(inner, value)
		}
		shown[name] = value
	}
	text, err := json.Marshal(shown)
	if err != nil {
		return json.RawMessage("{}")
	}
	return text
}
