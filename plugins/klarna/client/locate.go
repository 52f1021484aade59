package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

var (
	errNotObject = errors.New("this is not a JSON object")
	errNotArray  = errors.New("this is not a JSON array")
	errRest      = errors.New("something follows the JSON value")
)

// eachMember visits the members of a JSON object in their order, each with the
// place of its value in doc.
func eachMember(doc []byte, visit func(name string, value []byte, offset int64) error) error {
	d := json.NewDecoder(bytes.NewReader(doc))
	if err := open(d, '{', errNotObject); err != nil {
		return err
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		name, ok := token.(string)
		if !ok {
			return errNotObject
		}
		value, offset, err := next(d, doc)
		if err != nil {
			return err
		}
		if err := visit(name, value, offset); err != nil {
			return err
		}
	}
	return end(d)
}

// eachElement visits the elements of a JSON array in their order.
func eachElement(doc []byte, visit func(index int, value []byte, offset int64) error) error {
	d := json.NewDecoder(bytes.NewReader(doc))
	if err := open(d, '[', errNotArray); err != nil {
		return err
	}
	for i := 0; d.More(); i++ {
		value, offset, err := next(d, doc)
		if err != nil {
			return err
		}
		if err := visit(i, value, offset); err != nil {
			return err
		}
	}
	return end(d)
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

// next reads a value and finds where it stands: it ends where the decoder is.
func next(d *json.Decoder, doc []byte) ([]byte, int64, error) {
	var value json.RawMessage
	if err := d.Decode(&value); err != nil {
		return nil, 0, err
	}
	offset := d.InputOffset() - int64(len(value))
	return doc[offset:d.InputOffset()], offset, nil
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
