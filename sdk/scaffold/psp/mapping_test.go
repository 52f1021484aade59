package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

func sek(minor int64) money.Amount { return money.New(minor, "SEK") }

// TestRows holds a row of each type against what it does to the merchant's money.
// When SamplePay adds a type, begin here.
func TestRows(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.March, 31, 10, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		row  remoteRow
		want payout.Line
	}{
		"a payment adds": {
			remoteRow{Type: "payment", Order: "10001", Amount: "625.00", Fee: "12.50", FeeVAT: "3.13"},
			payout.Line{Kind: payout.Sale, Gross: sek(625_00), FeeExVAT: sek(12_50), FeeVAT: sek(3_13)},
		},
		"a refund takes": {
			remoteRow{Type: "refund", Order: "9987", Amount: "95.00"},
			payout.Line{Kind: payout.Refund, Gross: sek(-95_00)},
		},
		"a fee of its own has no gross": {
			remoteRow{Type: "monthly_fee", Amount: "0.00", Fee: "49.00", FeeVAT: "12.25"},
			payout.Line{Kind: payout.Fee, FeeExVAT: sek(49_00), FeeVAT: sek(12_25)},
		},
		"a dispute takes, and costs": {
			remoteRow{Type: "dispute", Order: "9950", Amount: "100.00", Fee: "150.00"},
			payout.Line{Kind: payout.Chargeback, Gross: sek(-100_00), FeeExVAT: sek(150_00)},
		},
		"a dispute won adds": {
			remoteRow{Type: "dispute_won", Order: "9950", Amount: "100.00"},
			payout.Line{Kind: payout.ChargebackReversal, Gross: sek(100_00)},
		},
		"a reserve takes":                  {remoteRow{Type: "reserve_held", Amount: "40.00"}, payout.Line{Kind: payout.Reserve, Gross: sek(-40_00)}},
		"a reserve adds when let go":       {remoteRow{Type: "reserve_released", Amount: "40.00"}, payout.Line{Kind: payout.Release, Gross: sek(40_00)}},
		"a type that nobody has taught us": {remoteRow{Type: "bonus", Amount: "7.50"}, payout.Line{Kind: payout.Unknown, Gross: sek(7_50)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.row.ID, c.row.Currency, c.row.At = "row_1", "SEK", at
			got, err := c.row.line(payout.Raw{Page: "p"})
			require.NoError(t, err)

			c.want.Key, c.want.RawType, c.want.OccurredAt, c.want.Group, c.want.Raw = "row_1", c.row.Type, at, c.row.Order, payout.Raw{Page: "p"}
			c.want.References = map[payout.Reference]string{payout.TransactionID: "row_1"}
			if c.row.Order != "" {
				c.want.References[payout.MerchantReference1] = c.row.Order
			}
			for _, part := range []*money.Amount{&c.want.Gross, &c.want.FeeExVAT, &c.want.FeeVAT} {
				*part, err = part.Add(sek(0)) // what is left out above is 0 kronor
				require.NoError(t, err)
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestEveryCurrencyHasItsOwnDecimals(t *testing.T) {
	t.Parallel()
	for currency, c := range map[money.Currency]struct {
		text  string
		minor int64
	}{"SEK": {"19.99", 1999}, "JPY": {"1999", 1999}, "KWD": {"1.999", 1999}} {
		line, err := remoteRow{ID: "row_1", Type: "payment", Currency: string(currency), Amount: c.text}.line(payout.Raw{})
		require.NoError(t, err)
		require.Equal(t, money.New(c.minor, currency), line.Gross)
	}
}

func TestARowThatMakesNoSenseNamesItsField(t *testing.T) {
	t.Parallel()
	for field, row := range map[string]remoteRow{
		"rows[row_1].amount":   {ID: "row_1", Type: "payment", Currency: "SEK", Amount: "six"},
		"rows[row_2].amount":   {ID: "row_2", Type: "payment", Currency: "SEK"},
		"rows[row_3].amount":   {ID: "row_3", Type: "refund", Currency: "SEK", Amount: "-5.00"},
		"rows[row_4].amount":   {ID: "row_4", Type: "payment", Currency: "JPY", Amount: "5.50"},
		"rows[row_1].fee":      {ID: "row_1", Type: "payment", Currency: "SEK", Amount: "6.00", Fee: "0.001"},
		"rows[row_1].currency": {ID: "row_1", Type: "payment", Currency: "kronor", Amount: "6.00"},
	} {
		_, err := row.line(payout.Raw{})
		require.ErrorContains(t, err, field)
	}
}
