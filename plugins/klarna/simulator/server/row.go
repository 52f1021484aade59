package server

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"
	"time"
)

// row is a transaction with the members read that its presentation depends on.
type row struct {
	members  Transaction
	kind     string // type
	detailed string // detailed_type
	orderID  string
	captured time.Time // zero if the date makes no sense
	index    int       // place in its payout
}

func readRows(transactions []Transaction) []row {
	rows := make([]row, len(transactions))
	for i, t := range transactions {
		rows[i] = row{
			members: t, index: i,
			kind: t.text("type"), detailed: t.text("detailed_type"), orderID: t.text("order_id"),
		}
		if captured, err := time.Parse(time.RFC3339, t.text("capture_date")); err == nil {
			rows[i].captured = captured
		}
	}
	return rows
}

// text is a member's string; empty if it is absent, null or no string.
func (t Transaction) text(member string) string {
	var s string
	if json.Unmarshal(t[member], &s) != nil {
		return ""
	}
	return s
}

// number is a member's integer; false if it is absent, null or no integer.
func (t Transaction) number(member string) (int64, bool) {
	n, err := strconv.ParseInt(string(t[member]), 10, 64)
	return n, err == nil
}

// effect is +1 where a row is money to the merchant, -1 where it is money from
// the merchant, and 0 where the amount's own sign says so or the type is not
// known (Klarna's page on settlement files, transaction types).
func (r row) effect() int64 {
	if strings.Contains(r.detailed, "FEE_CORRECTION") {
		return 0
	}
	switch r.kind {
	case "SALE", "FEE_REFUND", "REVERSAL_MERCHANT_PROTECTION", "CREDIT", "RELEASE":
		return +1
	case "COMMISSION":
		if r.detailed == "REVENUE_SHARE_REVERSAL" {
			return -1
		}
		return +1
	case "RETURN", "FEE", "REVERSAL", "CHARGE", "HOLDBACK", "TAX":
		return -1
	}
	return 0
}

// signedMembers carry an amount whose sign the convention decides.
var signedMembers = [...]string{"amount", "vat_amount", "tax_in_currency_of_registration_country"}

// shown returns the row as the API shows it, in the world's conventions.
func (r row) shown(w World) Transaction {
	t := maps.Clone(r.members)
	if effect := r.effect(); effect != 0 {
		if !w.SignedAmounts {
			effect = +1
		}
		for _, member := range signedMembers {
			if n, ok := t.number(member); ok {
				t[member] = strconv.AppendInt(nil, effect*max(n, -n), 10)
			}
		}
	}
	// Only sales and fees belong to a capture; the others show an empty string.
	if _, ok := t["capture_id"]; !ok && r.kind != "SALE" && r.kind != "FEE" {
		t["capture_id"] = json.RawMessage(`""`)
	}
	if w.Spelling == SpellingMixed {
		for _, member := range [...]string{"sale_date", "capture_date"} {
			t.respell(member, func(s string) string { return respellDate(s, r.index) })
		}
		for _, member := range [...]string{"purchase_country", "shipping_country", "currency_code", "currency_code_of_registration_country"} {
			t.respell(member, func(s string) string { return respellCode(s, r.index) })
		}
	}
	return t
}

func (t Transaction) set(member, value string) {
	encoded, _ := json.Marshal(value) // a string always encodes
	t[member] = encoded
}

func (t Transaction) respell(member string, spell func(string) string) {
	if s := t.text(member); s != "" {
		t.set(member, spell(s))
	}
}

// respellDate gives the moment in one of the three spellings that occur in
// Klarna's answers. The same turn always gives the same spelling.
func respellDate(s string, turn int) string {
	moment, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return s
	}
	layouts := [...]string{"2006-01-02T15:04:05Z", "2006-01-02T15:04:05.000Z", "2006-01-02T15:04:05+00:00"}
	return moment.UTC().Format(layouts[turn%len(layouts)])
}

// respellCode gives a code of a country or currency in lower case every other turn.
func respellCode(s string, turn int) string {
	if turn%2 == 1 {
		return strings.ToLower(s)
	}
	return s
}
