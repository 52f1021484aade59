package journal_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/adapters/journal"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

// program gives the path of an independent checker. Without it the test is
// skipped, except on a build server, which has to have it.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// checker is one of the programs: how it proves a journal, and how it lists
// balances as "account,amount".
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

func (c checker) run(t *testing.T, file string, arguments ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), program(t, c.name), append([]string{"-f", file}, arguments...)...)
	// Without a UTF-8 locale hledger stops at the first letter beyond ASCII, and
	// a person's own settings must not decide.
	command.Env = []string{"LC_ALL=C.UTF-8", "HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}
	var out, complaint strings.Builder
	command.Stdout, command.Stderr = &out, &complaint
	err := command.Run()
	t.Log(c.name, arguments, complaint.String())
	return out.String(), err
}

func (c checker) balances(t *testing.T, file string) map[ledger.Account]money.Amount {
	t.Helper()
	out, err := c.run(t, file, c.balance...)
	require.NoError(t, err)
	balances := map[ledger.Account]money.Amount{}
	for line := range strings.Lines(out) {
		account, amount, ok := strings.Cut(strings.ReplaceAll(strings.TrimSpace(line), `"`, ""), ",")
		require.True(t, ok, line)
		if account == "account" {
			continue
		}
		balances[ledger.Account(account)], err = money.Parse(strings.TrimSuffix(amount, " SEK"), "SEK")
		require.NoError(t, err)
	}
	return balances
}

func saved(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "books.journal")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

// withoutZeros leaves out accounts at 0, which the programs list as they like.
func withoutZeros(balances map[ledger.Account]money.Amount) map[ledger.Account]money.Amount {
	balances = maps.Clone(balances)
	maps.DeleteFunc(balances, func(_ ledger.Account, a money.Amount) bool { return a.IsZero() })
	return balances
}

func TestIndependentProgramsAgreeWithTheBooks(t *testing.T) {
	t.Parallel()
	for _, c := range checkers() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := saved(t, text(t, payout()))
			_, err := c.run(t, file, c.prove...)
			require.NoError(t, err)
			require.Equal(t, map[ledger.Account]money.Amount{
				"1930": sek(1_234_567_980_12), "2081": sek(-1_234_567_890_12), "2611": sek(-20_00), "2641": sek(2_00),
				"3001": sek(-80_00), "6040": sek(8_00),
			}, withoutZeros(c.balances(t, file)))
		})
	}
}

// Were the programs run so that they find nothing, the other tests would prove
// nothing.
func TestIndependentProgramsRefuseDamagedBooks(t *testing.T) {
	t.Parallel()
	for _, c := range checkers() {
		for name, damage := range map[string][2]string{
			"an amount off by one öre":       {"90.00 SEK", "90.01 SEK"},
			"a posting that went missing":    {"    2641             2.00 SEK\n", ""},
			"an account nobody declared":     {"    6040 ", "    6041 "},
			"an account that took an amount": {"    6040             8.00 SEK", "    6040 8.00 SEK"},
		} {
			t.Run(c.name+" and "+name, func(t *testing.T) {
				t.Parallel()
				whole := text(t, payout())
				require.Contains(t, whole, damage[0])
				_, err := c.run(t, saved(t, strings.Replace(whole, damage[0], damage[1], 1)), c.prove...)
				var exit *exec.ExitError
				require.ErrorAs(t, err, &exit)
			})
		}
	}
}

// One large journal of many drawn ones: starting a program for each would take
// minutes.
func TestIndependentProgramsReadEveryText(t *testing.T) {
	t.Parallel()
	books := journal.Journal{Commodity: "SEK"}
	want := map[ledger.Account]money.Amount{}
	for seed := range 200 {
		j := rapid.Custom(anyJournal).Example(seed)
		if len(books.Accounts) == 0 {
			books.Accounts = j.Accounts
		}
		if len(j.Opening.Postings) > 0 {
			j.Transactions = append(j.Transactions, journal.Transaction{Date: j.Opening.Date, Postings: j.Opening.Postings})
		}
		books.Transactions = append(books.Transactions, j.Transactions...)
	}
	for i, hostile := range []string{
		"2026-03-20", "=2026-03-20", "a:b, c:", "[2026-03-20]", "{5 EUR}", "@ 5 EUR", "@@", "\"x", "'x", "%", "#x", "~", "&", "include x",
		"end comment", "comment", "1930  5.00 SEK", "!x", "**", "\\", "$", "€ – ’", "名前", "\u202e", "K-1) x (y",
	} {
		books.Transactions = append(books.Transactions, journal.Transaction{
			Date: day(20), Code: hostile, Text: hostile, Postings: []journal.Posting{{"1930", sek(int64(i))}, {"1686", sek(int64(-i))}},
		})
	}
	for _, transaction := range books.Transactions {
		for _, p := range transaction.Postings {
			sum, err := want[p.Account].Add(p.Amount)
			require.NoError(t, err)
			want[p.Account] = sum
		}
	}
	file := saved(t, text(t, books))
	for _, c := range checkers() {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.run(t, file, c.prove...)
			require.NoError(t, err)
			require.Equal(t, withoutZeros(want), withoutZeros(c.balances(t, file)))
		})
	}
}
