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
	shop    map[string]string
}

const (
	// methodsProperty holds the settings of single methods by the method's id.
	methodsProperty = "methods"
	// shopProperty holds the id of a method by the name that the shop has for it.
	shopProperty = "shop_methods"
)

// ParseByMethod reads settings whose property "methods" holds, by the id of a
// payment method, what this method has of its own, and "shop_methods" its id by the
// name that a shop's connection gives it. All other properties are Parse's, but for sales_shape, whose default is voucher: nobody makes invoices of
// events. The field of a fault begins with "methods.ID." where it stands there.
func ParseByMethod(raw json.RawMessage) (ByMethod, error) {
	common, own, err := cutMethods(raw)
	if err != nil {
		return ByMethod{}, err
	}
	b := ByMethod{methods: make(map[string]Settings, len(own))}
	if common, b.shop, err = cutShop(common); err != nil {
		return ByMethod{}, err
	}
	if b.common, err = parseEvents(common); err != nil {
		return ByMethod{}, err
	}
	for _, id := range sortedKeys(own) {
		if b.methods[id], err = parseEvents(common, own[id]); err != nil {
			f := fault.Of(err)
			return ByMethod{}, fault.Invalid(CodeSettings, methodsProperty+"."+id+"."+f.Field, f.Reason).WithRemedy(f.Remedy)
		}
	}
	return b, nil
}

// parseEvents reads layers of settings for events.
func parseEvents(layers ...json.RawMessage) (Settings, error) {
	usual := json.RawMessage(`{"sales_shape":"` + VoucherSales + `"}`)
	s, err := Parse(append([]json.RawMessage{usual}, layers...)...)
	if err == nil && s.SalesShape == InvoiceSales {
		return Settings{}, fault.Invalid(CodeSettings, "sales_shape", "events are booked as vouchers; no invoice is made of them").
			WithRemedy("choose voucher, day or payout")
	}
	if err == nil && s.Recognition == RecogniseAtDelivery && s.SalesShape != VoucherSales {
		return Settings{}, fault.Invalid(CodeSettings, "recognition", "an advance is followed sale by sale, a summary has many").
			WithRemedy("choose sales_shape voucher, or recognition capture")
	}
	return s, err
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
	common, shop, err := cutShop(common)
	if err != nil {
		return nil, err
	}
	settings, err := parseEvents(common)
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
	if len(shop) > 0 {
		if complete[shopProperty], err = json.Marshal(shop); err != nil {
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

// FromShop gives the id of the payment method for which a shop has a name of its
// own, or "" if nobody has said which one it is.
func (b ByMethod) FromShop(name string) string { return b.shop[name] }

// All gives every set of settings, the common one first.
func (b ByMethod) All() []Settings {
	all := []Settings{b.common}
	for _, id := range sortedKeys(b.methods) {
		all = append(all, b.methods[id])
	}
	return all
}

// Each gives every set of settings with where it stands, the common one first, and
// stops at the first error.
func (b ByMethod) Each(fn func(field string, s Settings) error) error {
	if err := fn("", b.common); err != nil {
		return err
	}
	for _, id := range sortedKeys(b.methods) {
		if err := fn(methodsProperty+"."+id+".", b.methods[id]); err != nil {
			return err
		}
	}
	return nil
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

// cutShop takes the names that a shop has for payment methods out of the common
// settings.
func cutShop(common json.RawMessage) (json.RawMessage, map[string]string, error) {
	all := map[string]json.RawMessage{}
	if len(common) > 0 {
		if err := json.Unmarshal(common, &all); err != nil {
			return nil, nil, undecodable(err)
		}
	}
	names, there := all[shopProperty]
	if !there {
		return common, nil, nil
	}
	var shop map[string]string
	if err := json.Unmarshal(names, &shop); err != nil {
		return nil, nil, fault.Invalid(CodeSettings, shopProperty, "this is an object with the id of a payment method for each name").Wrap(err)
	}
	for _, name := range sortedKeys(shop) {
		if name == "" || shop[name] == "" {
			return nil, nil, fault.Invalid(CodeSettings, shopProperty+"."+name, "the shop's name of a method stands for the id of a payment method; neither is empty")
		}
	}
	delete(all, shopProperty)
	rest, err := json.Marshal(all)
	return rest, shop, err
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

// SchemaByMethod gives the JSON Schema of the settings of events: that of Schema
// with the properties "methods" and "shop_methods".
func SchemaByMethod() ([]byte, error) {
	var all map[string]any
	if err := json.Unmarshal(schema, &all); err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	common, ok := all["properties"].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("reading the schema: it has no properties")
	}
	if shape, ok := common["sales_shape"].(map[string]any); ok {
		shape["default"], shape["enum"] = VoucherSales, []SalesShape{VoucherSales, DaySales, PayoutSales}
	}
	own := make(map[string]any, len(common))
	for name, property := range common {
		own[name] = property
	}
	common[methodsProperty] = map[string]any{
		"title": "Payment methods", "type": "object", "default": map[string]any{},
		"description":          "What single payment methods have of their own, by the id of the method. It goes before what stands outside.",
		"additionalProperties": map[string]any{"type": "object", "additionalProperties": false, "properties": own},
	}
	common[shopProperty] = map[string]any{
		"title": "Payment methods of the shop", "type": "object", "default": map[string]any{},
		"description":          "The id of the payment method by the name that the shop has for it, where a connection to the shop is the source of the flow.",
		"additionalProperties": map[string]any{"type": "string", "minLength": 1},
	}
	return json.MarshalIndent(all, "", "  ")
}
