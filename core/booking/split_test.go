package booking_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

func TestAVoucherWithinTheLimitIsNotSplit(t *testing.T) {
	t.Parallel()
	voucher, err := ledger.New(today(), "Payout P1", []ledger.Row{{Account: "1930", Amount: sek(1)}, {Account: "1686", Amount: sek(-1)}})
	require.NoError(t, err)
	parts, err := booking.Split(voucher, 2, "1686")
	require.NoError(t, err)
	require.Equal(t, []ledger.Voucher{voucher}, parts)

	_, err = booking.Split(voucher, 1, "1686")
	require.Equal(t, booking.CodeRowLimit, fault.CodeOf(err))
}

func TestPartsSayWhichTheyAre(t *testing.T) {
	t.Parallel()
	voucher, err := ledger.New(today(), "Payout P1", []ledger.Row{
		{Account: "1930", Amount: sek(90)}, {Account: "6040", Amount: sek(8)}, {Account: "2641", Amount: sek(2)}, {Account: "1686", Amount: sek(-100)},
	})
	require.NoError(t, err)
	parts, err := booking.Split(voucher, 3, "1686")
	require.NoError(t, err)
	require.Len(t, parts, 2)
	require.Equal(t, "Payout P1 (1/2)", parts[0].Text())
	require.Equal(t, []string{"debit 1930 0.90", "debit 6040 0.08", "credit 1686 0.98"}, postings(parts[0]))
	require.Equal(t, "Payout P1 (2/2)", parts[1].Text())
	require.Equal(t, []string{"debit 2641 0.02", "credit 1686 0.02"}, postings(parts[1]))
}

func TestPartsBalanceAndAddUpToTheWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var rows []ledger.Row
		rest := sek(0)
		for i := range rapid.IntRange(2, 30).Draw(t, "rows") {
			amount := sek(rapid.Int64Range(1, 100_00).Draw(t, "amount") * rapid.SampledFrom([]int64{1, -1}).Draw(t, "side"))
			rest, _ = rest.Sub(amount)
			rows = append(rows, ledger.Row{Account: ledger.Account(fmt.Sprintf("60%02d", i)), Amount: amount})
		}
		balancing := rapid.SampledFrom([]ledger.Account{"1686", "1930"}).Draw(t, "balancing account")
		voucher, err := ledger.New(today(), "Payout P1", append(rows, ledger.Row{Account: balancing, Amount: rest}))
		require.NoError(t, err)
		limit := rapid.IntRange(2, 12).Draw(t, "limit")

		parts, err := booking.Split(voucher, limit, "1686")
		require.NoError(t, err)

		effect := map[ledger.Account]money.Amount{}
		for _, part := range parts {
			require.LessOrEqual(t, len(part.Rows()), limit)
			require.Equal(t, voucher.Date(), part.Date())
			add(t, effect, part, 1)
		}
		add(t, effect, voucher, -1)
		for account, amount := range effect {
			require.True(t, amount.IsZero(), "account %s is off by %s", account, amount)
		}
	})
}

func add(t require.TestingT, effect map[ledger.Account]money.Amount, v ledger.Voucher, sign int64) {
	for _, r := range v.Rows() {
		var err error
		effect[r.Account], err = effect[r.Account].Add(sek(sign * r.Amount.Minor()))
		require.NoError(t, err)
	}
}
