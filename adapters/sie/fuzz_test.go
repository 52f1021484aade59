package sie_test

import (
	"bytes"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/sie"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
)

// FuzzRead holds the promises of Read against any bytes: it does not panic, it
// refuses with a fault, and what it accepts balances.
func FuzzRead(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*.s[ei]")
	require.NoError(f, err)
	require.NotEmpty(f, seeds)
	for _, seed := range seeds {
		raw, err := os.ReadFile(seed)
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, err := sie.Read(bytes.NewReader(raw))
		if err != nil {
			require.Regexp(t, `^sie\.`, string(fault.CodeOf(err)))
			require.True(t, utf8.ValidString(err.Error()))
			return
		}
		require.True(t, utf8.ValidString(strings.Join(file.Warnings, "\n")))
		moved := map[ledger.Account]*big.Int{}
		for _, voucher := range file.Vouchers {
			require.True(t, utf8.ValidString(voucher.Series+voucher.Number+voucher.Text))
			sum := new(big.Int)
			for _, row := range voucher.Rows {
				require.Equal(t, file.Currency, row.Amount.Currency())
				add(moved, row.Account, row.Amount.Minor())
				sum.Add(sum, big.NewInt(row.Amount.Minor()))
			}
			require.Zero(t, sum.Sign())
		}
		if file.Type == sie.Export {
			requireAgreement(t, file, moved)
		}
	})
}

func add(to map[ledger.Account]*big.Int, account ledger.Account, minor int64) {
	if to[account] == nil {
		to[account] = new(big.Int)
	}
	to[account].Add(to[account], big.NewInt(minor))
}

// requireAgreement computes year 0 anew: what it opened with and what moved is
// where it ended, account by account.
func requireAgreement(t *testing.T, file sie.File, moved map[ledger.Account]*big.Int) {
	t.Helper()
	for account, amount := range file.Opening[0] {
		add(moved, account, amount.Minor())
	}
	balances := file.Balances(0)
	require.Len(t, balances, len(moved)+stated(file, moved))
	for _, balance := range balances {
		add(moved, balance.Account, 0)
		require.Zero(t, moved[balance.Account].Cmp(big.NewInt(balance.Amount.Minor())), "account %s", balance.Account)
	}
}

// stated counts the accounts that have a balance and neither opened nor moved.
func stated(file sie.File, moved map[ledger.Account]*big.Int) int {
	more := map[ledger.Account]bool{}
	for _, balances := range []sie.Balances{file.Closing, file.Result} {
		for account := range balances[0] {
			if moved[account] == nil {
				more[account] = true
			}
		}
	}
	return len(more)
}
