package sie_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/sie"
	"github.com/kvitt/kvitt/core/fault"
)

const head = "#FLAGGA 0\n#SIETYP 4\n"

func rows(lines ...string) string {
	return head + "#VER A 1 20260317\n{\n" + strings.Join(lines, "\n") + "\n}\n"
}

func TestAFileThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		text  string
		code  fault.Code
		field string
	}{
		"nothing":                     {"", sie.CodeNotSIE, ""},
		"empty lines":                 {"\r\n \t\r\n", sie.CodeNotSIE, ""},
		"another format":              {"date;amount\n2026-03-17;5\n", sie.CodeNotSIE, "line 1"},
		"a label before the flag":     {"\n#SIETYP 4\n#FLAGGA 0\n", sie.CodeNotSIE, "line 2"},
		"no type":                     {"#FLAGGA 0\n", sie.CodeWrongType, "#SIETYP"},
		"type 1":                      {"#FLAGGA 0\n#SIETYP 1\n", sie.CodeWrongType, "line 2 #SIETYP type"},
		"a line that is no record":    {head + "and so on\n", sie.CodeRecord, "line 3"},
		"a quote that is not closed":  {head + "#FNAMN \"Exempel\n", sie.CodeRecord, "line 3 #FNAMN"},
		"a list that is not closed":   {rows("#TRANS 1930 {1 \"Nord\" 5.00"), sie.CodeRecord, "line 5 #TRANS"},
		"a row without its list":      {rows("#TRANS 1930 5.00"), sie.CodeRecord, "line 5 #TRANS objects"},
		"a row without anything":      {rows("#TRANS"), sie.CodeAccount, "line 5 #TRANS account"},
		"a row outside a voucher":     {head + "#TRANS 1930 {} 5.00\n", sie.CodeRecord, "line 3 #TRANS"},
		"a row before the brace":      {head + "#VER A 1 20260317\n#TRANS 1930 {} 0\n", sie.CodeRecord, "line 4 #TRANS"},
		"a brace without voucher":     {head + "}\n", sie.CodeRecord, "line 3 }"},
		"two opening braces":          {head + "#VER A 1 20260317\n{\n{\n", sie.CodeRecord, "line 5 {"},
		"braces on one line":          {head + "#VER A 1 20260317\n{ }\n", sie.CodeRecord, "line 4 {"},
		"a voucher within another":    {head + "#VER A 1 20260317\n{\n#VER A 2 20260317\n", sie.CodeRecord, "line 5 #VER"},
		"an account in a voucher":     {rows("#KONTO 1930 Bank"), sie.CodeRecord, "line 5 #KONTO"},
		"a voucher without a date":    {head + "#VER A 1\n", sie.CodeDate, "line 3 #VER date"},
		"the 30th of February":        {head + "#VER A 1 20260230\n", sie.CodeDate, "line 3 #VER date"},
		"a date with dashes":          {head + "#VER A 1 2026-03-17\n", sie.CodeDate, "line 3 #VER date"},
		"a date of six digits":        {head + "#VER A 1 20260317 \"\" 260317\n", sie.CodeDate, "line 3 #VER registration date"},
		"a year that ends too early":  {head + "#RAR 0 20260101 20251231\n", sie.CodeDate, "line 3 #RAR end"},
		"a year told twice":           {head + "#RAR 0 20260101 20261231\n#RAR 0 20260101 20261231\n", sie.CodeRecord, "line 4 #RAR year"},
		"a year that is a name":       {head + "#RAR now 20260101 20261231\n", sie.CodeRecord, "line 3 #RAR year"},
		"an account that is a name":   {head + "#KONTO Bank 1930\n", sie.CodeAccount, "line 3 #KONTO account"},
		"an amount that is a word":    {rows("#TRANS 1930 {} five"), sie.CodeAmount, "line 5 #TRANS amount"},
		"no amount":                   {rows("#TRANS 1930 {}"), sie.CodeAmount, "line 5 #TRANS amount"},
		"a third decimal":             {rows("#TRANS 1930 {} 1.005"), sie.CodeAmount, "line 5 #TRANS amount"},
		"a comma that parts thousand": {rows("#TRANS 1930 {} 1,000"), sie.CodeAmount, "line 5 #TRANS amount"},
		"an exponent":                 {rows("#TRANS 1930 {} 1e3"), sie.CodeAmount, "line 5 #TRANS amount"},
		"an amount beyond 64 bits":    {rows("#TRANS 1930 {} 92233720368547758.08"), sie.CodeAmount, "line 5 #TRANS amount"},
		"a sum beyond 64 bits": {
			rows("#TRANS 1930 {} 92233720368547758.07", "#TRANS 1910 {} 0.01"), sie.CodeAmount, "line 6 #TRANS amount",
		},
		"a quantity that is a word":  {rows("#TRANS 1930 {} 5 \"\" \"\" many"), sie.CodeAmount, "line 5 #TRANS quantity"},
		"half yen":                   {"#FLAGGA 0\n#SIETYP 4\n#VALUTA JPY\n#IB 0 1930 0.5\n", sie.CodeAmount, "line 4 #IB amount"},
		"an unknown currency":        {head + "#VALUTA KRONOR\n", sie.CodeCurrency, "line 3 #VALUTA code"},
		"a currency after amounts":   {head + "#IB 0 1930 5\n#VALUTA EUR\n", sie.CodeCurrency, "line 4 #VALUTA code"},
		"a balance told twice":       {head + "#IB 0 1930 5\n#IB 0 1930 5\n", sie.CodeRecord, "line 4 #IB account"},
		"a voucher off by one öre":   {rows("#TRANS 1930 {} 5.00", "#TRANS 1910 {} -4.99"), sie.CodeUnbalanced, "line 3 #VER"},
		"added rows without a twin":  {rows("#RTRANS 1930 {} 5", "#RTRANS 1910 {} -5"), sie.CodeUnpairedRow, "line 6 #RTRANS"},
		"an added row at the end":    {rows("#RTRANS 1930 {} 5"), sie.CodeUnpairedRow, "line 6 }"},
		"an added row and no twin":   {rows("#RTRANS 1930 {} 5", "#TRANS 1930 {} 6"), sie.CodeUnpairedRow, "line 6 #TRANS"},
		"a voucher that is cut off":  {head + "#VER A 1 20260317\n{\n#TRANS 1930 {} 5.00\n", sie.CodeTruncated, "line 3 #VER"},
		"a checksum that is cut off": {"#FLAGGA 0\n#KSUMMA\n#SIETYP 4\n", sie.CodeTruncated, "line 3 #SIETYP"},
		"a checksum from nowhere":    {head + "#KSUMMA 5\n", sie.CodeChecksum, "line 3 #KSUMMA"},
		"a checksum that is no number": {
			"#FLAGGA 0\n#KSUMMA\n#SIETYP 4\n#KSUMMA\n", sie.CodeChecksum, "line 4 #KSUMMA number",
		},
		"vouchers that miss the closing balance": {
			head + "#IB 0 1930 5\n#UB 0 1930 7\n", sie.CodeBalance, "account 1930",
		},
		"vouchers that miss the result": {
			rows("#TRANS 1930 {} 5", "#TRANS 3001 {} -5") + "#UB 0 1930 5\n#RES 0 3001 -6\n", sie.CodeBalance, "account 3001",
		},
		"an account that moved and has no balance": {
			rows("#TRANS 1930 {} 5", "#TRANS 3001 {} -5") + "#RES 0 3001 -5\n", sie.CodeBalance, "account 1930",
		},
		"an account with balance and result": {
			rows("#TRANS 1930 {} 5", "#TRANS 3001 {} -5") + "#UB 0 1930 5\n#RES 0 1930 5\n", sie.CodeBalance, "account 1930",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := sie.Read(strings.NewReader(c.text))
			require.Equal(t, c.code, fault.CodeOf(err), "%v", err)
			require.Equal(t, c.field, fault.Of(err).Field)
			require.Equal(t, fault.Validation, fault.ClassOf(err))
			require.Equal(t, sie.File{}, file, "nothing is half-read")
		})
	}
}

