package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/server/config"
)

// A payout in euro to an account in euro: sales of EUR 119.00 and 33.33, whose
// invoices are booked at 11.50, at the rate of 11.40. The fees of 2.00 and 0.60 carry
// VAT that Klarna states in kronor as well. The ledger of the simulated Fortnox and
// its SIE file say what came of it, in either shape and by hand:
//
//	1980  149.08 x 11.40                     1699.51
//	6040    2.60 x 11.40                       29.64
//	2641  as stated, 5.75 + 1.73                7.48
//	7960  1368.50 + 383.30 - 1356.60 - 379.96  15.24
//	3960  1736.56 - 1699.51 - 29.64 - 7.48     -0.07
func TestAPayoutInEuroPaysInvoicesInEuro(t *testing.T) {
	t.Parallel()
	for _, shape := range []booking.Shape{booking.Clearing, booking.Direct} {
		t.Run(string(shape), func(t *testing.T) {
			t.Parallel()
			s := raiseIn(t, "", euroWorld(t))
			s.shape = shape
			s.settings = map[string]any{
				"currencies": []any{map[string]any{"invoice": "EUR", "payout": "EUR", "rates": []string{"central_bank"}}},
				"accounts":   map[string]any{"bank": map[string]any{"SEK": "1930", "EUR": "1980"}, "clearing": map[string]any{"SEK": "1686", "EUR": "1580"}},
			}
			rates := filepath.Join(s.folder, "rates.csv")
			require.NoError(t, os.WriteFile(rates, []byte("date,base,quote,rate\n2026-04-02,EUR,SEK,11.40\n"), 0o600))
			s.change = func(c *config.Config) { c.ExchangeRates = rates }
			s.open()
			c := s.onboard()
			before := s.nonzero(t)
			require.Equal(t, "1751.80", before["1510"])
			s.settle(c)

			after := s.nonzero(t)
			for account, balance := range before {
				if account != "1510" {
					require.Equal(t, balance, after[account], account)
					delete(after, account)
				}
			}
			require.Equal(t, map[string]string{"1980": "1699.51", "6040": "29.64", "2641": "7.48", "7960": "15.24", "3960": "-0.07"}, after)
			for _, a := range s.look(c).Clearing {
				require.Contains(t, a, " 0.00 open 0.00 unexplained 0.00")
			}
			s.comparisonHolds(c)

			s.undoAll(c)
			taken := s.nonzero(t)
			require.Equal(t, "1751.80", taken["1510"], "the invoices are open again")
			require.Empty(t, taken["1980"]+taken["1580"]+taken["6040"]+taken["2641"])
			s.comparisonHolds(c)
		})
	}
}

// euroWorld writes the world of the other tests with other payouts and invoices.
func euroWorld(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "world.json"))
	require.NoError(t, err)
	var world map[string]any
	require.NoError(t, json.Unmarshal(text, &world))
	section := func(name string) map[string]any {
		found, ok := world[name].(map[string]any)
		require.True(t, ok, name)
		return found
	}
	fortnox := section("fortnox")
	fortnox["currencies"], fortnox["currency_rates"] = []string{"SEK", "EUR"}, map[string]string{"EUR": "11.50"}
	fortnox["invoices"] = []any{euroInvoice("2001", "20001", "119.00"), euroInvoice("2002", "20002", "33.33")}
	section("klarna")["payouts"] = []any{map[string]any{
		"payment_reference": "E2EEUR01", "payout_date": "2026-04-02T07:45:00Z", "currency_code": "EUR", "currency_code_of_registration_country": "SEK",
		"totals": map[string]int{"sale_amount": 15233, "fee_amount": 260, "tax_amount": 65, "settlement_amount": 14908},
		"transactions": []any{
			euroRow("SALE", "PURCHASE", "1", "20001", 11900, nil), euroRow("FEE", "PURCHASE_FEE_FIXED", "1", "20001", 200, []int{50, 575}),
			euroRow("SALE", "PURCHASE", "2", "20002", 3333, nil), euroRow("FEE", "PURCHASE_FEE_FIXED", "2", "20002", 60, []int{15, 173}),
		},
	}}
	file := filepath.Join(t.TempDir(), "world.json")
	text, err = json.Marshal(world)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return file
}

func euroInvoice(number, reference, price string) map[string]any {
	return map[string]any{
		"number": number, "customer_name": "Testa Testsson", "date": "2026-03-30", "currency": "EUR", "external_reference_1": reference, "booked": true,
		"rows": []any{map[string]any{"description": "Vara", "account": 3001, "vat": 0, "price": price, "quantity": "1"}},
	}
}

// euroRow is a row of one capture; vat is the VAT in euro and in kronor.
func euroRow(kind, detailed, order, reference string, amount int, vat []int) map[string]any {
	row := map[string]any{
		"type": kind, "detailed_type": detailed, "amount": amount, "currency_code": "EUR", "merchant_reference1": reference,
		"order_id": "5d1f0a4e-0000-4000-8000-00000000000" + order, "capture_id": "c4b7a1d2-0000-4000-8000-00000000000" + order,
		"sale_date": "2026-03-30T10:00:00Z", "capture_date": "2026-03-30T10:00:00Z", "purchase_country": "FI",
	}
	if vat != nil {
		row["vat_rate"], row["vat_amount"], row["tax_in_currency_of_registration_country"] = 2500, vat[0], vat[1]
	}
	return row
}
