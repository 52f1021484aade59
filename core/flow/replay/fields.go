package replay

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// changed lists the fields in which two readings of a line differ. From which bytes it
// was read is none of them.
func changed(stored, read payout.Line) []Field {
	before, after := content(stored), content(read)
	names := maps.Clone(before)
	maps.Copy(names, after)
	var fields []Field
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if before[name] != after[name] {
			fields = append(fields, Field{Name: name, Stored: before[name], Read: after[name]})
		}
	}
	return fields
}

// content is all that a line says, as texts by the names that the API gives them.
func content(l payout.Line) map[string]string {
	c := map[string]string{
		"kind": string(l.Kind), "raw_type": l.RawType, "gross": written(l.Gross), "fee_ex_vat": written(l.FeeExVAT), "fee_vat": written(l.FeeVAT),
		"fee_vat_local": written(l.FeeVATLocal), "fee_vat_rate": l.FeeVATRate, "original": written(l.Original), "rate": l.Rate.String(),
		"group": l.Group, "synthesised": strconv.FormatBool(l.Synthesised),
	}
	if !l.OccurredAt.IsZero() {
		// The store keeps microseconds.
		c["occurred_at"] = l.OccurredAt.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)
	}
	for name, value := range l.References {
		c["references."+string(name)] = value
	}
	return c
}

func written(a money.Amount) string {
	if a.Currency() == "" {
		return ""
	}
	return a.String() + " " + string(a.Currency())
}
