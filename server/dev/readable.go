package dev

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/kvitt/kvitt/core/money"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

// readable adds to the JSON of a message what a person needs to read it: to each
// amount its decimal form, and for bytes that are text the text in their place.
// Documents of JSON, such as schemas, are shown as what they are, but not raw pages:
// pointers into them count their bytes.
func readable(m protoreflect.Message, tree map[string]any) {
	if amount, ok := m.Interface().(*pb.Money); ok {
		if currency, err := money.ParseCurrency(amount.GetCurrency()); err == nil {
			tree["minor"] = strconv.FormatInt(amount.GetMinor(), 10) // also a 0, which protojson leaves out
			tree["amount"] = money.New(amount.GetMinor(), currency).String()
		}
		return
	}
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		name := field.JSONName()
		switch {
		case field.Kind() == protoreflect.BytesKind && !field.IsList():
			tree[name] = readableBytes(field, value.Bytes(), tree[name])
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

func readableBytes(field protoreflect.FieldDescriptor, text []byte, otherwise any) any {
	switch {
	case field.ContainingMessage().Name() != "RawPage" && json.Valid(text):
		return json.RawMessage(text)
	case utf8.Valid(text):
		return string(text)
	}
	return otherwise
}
