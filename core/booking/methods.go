package booking

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/kvitt/kvitt/core/fault"
)

// ByMethod are the settings of a merchant's own events: one set for all payment
// methods, and what single methods have of their own.
type ByMethod struct {
	common  Settings
	methods map[string]Settings
}

// methodsProperty holds the settings of single methods by the method's id.
const methodsProperty = "methods"

// ParseByMethod reads settings whose property "methods" holds, by the id of a
// payment method, what this method has of its own. All other properties are
// Parse's. The field of a fault begins with "methods.ID." where it stands there.
func ParseByMethod(raw json.RawMessage) (ByMethod, error) {
	common, own, err := cutMethods(raw)
	if err != nil {
		return ByMethod{}, err
	}
	b := ByMethod{methods: make(map[string]Settings, len(own))}
	if b.common, err = Parse(common); err != nil {
		return ByMethod{}, err
	}
	for _, id := range sortedKeys(own) {
		if b.methods[id], err = Parse(common, own[id]); err != nil {
			f := fault.Of(err)
			return ByMethod{}, fault.Invalid(CodeSettings, methodsProperty+"."+id+"."+f.Field, f.Reason).WithRemedy(f.Remedy)
		}
	}
	return b, nil
}

// CompleteByMethod writes settings out with every default, so that a later default
// does not change what was decided. What single methods have of their own stays
// as it is.
func CompleteByMethod(raw json.RawMessage) (json.RawMessage, error) {
	if _, err := ParseByMethod(raw); err != nil {
		return nil, err
	}
	common, own, err := cutMethods(raw)
	if err != nil {
		return nil, err
	}
	settings, err := Parse(common)
	if err != nil {
		return nil, err
	}
	complete, err := properties(settings)
	if err != nil {
		return nil, err
	}
	if len(own) > 0 {
		if complete[methodsProperty], err = json.Marshal(own); err != nil {
			return nil, err
		}
	}
	return json.Marshal(complete)
}

// Of gives the settings of a payment method.
func (b ByMethod) Of(method string) Settings {
	if own, ok := b.methods[method]; ok {
		return own
	}
	return b.common
}

// All gives every set of settings, the common one first.
func (b ByMethod) All() []Settings {
	all := []Settings{b.common}
	for _, id := range sortedKeys(b.methods) {
		all = append(all, b.methods[id])
	}
	return all
}

func cutMethods(raw json.RawMessage) (common json.RawMessage, own map[string]json.RawMessage, err error) {
	if len(raw) == 0 {
		return nil, nil, nil
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, nil, undecodable(err)
	}
	if methods, ok := all[methodsProperty]; ok {
		if err := json.Unmarshal(methods, &own); err != nil {
			return nil, nil, fault.Invalid(CodeSettings, methodsProperty, "this is an object with one object for each payment method").Wrap(err)
		}
		delete(all, methodsProperty)
	}
	common, err = json.Marshal(all)
	return common, own, err
}

func properties(s Settings) (map[string]json.RawMessage, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("writing settings: %w", err)
	}
	all := map[string]json.RawMessage{}
	return all, json.Unmarshal(text, &all)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
