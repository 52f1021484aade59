package sie_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/sie"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

func sek(minor int64) money.Amount { return money.New(minor, "SEK") }

func day(t *testing.T, text string) civil.Date {
	t.Helper()
	date, err := civil.Parse(text)
	require.NoError(t, err)
	return date
}

func readFile(t *testing.T, name string) sie.File {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", name))
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	read, err := sie.Read(file)
	require.NoError(t, err)
	return read
}

func TestAnExportIsReadWhole(t *testing.T) {
	t.Parallel()
	file := readFile(t, "year.se")

	require.Equal(t, sie.Export, file.Type)
	require.False(t, file.Imported)
	require.Equal(t, "Bokföring 3.1", file.Program)
	require.Equal(t, day(t, "2026-04-20"), file.Generated)
	require.Equal(t, "Exempelbutiken Åsön AB", file.CompanyName)
	require.Equal(t, "555555-5555", file.OrgNumber)
	require.Equal(t, money.Currency("SEK"), file.Currency)
	require.Equal(t, []sie.Year{
		{Index: 0, From: day(t, "2026-01-01"), To: day(t, "2026-12-31")},
		{Index: -1, From: day(t, "2025-01-01"), To: day(t, "2025-12-31")},
	}, file.Years)
	require.Equal(t, []sie.Account{
		{Number: "1686", Name: "Fordringar för kontokort", Type: sie.Asset},
		{Number: "1930", Name: "Företagskonto", Type: sie.Asset},
		{Number: "2081", Name: "Aktiekapital", Type: sie.Debt},
		{Number: "2641", Name: "Debiterad ingående moms", Type: sie.Asset},
		{Number: "3001", Name: "Försäljning", Type: sie.Income},
		{Number: "6040", Name: "Kontokortsavgifter", Type: sie.Cost},
		{Number: "7010", Name: "Löner"},
	}, file.Accounts)
	require.Equal(t, sie.Balances{
		0:  {"1930": sek(50000_00), "2081": sek(-50000_00)},
		-1: {"1930": sek(50000_00), "2081": sek(-50000_00)},
	}, file.Opening)
	require.Equal(t, sie.Balances{0: {"3001": sek(-100_00), "6040": sek(8_00)}}, file.Result)
	require.Empty(t, file.Warnings)
}

func TestVouchersHoldTheRowsThatCount(t *testing.T) {
	t.Parallel()
	file := readFile(t, "year.se")
	require.Len(t, file.Vouchers, 2)

	sale := file.Vouchers[0]
	require.Equal(t, sie.Voucher{
		Series: "B", Number: "1", Date: day(t, "2026-03-16"), Text: `Kundfaktura 1001 "Röd stol"`,
		RegisteredAt: day(t, "2026-03-17"),
		Rows: []sie.Row{
			{Account: "1686", Amount: sek(100_00), Date: day(t, "2026-03-16"), Text: "Order 1001", Quantity: decimal.NewFromInt(1)},
			{Account: "3001", Amount: sek(-100_00), Date: day(t, "2026-03-15"), Text: "Röd stol", Quantity: decimal.NewFromInt(-1)},
		},
	}, sale)

	payout := file.Vouchers[1]
	require.True(t, payout.RegisteredAt.IsZero())
	require.Equal(t, []sie.Row{
		{Account: "1930", Amount: sek(90_00), Date: payout.Date},
		{Account: "6040", Amount: sek(8_00), Date: payout.Date, Text: "Avgift"},
		{Account: "2641", Amount: sek(2_00), Date: payout.Date},
		{Account: "1686", Amount: sek(-100_00), Date: payout.Date},
	}, payout.Rows, "an added row counts once, a removed one never")
}

func TestBalancesShowWhereEachMentionedAccountEnded(t *testing.T) {
	t.Parallel()
	file := readFile(t, "year.se")
	require.Equal(t, []sie.Balance{
		{Account: "1686", Name: "Fordringar för kontokort", Amount: sek(0)},
		{Account: "1930", Name: "Företagskonto", Amount: sek(50090_00)},
		{Account: "2081", Name: "Aktiekapital", Amount: sek(-50000_00)},
		{Account: "2641", Name: "Debiterad ingående moms", Amount: sek(2_00)},
		{Account: "3001", Name: "Försäljning", Amount: sek(-100_00)},
		{Account: "6040", Name: "Kontokortsavgifter", Amount: sek(8_00)},
	}, file.Balances(0))
	require.Equal(t, []sie.Balance{
		{Account: "1930", Name: "Företagskonto", Amount: sek(50000_00)},
		{Account: "2081", Name: "Aktiekapital", Amount: sek(-50000_00)},
	}, file.Balances(-1))
	require.Empty(t, file.Balances(-2))
	require.Empty(t, readFile(t, "import.si").Balances(0), "an import states no balances")
}

