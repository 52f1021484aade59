package jsonpage

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

var (
	errNotObject = errors.New("this is not a JSON object")
	errNotArray  = errors.New("this is not a JSON array")
	errRest      = errors.New("something follows the JSON value")
)

// Value is a JSON value with its place in the page that it stands in.
type Value struct {
	Bytes []byte
	// Offset is where the value begins in the page.
	Offset int64
}

// Member is a value with its name in an object.
type Member struct {
	Name string
	Value
}

// Whole is a page as one value.
func Whole(page []byte) Value { return Value{Bytes: page} }

// Raw points to the value in its page.
func (v Value) Raw(page ports.RawPage) payout.Raw {
	return payout.Raw{Page: page.SHA256, Offset: v.Offset, Length: int64(len(v.Bytes))}
}

// IsNull reports whether the value is null.
func (v Value) IsNull() bool { return string(v.Bytes) == "null" }

// Members gives the members of an object in their order. If the object cannot be
// read to its end the error is a *PathError, which names the member at fault.
func (v Value) Members() ([]Member, error) {
	var found []Member
	seen := map[string]bool{}
	d := json.NewDecoder(bytes.NewReader(v.Bytes))
	if err := open(d, '{', errNotObject); err != nil {
		return nil, err
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, ok := token.(string)
		if !ok {
			return nil, errNotObject
		}
		value, err := v.next(d)
		if err != nil {
			return nil, &PathError{Path: name, Err: err}
		}
		if seen[name] {
			return nil, &PathError{Path: name, Err: ErrTwice}
		}
		seen[name] = true
		found = append(found, Member{Name: name, Value: value})
	}
	return found, end(d)
}

// Elements gives the elements of an array in their order.
func (v Value) Elements() ([]Value, error) {
	var found []Value
	d := json.NewDecoder(bytes.NewReader(v.Bytes))
	if err := open(d, '[', errNotArray); err != nil {
		return nil, err
	}
	for d.More() {
		value, err := v.next(d)
		if err != nil {
			return nil, &PathError{Path: "[" + strconv.Itoa(len(found)) + "]", Err: err}
		}
		found = append(found, value)
	}
	return found, end(d)
}

// Member gives the value at a path of member names, "_embedded.payments". An empty
// path is the value itself. A member that is missing is an error; null is a value.
func (v Value) Member(path string) (Value, error) {
	if path == "" {
		return v, nil
	}
	name, rest, _ := strings.Cut(path, ".")
	members, err := v.Members()
	if err != nil {
		return Value{}, err
	}
	for _, m := range members {
		if m.Name != name {
			continue
		}
		found, err := m.Member(rest)
		if err != nil {
			return Value{}, below(name, err)
		}
		return found, nil
	}
	return Value{}, &PathError{Path: name, Err: ErrMissing}
}

// next reads a value and finds where it stands: it ends where the decoder is.
func (v Value) next(d *json.Decoder) (Value, error) {
	var value json.RawMessage
	if err := d.Decode(&value); err != nil {
		return Value{}, err
	}
	at := d.InputOffset() - int64(len(value))
	return Value{Bytes: v.Bytes[at:d.InputOffset()], Offset: v.Offset + at}, nil
}

func open(d *json.Decoder, bracket json.Delim, otherwise error) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	if token != bracket {
		return otherwise
	}
	return nil
}

// end reads the closing bracket, after which only space may follow.
func end(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return err
	}
	_, err := d.Token()
	switch {
	case err == nil:
		return errRest
	case !errors.Is(err, io.EOF):
		return err
	}
	return nil
}
