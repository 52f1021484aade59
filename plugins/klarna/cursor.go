package main

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
)

// CodeCursor: a cursor that this connector has not given for this request.
const CodeCursor fault.Code = "klarna.cursor_invalid"

// A cursor is a name and version, what is known so far as JSON, and the marks of
// what has been listed. It holds no secret.
const (
	payoutsCursor = "p1"
	linesCursor   = "l1"
)

func writeCursor(name string, state any, seen marks) (string, error) {
	text, err := json.Marshal(state)
	if err != nil {
		return "", err
	}
	packed, err := seen.MarshalBinary()
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	return name + "." + encode(text) + "." + encode(packed), nil
}

func readCursor(name, cursor string, state any) (marks, error) {
	parts := strings.Split(cursor, ".")
	if len(parts) != 3 || parts[0] != name {
		return nil, invalidCursor("it is not a cursor of this request and version")
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(text, state)
	}
	if err != nil {
		return nil, invalidCursor("it is damaged")
	}
	packed, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return nil, invalidCursor("it is damaged")
	}
	var seen marks
	if err := seen.UnmarshalBinary(packed); err != nil {
		return nil, invalidCursor("it is damaged")
	}
	return seen, nil
}

func invalidCursor(reason string) error {
	return fault.Invalid(CodeCursor, "cursor", reason).From(fault.Hub).WithRemedy("begin again without a cursor")
}