// The example was computed outside: hash and checksum are not ours.
func TestAnImportWithChecksumIsRead(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("testdata", "import.si"))
	require.NoError(t, err)
	sum := sha256.Sum256(raw)
	require.Equal(t, "a2743902121f0fe53101b7842845f5f37fe845726c52ba1796470a57a7ec08b0", hex.EncodeToString(sum[:]))
	require.Contains(t, string(raw), "#KSUMMA 1957336359\r\n")

	file := readFile(t, "import.si")
	require.Equal(t, sie.Import, file.Type)
	require.Empty(t, file.Warnings)
	require.Len(t, file.Vouchers, 2)
	require.Equal(t, `Order 1001 "Röd stol"`, file.Vouchers[0].Text)
	require.Empty(t, file.Vouchers[0].Number)
	require.Equal(t, ledger.Account("3001"), file.Vouchers[0].Rows[1].Account)
	require.Equal(t, sek(-80_00), file.Vouchers[0].Rows[1].Amount)
	require.Equal(t, "Fordringar för kontokort och kuponger", file.Accounts[0].Name)
}

func TestEachCharacterSetGivesTheSameText(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ text, warning string }{
		"utf8.si":      {"Försäljning på nätet", "the file is in UTF-8 instead of code page 437"},
		"utf8-mark.si": {"Försäljning på nätet", "the file is in UTF-8 instead of code page 437"},
		"latin1.si":    {"Försäljning på nätet", "the file is in ISO 8859-1 instead of code page 437"},
		"mixed.si":     {"Försäljning pσ nätet", "the file mixes code page 437 and ISO 8859-1, some letters are misread"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := readFile(t, name)
			require.Equal(t, "Exempelbutiken Åsön AB", file.CompanyName)
			require.Equal(t, c.text, file.Vouchers[0].Text)
			require.Equal(t, []string{c.warning}, file.Warnings)
		})
	}
}

func TestHabitsOutsideTheStandardAreReadAndRemarked(t *testing.T) {
	t.Parallel()
	file := readFile(t, "habits.si")
	require.True(t, file.Imported)
	require.Equal(t, "Exempelbutiken AB", file.CompanyName)
	require.Equal(t, []sie.Year{{Index: 0}}, file.Years)
	require.Equal(t, []sie.Account{{Number: "1910", Name: "Kassa"}, {Number: "3001", Name: "Intäkt"}}, file.Accounts)
	require.Equal(t, []sie.Row{
		{
			Account: "1910", Amount: sek(80_50), Date: day(t, "2026-03-16"), Text: `Dag C:\1`,
			Quantity: decimal.RequireFromString("2.5"),
		},
		{Account: "3001", Amount: sek(-80_50), Date: day(t, "2026-03-17")},
		{Account: "3740", Amount: sek(0), Date: day(t, "2026-03-17")},
	}, file.Vouchers[0].Rows)
	require.Empty(t, file.Vouchers[1].Rows)
	require.Equal(t, []string{
		"line 7: a control character stands for a space",
		"line 9: #FNR is skipped, a quote is not closed",
		"line 11: #RAR has no dates",
		"line 12: #VALUTA is empty, the amounts are taken to be in SEK",
		"line 13: #KTYP comes before its #KONTO",
		"line 15: #KONTO declares an account again, its first name is kept",
		"line 17: #KTYP is none of T, S, K and I",
		`line 18: an unknown record is skipped: "#KASSASYSTEM" (2 times)`,
		"line 21: #TRANS amount has a plus sign",
		"line 21: #TRANS quantity has a decimal comma",
		"line 22: #TRANS amount has more decimals than two",
		"line 24: #TRANS account is not declared by #KONTO",
		"line 26: #VER number does not rise within its series",
	}, file.Warnings)
}

func TestAReaderThatFailsIsNoFaultOfTheFile(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	_, err := sie.Read(iotest.ErrReader(broken))
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "reading a SIE file")
}

func TestWhatIsMissingIsRemarked(t *testing.T) {
	t.Parallel()
	file, err := sie.Read(strings.NewReader("#FLAGGA 0\n#SIETYP 4\n#FORMAT UTF8\n#IB 0 1930 5\n#IB 0 2081 -4\n#UB 0 1930 5\n#UB 0 2081 -4\n"))
	require.NoError(t, err)
	require.Equal(t, []string{
		"line 3: #FORMAT is not PC8", "#PROGRAM is missing", "#GEN is missing", "#FNAMN is missing",
		"#RAR is missing", "#KONTO is missing", "the opening balances do not add up to 0",
	}, file.Warnings)
}
