package world

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// widest is the length up to which a value stays on one line of the file: a
// document or a row of a payout is one line, a list of them is many.
const widest = 1500

// Encode gives the bytes of a world's file: deterministic, and laid out so that a
// change shows as a few lines.
func Encode(w any) ([]byte, error) {
	var compact bytes.Buffer
	encoder := json.NewEncoder(&compact)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(w); err != nil {
		return nil, fmt.Errorf("encoding the world: %w", err)
	}
	var out bytes.Buffer
	if err := layOut(&out, bytes.TrimSpace(compact.Bytes()), ""); err != nil {
		return nil, fmt.Errorf("laying out the world: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// layOut writes a value on one line if it is short, else each part on its own.
func layOut(out *bytes.Buffer, value json.RawMessage, indent string) error {
	if len(value) <= widest || value[0] != '{' && value[0] != '[' {
		out.Write(value)
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(value))
	if _, err := decoder.Token(); err != nil {
		return err
	}
	out.WriteByte(value[0])
	inner := indent + " "
	for separator := "\n"; decoder.More(); separator = ",\n" {
		out.WriteString(separator + inner)
		if value[0] == '{' {
			key, err := decoder.Token()
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%q: ", key)
		}
		var part json.RawMessage
		if err := decoder.Decode(&part); err != nil {
			return err
		}
		if err := layOut(out, part, inner); err != nil {
			return err
		}
	}
	out.WriteString("\n" + indent)
	out.WriteByte(value[len(value)-1])
	return nil
}
