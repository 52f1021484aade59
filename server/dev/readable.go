package dev

import (
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/kvitt/kvitt/core/money"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

// readable adds to the JSON of a message what a person needs to read it: to each
// amount its decimal form, and for bytes that are text the text in their place.
func readable(m protoreflect.Message, tree map[string]any) {
	if amount, ok := m.Interface().(*pb.Money); ok {
		if currency, err := money.ParseCurrency(amount.GetCurrency()); err == nil {
			tree["amount"] = money.New(amount.GetMinor(), currency).String()
		}
		return
	}
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		name := field.JSONName()
		switch {
		case field.Kind() == protoreflect.BytesKind && !field.IsList():
			if text := value.Bytes(); utf8.Valid(text) {
				tree[name] = string(text)
			}
		case field.Kind() != protoreflect.MessageKind || field.IsMap():
		case field.IsList():
			items, _ := tree[name].([]any)
			for i, item := range items {
				if below, ok := item.(map[string]any); ok {
					readable(value.List().Get(i).Message(), below)
				}
			}
		default:
			if below, ok := tree[name].(map[string]any); ok {
				readable(value.Message(), below)
			}
		}
		return true
	})
}
