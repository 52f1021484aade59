package world

import (
	"bytes"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
)

// Percent is a VAT rate such as 25 or 25.5, given as number or text.
type Percent struct{ decimal.Decimal }

// UnmarshalJSON takes a number or a text that holds one.
func (p *Percent) UnmarshalJSON(raw []byte) error {
	text := string(bytes.TrimSpace(raw))
	if unquoted, err := strconv.Unquote(text); err == nil {
		text = unquoted
	}
	rate, err := ore.Decimal(text)
	if err != nil {
		return err
	}
	p.Decimal = rate
	return nil
}
