package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/journal"
	"github.com/kvitt/kvitt/adapters/sie"
)

// checker is an accounting program that knows nothing of kvitt: how it proves a
// journal, and how it lists balances as "account,amount SEK".
type checker struct {
	name           string
	prove, balance []string
}

func checkers() []checker {
	return []checker{
		{
			name: "hledger", prove: []string{"check", "--strict", "ordereddates"},
			balance: []string{"balance", "--flat", "--empty", "--no-total", "-O", "csv"},
		},
		{
			name: "ledger", prove: []string{"--pedantic", "balance"},
			balance: []string{"--pedantic", "balance", "--flat", "--empty", "--no-total", "--format", "\"%(account)\",\"%(amount)\"\n"},
		},
	}
}

// agrees has the program prove the vouchers of the books and add them up by itself.
func (c checker) agrees(t *testing.T, books sie.File, want map[string]string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "books.journal")
	out, err := os.Create(file)
	require.NoError(t, err)
	require.NoError(t, journal.Write(out, journalOf(books)))
	require.NoError(t, out.Close())
	c.run(t, file, c.prove)
	got := c.balances(t, file)
	for account, balance := range want {
		if _, listed := got[account]; !listed && balance == "0.00" {
			got[account] = balance // the programs list accounts at 0 as they like
		}
	}
	require.Equal(t, want, got)
}

// balances has the program add up a journal.
func (c checker) balances(t *testing.T, file string) map[string]string {
	t.Helper()
	got := map[string]string{}
	for line := range strings.Lines(c.run(t, file, c.balance)) {
		account, amount, ok := strings.Cut(strings.ReplaceAll(strings.TrimSpace(line), `"`, ""), ",")
		require.True(t, ok, line)
		if account == "account" {
			continue
		}
		got[account] = sum(t, strings.TrimSuffix(amount, " SEK"))
	}
	return got
}

func (c checker) run(t *testing.T, file string, arguments []string) string {
	t.Helper()
	path, err := exec.LookPath(c.name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed", c.name)
		}
		t.Skipf("%s is not installed", c.name)
	}
	command := exec.CommandContext(t.Context(), path, append([]string{"-f", file}, arguments...)...)
	// Without a UTF-8 locale hledger stops at the first letter beyond ASCII, and a
	// person's own settings must not decide.
	command.Env = []string{"LC_ALL=C.UTF-8", "HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}
	var complaint strings.Builder
	command.Stderr = &complaint
	said, err := command.Output()
	require.NoError(t, err, complaint.String())
	return string(said)
}

// journalOf writes the books of a year down as transactions.
func journalOf(books sie.File) journal.Journal {
	j := journal.Journal{Commodity: books.Currency}
	for _, a := range books.Accounts {
		j.Accounts = append(j.Accounts, journal.Account{Number: a.Number, Name: a.Name})
	}
	for account, amount := range books.Opening[0] {
		j.Opening.Postings = append(j.Opening.Postings, journal.Posting{Account: account, Amount: amount})
	}
	for _, year := range books.Years {
		if year.Index == 0 {
			j.Opening.Date = year.From
		}
	}
	for _, v := range books.Vouchers {
		t := journal.Transaction{Date: v.Date, Code: v.Series + v.Number, Text: v.Text}
		for _, r := range v.Rows {
			t.Postings = append(t.Postings, journal.Posting{Account: r.Account, Amount: r.Amount})
		}
		j.Transactions = append(j.Transactions, t)
	}
	return j
}
