package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

func TestVATOnFeesIsReadInTheCurrencyOfTheCountryOfRegistration(t *testing.T) {
	t.Parallel()
	stated := object{"capture_id": "c", "vat_rate": 2500, "vat_amount": 200, "tax_in_currency_of_registration_country": 2301}
	rows := []object{
		row("SALE", "PURCHASE", orderA, 10000, object{"capture_id": "c"}),
		row("FEE", "PURCHASE_FEE_PERCENTAGE", orderA, 800, stated),
		row("FEE", "PURCHASE_FEE_FIXED", orderA, 800, with(stated, object{"currency_code_of_registration_country": "DKK"})),
		row("FEE", "SERVICING_FEE", orderA, 800, with(stated, object{"currency_code_of_registration_country": "EUR"})),
		row("FEE", "LATE_RETURN_FEE", orderA, 800, with(stated, object{"currency_code_of_registration_country": "???"})),
		row("FEE_REFUND", "FEE_REFUND", orderA, 800, stated),
		row("FEE", "DISPUTE_FEE", orderA, 100, object{"tax_in_currency_of_registration_country": 0}),
	}
	for i := range rows {
		rows[i]["currency_code"] = "EUR"
	}
	for _, signed := range []bool{false, true} {
		in := paid("P", object{"sale_amount": 10000, "fee_amount": 3300, "fee_refund_amount": 800, "tax_amount": 800, "tax_refund_amount": 200, "settlement_amount": 6900}, rows...)
		in["currency_code"], in["currency_code_of_registration_country"] = "EUR", "SEK"
		f := simulate(t, object{"signed_amounts": signed, "spelling": "mixed", "payouts": []object{in}})
		f.bothWays(t, func(t *testing.T, source ports.PayoutSource) {
			r, err := f.readLines(source, "P")
			require.NoError(t, err)
			local := map[string]money.Amount{}
			for _, l := range r.lines {
				require.Equal(t, money.Currency("EUR"), l.FeeVAT.Currency())
				local[l.RawType] = l.FeeVATLocal
			}
			require.Equal(t, map[string]money.Amount{
				"SALE/PURCHASE":               {},
				"FEE/PURCHASE_FEE_PERCENTAGE": money.New(2301, "SEK"),
				"FEE/PURCHASE_FEE_FIXED":      money.New(2301, "DKK"),
				"FEE/SERVICING_FEE":           {},
				"FEE/LATE_RETURN_FEE":         {},
				"FEE_REFUND/FEE_REFUND":       money.New(-2301, "SEK"),
				"FEE/DISPUTE_FEE":             {},
			}, local)
		})
	}
}
