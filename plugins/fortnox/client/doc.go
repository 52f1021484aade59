// Package client speaks HTTP with Fortnox's REST API (version 3): one method for
// each request that the connector makes, with types that take the API's mixture
// of numbers, texts for numbers, empty texts and nulls.
//
// It decides nothing about accounting. It says of each failure what Fortnox said
// and whether the request may have taken effect.
package client

import "github.com/kvitt/kvitt/sdk/lenient"

// What Fortnox writes now as this and now as that.
type (
	// Text is a text that may also be written as a number.
	Text = lenient.Text
	// Int is a whole number that may also be written as a text.
	Int = lenient.Int
	// Number is a decimal number in major units that may also be written as a text.
	Number = lenient.Number
	// Bool is a truth that may also be written as a text.
	Bool = lenient.Bool
	// Date is a calendar date, with or without a time behind it.
	Date = lenient.Date
)
