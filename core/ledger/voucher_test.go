package ledger_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

func day() civil.Date { return civil.Date{Year: 2026, Month: 3, Day: 30} }

func sek(minor int64) money.Amount { return money.New(minor, "SEK") }

func TestAVoucherThatMakesNoSenseCannotBeMade(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		rows  []ledger.Row
		code  fault.Code
		field string
	}{
		"no rows":              {nil, ledger.CodeNoRows, "rows"},
		"only rows of 0":       {[]ledger.Row{{Account: "1930", Amount: sek(0)}}, ledger.CodeNoRows, "rows"},
		"rows that cancel out": {[]ledger.Row{{Account: "1930", Amount: sek(5)}, {Account: "1930", Amount: sek(-5)}}, ledger.CodeNoRows, "rows"},
		"debit without credit": {[]ledger.Row{{Account: "1930", Amount: sek(5)}}, ledger.CodeUnbalanced, "rows"},
		"off by one öre":       {[]ledger.Row{{Account: "1930", Amount: sek(5)}, {Account: "1686", Amount: sek(-4)}}, ledger.CodeUnbalanced, "rows"},
		"a row without account": {
			[]ledger.Row{{Account: "1930", Amount: sek(5)}, {Amount: sek(-5)}}, ledger.CodeRow, "rows[1].account",
		},
		"two currencies": {
			[]ledger.Row{{Account: "1930", Amount: sek(5)}, {Account: "1686", Amount: money.New(-5, "EUR")}}, money.CodeMixed, "currency",
		},
		"two currencies on one account": {
			[]ledger.Row{{Account: "1930", Amount: sek(5)}, {Account: "1930", Amount: money.New(-5, "EUR")}}, money.CodeMixed, "currency",
		},
		"a sum that does not fit": {
			[]ledger.Row{{Account: "1930", Amount: sek(math.MaxInt64)}, {Account: "1686", Amount: sek(1)}}, money.CodeOverflow, "amount",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			voucher, err := ledger.New(day(), "", c.rows)
			require.Equal(t, c.code, fault.CodeOf(err))
			require.Equal(t, c.field, fault.Of(err).Field)
			require.True(t, voucher.IsZero())
		})
	}
}

func TestRowsAreMergedByAccountAndMeaningAndDebitsComeFirst(t *testing.T) {
	t.Parallel()
	voucher, err := ledger.New(day(), "Payout", []ledger.Row{
		{Account: "1686", Amount: sek(-60)},
		{Account: "6040", Amount: sek(10), Meaning: "fee"},
		{Account: "1686", Amount: sek(-40)},
		{Account: "6040", Amount: sek(-3), Meaning: "fee_returned"},
		{Account: "2641", Amount: sek(0)},
		{Account: "6040", Amount: sek(2), Meaning: "fee"},
		{Account: "1930", Amount: sek(91)},
	})
	require.NoError(t, err)
	require.Equal(t, []ledger.Row{
		{Account: "6040", Amount: sek(12), Meaning: "fee"},
		{Account: "1930", Amount: sek(91)},
		{Account: "1686", Amount: sek(-100)},
		{Account: "6040", Amount: sek(-3), Meaning: "fee_returned"},
	}, voucher.Rows())

	sum, err := voucher.Sum()
	require.NoError(t, err)
	require.Equal(t, sek(103), sum)
	require.Equal(t, day(), voucher.Date())
	require.Equal(t, "Payout", voucher.Text())
}

func TestARowShowsItsAmountInOneColumn(t *testing.T) {
	t.Parallel()
	debit, credit := ledger.Row{Amount: sek(5)}, ledger.Row{Amount: sek(-5)}
	require.Equal(t, sek(5), debit.Debit())
	require.Equal(t, sek(0), debit.Credit())
	require.Equal(t, sek(0), credit.Debit())
	require.Equal(t, sek(5), credit.Credit())
}

func TestRowsHandsOutACopy(t *testing.T) {
	t.Parallel()
	rows := []ledger.Row{{Account: "1930", Amount: sek(5)}, {Account: "1686", Amount: sek(-5)}}
	voucher, err := ledger.New(day(), "", rows)
	require.NoError(t, err)

	rows[0].Account = "9999"
	voucher.Rows()[0].Account = "9999"

	require.Equal(t, ledger.Account("1930"), voucher.Rows()[0].Account)
}

func TestReversalUndoesAndReversingTwiceGivesTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var rows []ledger.Row
		rest := sek(0)
		for range rapid.IntRange(1, 12).Draw(t, "rows") {
			amount := sek(rapid.Int64Range(-1_000_00, 1_000_00).Draw(t, "amount"))
			rest, _ = rest.Sub(amount)
			rows = append(rows, ledger.Row{
				Account: rapid.SampledFrom([]ledger.Account{"1930", "6040", "2641", "1689"}).Draw(t, "account"),
				Meaning: rapid.SampledFrom([]string{"", "fee", "fee_returned"}).Draw(t, "meaning"),
				Amount:  amount,
			})
		}
		voucher, err := ledger.New(day(), "text", append(rows, ledger.Row{Account: "1686", Amount: rest}))
		if fault.CodeOf(err) == ledger.CodeNoRows {
			t.Skip("nothing to book")
		}
		require.NoError(t, err)

		reversal := voucher.Reversal(day().AddDays(1), "reversal")
		require.Equal(t, day().AddDays(1), reversal.Date())
		require.Equal(t, voucher, reversal.Reversal(day(), "text"))

		effect := map[ledger.Account]money.Amount{}
		for _, r := range append(voucher.Rows(), reversal.Rows()...) {
			effect[r.Account], err = effect[r.Account].Add(r.Amount)
			require.NoError(t, err)
		}
		for account, amount := range effect {
			require.True(t, amount.IsZero(), "account %s keeps %s", account, amount)
		}
	})
}
