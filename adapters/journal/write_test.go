package journal_test

import (
	"errors"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/adapters/journal"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

func sek(minor int64) money.Amount { return money.New(minor, "SEK") }

func day(n int) civil.Date { return civil.Date{Year: 2026, Month: 3, Day: n} }

// payout is a small set of books: a payout, the order behind it and money in the
// bank before both.
func payout() journal.Journal {
	return journal.Journal{
		Commodity: "SEK",
		Accounts: []journal.Account{
			{"1686", "Fordringar för kontokort"},
			{"1930", "Företagskonto"},
			{"2081", "Aktiekapital"},
			{"2611", "Utgående moms"},
			{"2641", "Ingående moms"},
			{"3001", "Försäljning; 25 % moms"},
			{"6040", "Kontokortsavgifter"},
		},
		Opening: journal.Opening{Date: day(1), Postings: []journal.Posting{
			{"1930", sek(1_234_567_890_12)}, {"2081", sek(-1_234_567_890_12)},
		}},
		Transactions: []journal.Transaction{
			{Date: day(17), Code: "K 12", Text: "Utbetalning Klarna", Postings: []journal.Posting{
				{"1930", sek(90_00)}, {"6040", sek(8_00)}, {"2641", sek(2_00)}, {"1686", sek(-100_00)},
			}},
			{Date: day(16), Postings: []journal.Posting{
				{"1686", sek(100_00)}, {"3001", sek(-80_00)}, {"2611", sek(-20_00)},
			}},
		},
	}
}

func text(t testing.TB, j journal.Journal) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, journal.Write(&b, j))
	return b.String()
}

const payoutText = `commodity SEK
    format 1000.00 SEK

; Fordringar för kontokort
account 1686

; Företagskonto
account 1930

; Aktiekapital
account 2081

; Utgående moms
account 2611

; Ingående moms
account 2641

; Försäljning, 25 % moms
account 3001

; Kontokortsavgifter
account 6040

2026-03-01 * Opening balances
    1930    1234567890.12 SEK
    2081   -1234567890.12 SEK

2026-03-16 *
    1686           100.00 SEK
    3001           -80.00 SEK
    2611           -20.00 SEK

2026-03-17 * (K 12) Utbetalning Klarna
    1930            90.00 SEK
    6040             8.00 SEK
    2641             2.00 SEK
    1686          -100.00 SEK
`

func TestAJournalIsWrittenInOrderOfDate(t *testing.T) {
	t.Parallel()
	require.Equal(t, payoutText, text(t, payout()))
}

func TestAnEmptyJournalHoldsItsCommodity(t *testing.T) {
	t.Parallel()
	require.Equal(t, "commodity EUR\n    format 1000.00 EUR\n", text(t, journal.Journal{Commodity: "EUR"}))
}

func TestTextsLoseWhatAJournalWouldReadAsMore(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"Order 1; reklam":           "2026-03-16 * Order 1, reklam",
		"Klarna | utbetalning":      "2026-03-16 * Klarna / utbetalning",
		"(K-1) Order":               "2026-03-16 * [K-1] Order",
		"två  mellan\trum\r\noch":   "2026-03-16 * två mellan rum och",
		"! * viktigt":               "2026-03-16 * viktigt",
		"= 2026-03-20":              "2026-03-16 * 2026-03-20",
		"\u00a0Röd\u2028stol\u200b": "2026-03-16 * Röd stol",
		"fel\xff":                   "2026-03-16 * fel?",
		" \n":                       "2026-03-16 *",
	} {
		j := payout()
		j.Transactions = j.Transactions[1:]
		j.Transactions[0].Text = given
		require.Contains(t, text(t, j), "\n"+want+"\n    1686", "%q", given)
	}
}

