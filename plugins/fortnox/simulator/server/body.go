package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/company"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
)

const largestBody = 8 << 20

func badBody(code int, message string) *company.Refusal {
	return &company.Refusal{Status: http.StatusBadRequest, Code: code, Message: message}
}

// read decodes the body's wrapper into a value that has the writable fields
// alone; any other field is refused.
func (c *call) read(wrapper string, into any) *company.Refusal {
	raw, err := io.ReadAll(io.LimitReader(c.Body, largestBody))
	if err != nil || len(bytes.TrimSpace(raw)) == 0 {
		return badBody(company.CodeBadBody, "Ingen eller felaktig typ av data.")
	}
	var body map[string]json.RawMessage
	if err := json.Unmarshal(raw, &body); err != nil {
		return badBody(company.CodeBadJSON, "Error deserializing JSON: JSON_ERROR_SYNTAX")
	}
	content, found := body[wrapper]
	if !found || len(body) != 1 {
		return badBody(company.CodeBadBody, "Ingen eller felaktig typ av data.")
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return refuseDecoding(err)
	}
	return nil
}

func refuseDecoding(err error) *company.Refusal {
	if _, field, unknown := strings.Cut(err.Error(), "unknown field "); unknown {
		return badBody(company.CodeUnknownField, "Felaktigt fältnamn ("+strings.Trim(field, `"`)+").")
	}
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return badBody(company.CodeNotNumeric, "Värdet har fel typ ("+wrongType.Field+").")
	}
	if errors.Is(err, ore.ErrNotAnAmount) || errors.Is(err, errNotWhole) {
		return badBody(company.CodeNotNumeric, "Värdet måste vara numeriskt")
	}
	return badBody(company.CodeBadBody, "Ingen eller felaktig typ av data.")
}

var errNotWhole = errors.New("not a whole number")

// whole is a whole number that may come as a text: 1930 or "1930".
type whole int

// UnmarshalJSON takes a number or a text that holds one.
func (n *whole) UnmarshalJSON(raw []byte) error {
	text := string(raw)
	if unquoted, err := strconv.Unquote(text); err == nil {
		text = unquoted
	}
	value, err := strconv.Atoi(text)
	if err != nil {
		return errNotWhole
	}
	*n = whole(value)
	return nil
}

// rate is an exchange rate of bounded size.
type rate struct{ decimal.Decimal }

// UnmarshalJSON takes a number or a text that holds one.
func (x *rate) UnmarshalJSON(raw []byte) error {
	text := string(raw)
	if unquoted, err := strconv.Unquote(text); err == nil {
		text = unquoted
	}
	value, err := ore.Decimal(text)
	x.Decimal = value
	return err
}

// text is a text that may come as a number: "73" or 73.
type text string

// UnmarshalJSON takes a text or a number.
func (t *text) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		return nil
	}
	if unquoted := ""; json.Unmarshal(raw, &unquoted) == nil {
		*t = text(unquoted)
		return nil
	}
	var number json.Number
	if err := json.Unmarshal(raw, &number); err != nil {
		return errNotWhole
	}
	*t = text(number)
	return nil
}
