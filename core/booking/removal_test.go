package booking_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
)

func TestRemovalsAreWhatPayoutsCannotDoWithout(t *testing.T) {
	t.Parallel()
	const before = `{
		"accounts": {"clearing": {"SEK": "1686", "EUR": "1580"}, "bank": {"SEK": "1930", "EUR": "1940"}, "commission": "6050"},
		"match_keys": [{"line": "merchant_reference1", "document": "order_number"}, {"line": "order_id", "document": "ocr"}],
		"fee_rules": [{"match": "FIXED", "account": "6065"}, {"match": "*"}],
		"currencies": [{"invoice": "EUR", "payout": "SEK"}]}`
	for name, c := range map[string]struct {
		after string
		gone  []string
	}{
		"nothing":                        {`{}`, nil},
		"another clearing account":       {`{"accounts": {"clearing": {"SEK": "1687"}}}`, []string{"accounts.clearing.SEK SEK replaced"}},
		"no clearing account":            {`{"accounts": {"clearing": {"EUR": ""}}}`, []string{"accounts.clearing.EUR EUR"}},
		"another bank account":           {`{"accounts": {"bank": {"SEK": "1931"}}}`, nil},
		"no bank account":                {`{"accounts": {"bank": {"EUR": ""}}}`, []string{"accounts.bank.EUR EUR"}},
		"another account of commissions": {`{"accounts": {"commission": "6051"}}`, nil},
		"no account of commissions":      {`{"accounts": {"commission": ""}}`, []string{"accounts.commission "}},
		"a key more":                     {`{"match_keys": [{"line": "order_id", "document": "ocr"}, {"line": "merchant_reference1", "document": "order_number"}, {"line": "order_id", "document": "order_number"}]}`, nil},
		"a key less":                     {`{"match_keys": [{"line": "merchant_reference1", "document": "order_number"}]}`, []string{"match_keys[1] "}},
		"a key with another prefix":      {`{"match_keys": [{"line": "merchant_reference1", "document": "order_number", "prefix": "KL-"}, {"line": "order_id", "document": "ocr"}]}`, []string{"match_keys[0] "}},
		"a rule of another account":      {`{"fee_rules": [{"match": "FIXED", "account": "6066"}, {"match": "*"}]}`, nil},
		"a rule less":                    {`{"fee_rules": [{"match": "*"}]}`, []string{"fee_rules[0] "}},
		"a pair of currencies less":      {`{"currencies": []}`, []string{"currencies[0] SEK"}},
	} {
		was, err := booking.Parse(json.RawMessage(before))
		require.NoError(t, err, name)
		is, err := booking.Parse(json.RawMessage(before), json.RawMessage(c.after))
		require.NoError(t, err, name)
		var gone []string
		for _, r := range booking.Removals(was, is) {
			text := r.Setting + " " + string(r.Currency)
			if r.Replaced {
				text += " replaced"
			}
			gone = append(gone, text)
		}
		require.Equal(t, c.gone, gone, name)
	}
}