func TestAFileChangedAfterItsChecksumIsRefused(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("testdata", "import.si"))
	require.NoError(t, err)
	cases := map[string]struct {
		old, new string
		code     fault.Code
	}{
		"another account":         {"#TRANS 1930 {} 90.00", "#TRANS 1940 {} 90.00", sie.CodeChecksum},
		"another text":            {"Order 1001\"", "Order 1002\"", sie.CodeChecksum},
		"another label":           {"#KPTYP", "#KPTYQ", sie.CodeChecksum},
		"a record after the end":  {"1957336359\r\n", "1957336359\r\n#PROSA \"\"\r\n", sie.CodeChecksum},
		"the end is missing":      {"#KSUMMA 1957336359\r\n", "", sie.CodeTruncated},
		"other blanks and quotes": {"#KONTO 1930 \"Företagskonto\"", "#KONTO \t\"1930\"  Företagskonto", ""},
		"other line ends":         {"\r\n", "\n", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from := strings.ReplaceAll(c.old, "ö", "\x94")
			to := strings.ReplaceAll(c.new, "ö", "\x94")
			require.Contains(t, string(raw), from)
			_, err := sie.Read(strings.NewReader(strings.ReplaceAll(string(raw), from, to)))
			require.Equal(t, c.code, fault.CodeOf(err), "%v", err)
		})
	}
}

func TestAFileWithoutEndIsRefusedBeforeItFillsTheMemory(t *testing.T) {
	t.Parallel()
	endless := io.MultiReader(strings.NewReader(head), repeat("#PROSA \"\"\n"))
	_, err := sie.Read(endless)
	require.Equal(t, sie.CodeTooLarge, fault.CodeOf(err))
}

// repeat reads the same text for ever.
type repeat string

func (r repeat) Read(p []byte) (int, error) {
	return copy(p, bytes.Repeat([]byte(r), len(p)/len(r)+1)), nil
}

func TestNoFaultRepeatsATextOfTheFile(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"#VER A 1 Astrid", "#KONTO Astrid", "#RAR Astrid", "#VALUTA Astrid", "#TRANS 1930 {} Astrid", "#SIETYP Astrid", "Astrid",
		"#FNAMN \"Astrid", "#TRANS Astrid {} 5", "#KSUMMA Astrid",
	} {
		_, err := sie.Read(strings.NewReader(head + "#VER A 1 20260317\n{\n" + line + "\n}\n"))
		require.Error(t, err)
		require.NotContains(t, err.Error(), "strid")
	}
}
