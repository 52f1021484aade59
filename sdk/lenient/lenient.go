// Package lenient holds types for the JSON of remote systems that cannot decide
// between 7, "7" and null. Each takes every spelling of its value and refuses what
// is something else.
package lenient

import (
	"encoding/json"
	"errors"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/civil"
)

// longestNumber bounds what is taken for a number.
const longestNumber = 64

var errValue = errors.New("the value has another form than documented")

// scalar gives the text of a JSON string or number, "" for null.
func scalar(raw []byte) (string, error) {
	if string(raw) == "null" {
		return "", nil
	}
	if len(raw) > 0 && raw[0] == '"' {
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return "", errValue
		}
		return s, nil
	}
	var n json.Number
	if err := json.Unmarshal(raw, &n); err != nil {
		return "", errValue
	}
	return n.String(), nil
}

// Text is a text that may also be written as a number, or as null for none.
type Text string

// UnmarshalJSON takes a text, a number or null.
func (t *Text) UnmarshalJSON(raw []byte) error {
	s, err := scalar(raw)
	if err != nil {
		return err
	}
	*t = Text(s)
	return nil
}

// Int is a whole number that may also be written as a text. None is 0.
type Int int

// UnmarshalJSON takes a whole number, a text that holds one, "" or null.
func (i *Int) UnmarshalJSON(raw []byte) error {
	s, err := scalar(raw)
	if err != nil {
		return err
	}
	if s == "" {
		*i = 0
		return nil
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return errValue
	}
	*i = Int(n)
	return nil
}

// Number is a decimal number in major units that may also be written as a
// text. None is 0.
type Number struct{ decimal.Decimal }

// UnmarshalJSON takes a number, a text that holds one, "" or null.
func (n *Number) UnmarshalJSON(raw []byte) error {
	s, err := scalar(raw)
	if err != nil {
		return err
	}
	if s == "" {
		n.Decimal = decimal.Zero
		return nil
	}
	if len(s) > longestNumber {
		return errValue
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return errValue
	}
	n.Decimal = d
	return nil
}

// Bool is a truth that may also be written as a text. None is false.
type Bool bool

// UnmarshalJSON takes true, false, the same as texts, "" or null.
func (b *Bool) UnmarshalJSON(raw []byte) error {
	switch string(raw) {
	case "true", `"true"`:
		*b = true
	case "false", `"false"`, `""`, "null":
		*b = false
	default:
		return errValue
	}
	return nil
}

// Date is a calendar date; none is written as "" or null.
type Date struct{ civil.Date }

// UnmarshalJSON takes YYYY-MM-DD, also with a time behind it, "" or null.
func (d *Date) UnmarshalJSON(raw []byte) error {
	s, err := scalar(raw)
	if err != nil {
		return err
	}
	const length = len("2006-01-02")
	if len(s) > length && s[length] == ' ' {
		s = s[:length]
	}
	if s == "" {
		d.Date = civil.Date{}
		return nil
	}
	parsed, err := civil.Parse(s)
	if err != nil {
		return errValue
	}
	d.Date = parsed
	return nil
}
