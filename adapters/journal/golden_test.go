package journal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/journal"
	"github.com/kvitt/kvitt/core/books"
	"github.com/kvitt/kvitt/core/flow/reconciliation"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

var goldenRow = regexp.MustCompile(`(?m)^\| ([A-Z]\d+\S*) \| (.*) \| (.*) \| (.*) \| ([0-9.]+) \|$`)

// goldenVouchers are the vouchers to which core/booking holds its rules, in one
// journal.
func goldenVouchers(t *testing.T) reconciliation.Journal {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "core", "booking", "testdata", "golden", "vouchers.md"))
	require.NoError(t, err)
	j := reconciliation.Journal{Currency: "SEK"}
	named := map[ledger.Account]bool{}
	for _, found := range goldenRow.FindAllStringSubmatch(string(text), -1) {
		rows := append(goldenCell(t, found[3], false), goldenCell(t, found[4], true)...)
		v, err := ledger.New(day(17), found[2], rows)
		require.NoError(t, err, found[1])
		sum, err := v.Sum()
		require.NoError(t, err)
		require.Equal(t, found[5], sum.String(), found[1])
		j.Vouchers = append(j.Vouchers, books.Voucher{Series: "G", Number: found[1], Date: v.Date(), Text: v.Text(), Rows: v.Rows()})
		for _, r := range v.Rows() {
			if !named[r.Account] {
				named[r.Account] = true
				j.Accounts = append(j.Accounts, reconciliation.NamedAccount{Number: r.Account, Name: "Konto " + string(r.Account)})
			}
		}
	}
	require.Greater(t, len(j.Vouchers), 50, "the tables were read")
	return j
}

// goldenCell reads "1930 90.00; 6040 8.00". Rows keep apart, as in the table.
func goldenCell(t *testing.T, cell string, credit bool) []ledger.Row {
	t.Helper()
	var rows []ledger.Row
	for n, posting := range strings.Split(cell, "; ") {
		account, number, ok := strings.Cut(posting, " ")
		require.True(t, ok, posting)
		amount, err := money.Parse(number, "SEK")
		require.NoError(t, err)
		if credit {
			amount = amount.Neg()
		}
		rows = append(rows, ledger.Row{Account: ledger.Account(account), Amount: amount, Meaning: number + strings.Repeat("+", n)})
	}
	return rows
}

func sums(t *testing.T, vouchers []books.Voucher) map[ledger.Account]money.Amount {
	t.Helper()
	all := map[ledger.Account]money.Amount{}
	for _, v := range vouchers {
		for _, r := range v.Rows {
			sum, err := all[r.Account].Add(r.Amount)
			require.NoError(t, err)
			all[r.Account] = sum
		}
	}
	return all
}

func TestIndependentProgramsAgreeWithTheGoldenVouchers(t *testing.T) {
	t.Parallel()
	golden := goldenVouchers(t)
	var written strings.Builder
	require.NoError(t, journal.Vouchers{}.WriteVouchers(&written, golden))
	require.Equal(t, len(golden.Vouchers), strings.Count(written.String(), "* (G "))
	file := saved(t, written.String())
	for _, c := range checkers() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := c.run(t, file, c.prove...)
			require.NoError(t, err)
			require.Equal(t, withoutZeros(sums(t, golden.Vouchers)), withoutZeros(c.balances(t, file)))
		})
	}
}

func TestAVoucherOnAnUndeclaredAccountIsNotWritten(t *testing.T) {
	t.Parallel()
	golden := goldenVouchers(t)
	golden.Accounts = golden.Accounts[1:]
	var written strings.Builder
	require.Error(t, journal.Vouchers{}.WriteVouchers(&written, golden))
	require.Empty(t, written.String())
}