func TestAJournalThatMakesNoSenseIsNotWritten(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(*journal.Journal)
		code   fault.Code
		field  string
	}{
		"no commodity":              {func(j *journal.Journal) { j.Commodity = "" }, journal.CodeCommodity, "commodity"},
		"a commodity in lower case": {func(j *journal.Journal) { j.Commodity = "sek" }, journal.CodeCommodity, "commodity"},
		"three decimals":            {func(j *journal.Journal) { j.Commodity = "KWD" }, journal.CodeCommodity, "commodity"},
		"an account without number": {
			func(j *journal.Journal) { j.Accounts[1].Number = "" }, journal.CodeAccount, "accounts[1].number",
		},
		"an account with a space": {
			func(j *journal.Journal) { j.Accounts[1].Number = "19 30" }, journal.CodeAccount, "accounts[1].number",
		},
		"an account declared twice": {
			func(j *journal.Journal) { j.Accounts[2].Number = "1930" }, journal.CodeAccount, "accounts[2].number",
		},
		"an account not declared": {
			func(j *journal.Journal) { j.Transactions[0].Postings[1].Account = "6041" },
			journal.CodeAccount, "transactions[0].postings[1].account",
		},
		"an amount that is not set": {
			func(j *journal.Journal) { j.Transactions[0].Postings[1].Amount = money.Amount{} },
			journal.CodeCommodity, "transactions[0].postings[1].amount",
		},
		"another currency": {
			func(j *journal.Journal) { j.Transactions[1].Postings[2].Amount = money.New(-20_00, "EUR") },
			journal.CodeCommodity, "transactions[1].postings[2].amount",
		},
		"one öre too much": {
			func(j *journal.Journal) { j.Transactions[0].Postings[0].Amount = sek(90_01) },
			journal.CodeUnbalanced, "transactions[0].postings",
		},
		"a sum beyond 64 bits": {
			func(j *journal.Journal) { j.Transactions[0].Postings[0].Amount = sek(math.MaxInt64) },
			journal.CodeUnbalanced, "transactions[0].postings[1].amount",
		},
		"an opening that does not balance": {
			func(j *journal.Journal) { j.Opening.Postings = j.Opening.Postings[1:] }, journal.CodeUnbalanced, "opening.postings",
		},
		"an opening without a date": {
			func(j *journal.Journal) { j.Opening.Date = civil.Date{} }, journal.CodeDate, "opening.date",
		},
		"a transaction without a date": {
			func(j *journal.Journal) { j.Transactions[1].Date = civil.Date{} }, journal.CodeDate, "transactions[1].date",
		},
		"a transaction without postings": {
			func(j *journal.Journal) { j.Transactions[1].Postings = nil }, journal.CodeNoPostings, "transactions[1].postings",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := payout()
			c.change(&j)
			var b strings.Builder
			err := journal.Write(&b, j)
			require.Equal(t, c.code, fault.CodeOf(err), "%v", err)
			require.Equal(t, c.field, fault.Of(err).Field)
			require.Empty(t, b.String())
		})
	}
}

type brokenWriter struct{ error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.error }

func TestAWriterThatFailsIsReported(t *testing.T) {
	t.Parallel()
	full := errors.New("the disk is full")
	require.ErrorIs(t, journal.Write(brokenWriter{full}, payout()), full)
}

// posting is the only form in which no checker infers an amount.
var posting = regexp.MustCompile(`^ {2,}\S+ {2,}-?\d+\.\d{2} [A-Z]{3}$`)

func requireStrictPostings(t require.TestingT, written string, want int) {
	got := 0
	for line := range strings.SplitSeq(strings.TrimSuffix(written, "\n"), "\n") {
		if strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "    format ") {
			require.Regexp(t, posting, line)
			got++
		}
	}
	require.Equal(t, want, got)
}

func TestEveryPostingHasItsAmount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		j := anyJournal(t)
		want := len(j.Opening.Postings)
		for _, transaction := range j.Transactions {
			want += len(transaction.Postings)
		}
		var b strings.Builder
		require.NoError(t, journal.Write(&b, j))
		requireStrictPostings(t, b.String(), want)
	})
}

// anyJournal draws books that balance, with texts of any kind.
func anyJournal(t *rapid.T) journal.Journal {
	j := journal.Journal{Commodity: "SEK"}
	for _, number := range []ledger.Account{"1", "1686", "1930", "26410", "3001", "LEV1"} {
		j.Accounts = append(j.Accounts, journal.Account{Number: number, Name: rapid.String().Draw(t, "name")})
	}
	postings := func() []journal.Posting {
		var out []journal.Posting
		rest := sek(0)
		for range rapid.IntRange(1, 6).Draw(t, "postings") {
			amount := sek(rapid.Int64Range(-1_000_000_000_00, 1_000_000_000_00).Draw(t, "amount"))
			rest, _ = rest.Sub(amount)
			out = append(out, journal.Posting{rapid.SampledFrom(j.Accounts).Draw(t, "account").Number, amount})
		}
		return append(out, journal.Posting{"1686", rest})
	}
	if rapid.Bool().Draw(t, "opened") {
		j.Opening = journal.Opening{Date: day(1), Postings: postings()}
	}
	for range rapid.IntRange(0, 5).Draw(t, "transactions") {
		j.Transactions = append(j.Transactions, journal.Transaction{
			Date: day(rapid.IntRange(1, 31).Draw(t, "day")), Code: rapid.String().Draw(t, "code"),
			Text: rapid.String().Draw(t, "text"), Postings: postings(),
		})
	}
	return j
}

// FuzzWrite holds that no text, code or name adds or changes a line.
func FuzzWrite(f *testing.F) {
	for _, seed := range []string{"", "Order 1; x", "a\n    1930  5.00 SEK", "(x)", "*", "\u2028", "\xff", "comment\n"} {
		f.Add(seed, seed, seed)
	}
	f.Fuzz(func(t *testing.T, name, code, description string) {
		j := payout()
		j.Accounts[0].Name, j.Transactions[0].Code, j.Transactions[0].Text = name, code, description
		written := text(t, j)
		require.Equal(t, strings.Count(payoutText, "\n"), strings.Count(written, "\n"))
		requireStrictPostings(t, written, 9)
		require.Equal(t, 2, strings.Count(written, "\n2026-03-1"))
		_, header, _ := strings.Cut(written, "\n2026-03-17 *")
		header, _, _ = strings.Cut(header, "\n")
		require.NotContains(t, header, ";")
		require.NotContains(t, header, "|")
		require.NotContains(t, header, "  ")
		require.LessOrEqual(t, strings.Count(header, "("), 1)
	})
}
