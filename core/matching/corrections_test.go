package matching_test

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
)

func TestCorrectionsOfReferencesAndDocuments(t *testing.T) {
	t.Parallel()
	references := []matching.Correction{
		{Row: 2, Payout: "P1", Line: "SALE/1", Reference: payout.MerchantReference1, Value: "#1001"},
		{Row: 3, Payout: "P1", Line: "SALE/1", Reference: payout.MerchantReference2, Value: "ÅÄÖ, 7"},
		{Row: 4, Payout: "P2", Line: "SALE/1", Reference: payout.MerchantReference1, Value: "1002"},
	}
	documents := []matching.Correction{
		{Row: 2, Payout: "P1", Line: "SALE/1", Document: "1001"},
		{Row: 4, Payout: "P1", Line: "SALE/2", Document: "1001"},
	}
	cases := map[string]struct {
		file string
		want []matching.Correction
	}{
		"references": {"payout,line,reference,value\nP1,SALE/1,merchant_reference1,#1001\nP1,SALE/1,merchant_reference2,\"ÅÄÖ, 7\"\nP2,SALE/1,merchant_reference1,1002\n", references},
		"as a spreadsheet saves it": {
			"\ufeff\"payout\";Line; REFERENCE ;value\r\nP1;SALE/1;merchant_reference1; #1001 \r\nP1;SALE/1;merchant_reference2;ÅÄÖ, 7\r\nP2;SALE/1;merchant_reference1;1002", references,
		},
		"columns in another order": {
			"value,line,payout,reference\n#1001,SALE/1,P1,merchant_reference1\n\"ÅÄÖ, 7\",SALE/1,P1,merchant_reference2\n1002,SALE/1,P2,merchant_reference1\n", references,
		},
		"documents, and an empty row": {"payout;line;document\nP1;SALE/1;1001\n;;\nP1;SALE/2;1001\n", documents},
		"a header alone":              {"payout,line,document\n", nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, mistakes, err := matching.ParseCorrections(strings.NewReader(c.file))
			require.NoError(t, err)
			require.Empty(t, mistakes)
			require.Equal(t, c.want, got)
		})
	}
}

func TestEveryMistakeOfEveryRowIsReported(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 101)
	rows := []string{
		"payout,line,reference,value",
		"P1,L1,merchant_reference1,1001",
		",L1,merchant_reference3,",
		"P1,L1,merchant_reference1,1002",
		"P1,L2,order_id",
		"P1,L3,order_id,\"two\nlines\"",
		"P1,L4,order_id,a\"b",
		"P1,L5,order_id," + long,
		"P1,L6,order_id,\xe5",
		"P1,L7,order_id,7",
		"P1,L8,order_id,\"open",
	}
	got, mistakes, err := matching.ParseCorrections(strings.NewReader(strings.Join(rows, "\n")))
	require.NoError(t, err)
	require.Equal(t, []matching.Correction{
		{Row: 2, Payout: "P1", Line: "L1", Reference: payout.MerchantReference1, Value: "1001"},
		{Row: 11, Payout: "P1", Line: "L7", Reference: payout.OrderID, Value: "7"},
	}, got)
	require.Equal(t, []matching.Mistake{
		{Row: 3, Field: "payout", Reason: "a value is missing"},
		{Row: 3, Field: "reference", Value: "merchant_reference3", Reason: "there is no such reference of a line"},
		{Row: 3, Field: "value", Reason: "a value is missing"},
		{Row: 4, Field: "line", Value: "L1", Reason: "row 2 corrects the same"},
		{Row: 5, Reason: "the row has 3 columns, the header has 4"},
		{Row: 6, Field: "value", Value: "two\nlines", Reason: "the value has a line break or another control character"},
		{Row: 8, Reason: "the quotation marks of the row do not fit"},
		{Row: 9, Field: "value", Value: strings.Repeat("é", 100) + "…", Reason: "the value is longer than 200 bytes"},
		{Row: 10, Field: "value", Value: "\ufffd", Reason: "the value is not UTF-8"},
		{Row: 12, Reason: "the quotation marks of the row do not fit"},
	}, mistakes)
}

func TestALineHasOneDocument(t *testing.T) {
	t.Parallel()
	_, mistakes, err := matching.ParseCorrections(strings.NewReader("payout,line,document\nP1,L1,1001\nP1,L1,1002\nP2,L1,1001\n"))
	require.NoError(t, err)
	require.Equal(t, []matching.Mistake{{Row: 3, Field: "line", Value: "L1", Reason: "row 2 corrects the same"}}, mistakes)
}

func TestFilesThatAreNoCorrections(t *testing.T) {
	t.Parallel()
	rows := func(n int) string {
		var file strings.Builder
		file.WriteString("payout,line,document\n")
		for i := range n {
			file.WriteString("P," + strconv.Itoa(i) + ",1\n")
		}
		return file.String()
	}
	cases := map[string]string{
		"empty":            "",
		"a mark alone":     "\ufeff",
		"other columns":    "payout,line,amount\nP,1,2\n",
		"a column missing": "payout,line,reference\n",
		"both kinds":       "payout,line,reference,value,document\n",
		"a column twice":   "payout,line,line,document\n",
		"no header":        "P1,L1,order_id,7\n",
		"other separators": "payout\tline\tdocument\n",
		"UTF-16":           "\xff\xfep\x00a\x00y\x00",
		"too large":        "payout,line,document\n" + strings.Repeat("\n", matching.MaxCorrectionBytes),
		"too many rows":    rows(matching.MaxCorrections + 1),
	}
	for name, file := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := matching.ParseCorrections(strings.NewReader(file))
			require.Equal(t, matching.CodeCorrections, fault.CodeOf(err))
			require.Equal(t, fault.Validation, fault.ClassOf(err))
			require.NotEmpty(t, fault.Of(err).Remedy)
		})
	}
	got, mistakes, err := matching.ParseCorrections(strings.NewReader(rows(matching.MaxCorrections)))
	require.NoError(t, err)
	require.Empty(t, mistakes)
	require.Len(t, got, matching.MaxCorrections)
}

func TestAFileThatBreaksOffIsAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection lost")
	_, _, err := matching.ParseCorrections(io.MultiReader(strings.NewReader("payout,line,document\n"), iotest.ErrReader(broken)))
	require.ErrorIs(t, err, broken)
}

func FuzzParseCorrections(f *testing.F) {
	for _, seed := range []string{
		"payout,line,reference,value\nP1,L1,merchant_reference1,1001\n",
		"\ufeffpayout;line;document\r\nP1;\"L;1\";1001\r\n;;\r\n",
		"payout,line,document\nP1,L1,\"a\nb\"\nP1,a\"b\n\"",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		got, mistakes, err := matching.ParseCorrections(bytes.NewReader(file))
		if err != nil {
			require.Equal(t, matching.CodeCorrections, fault.CodeOf(err))
			return
		}
		rows := bytes.Count(file, []byte("\n")) + 1
		for _, c := range got {
			require.True(t, c.Row > 1 && c.Row <= rows)
			require.NotEqual(t, c.Document == "", c.Value == "", "a value or a document")
			require.Equal(t, c.Reference == "", c.Value == "")
			require.True(t, c.Payout != "" && c.Line != "")
			for _, text := range []string{c.Payout, c.Line, c.Value, c.Document} {
				require.True(t, utf8.ValidString(text))
				require.LessOrEqual(t, len(text), matching.MaxCorrectionField)
			}
		}
		for _, m := range mistakes {
			require.True(t, m.Row > 1 && m.Row <= rows && m.Reason != "" && utf8.ValidString(m.Value))
		}
	})
}
