package report_test

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/amount"
	"github.com/kvitt/kvitt/sdk/report"
)

func layout() report.Layout {
	return report.Layout{Columns: []report.Column{
		{Name: "Order"}, {Name: "Amount", Aliases: []string{"Belopp"}}, {Name: "Note", Optional: true},
	}}
}

// orders are the orders of a report with their amounts.
func orders(t *testing.T, rows []report.Row) map[string]int64 {
	t.Helper()
	found := map[string]int64{}
	for _, row := range rows {
		a, err := row.Amount("Amount", amount.Format{Comma: true}, "SEK")
		require.NoError(t, err)
		found[row.Text("Order")] = a.Minor()
	}
	return found
}

func TestColumnsAreFoundByTheirNames(t *testing.T) {
	t.Parallel()
	want := map[string]int64{"A1": 1250, "Å2": -300}
	for name, file := range map[string]string{
		"semicolons":                   "Order;Amount\nA1;12,50\nÅ2;-3\n",
		"commas":                       "Order,Amount\nA1,\"12,50\"\nÅ2,-3",
		"tabs":                         "Order\tAmount\r\nA1\t12,50\r\nÅ2\t-3\r\n",
		"bars":                         "Order|Amount\nA1|12,50\nÅ2|-3\n",
		"another order, and more":      "New;Amount;Order\nx;12,50;A1\ny;-3;Å2\n",
		"another heading":              "ORDER ;belopp\nA1;12,50\nÅ2;-3\n",
		"a byte order mark":            "\xef\xbb\xbfOrder;Amount\nA1;12,50\nÅ2;-3\n",
		"everything quoted":            "\"Order\";\"Amount\"\n\"A1\";\"12,50\"\n\"Å2\";\"-3\"\n",
		"empty lines and empty fields": "Order;Amount\n\nA1;12,50;;\n;\nÅ2;-3;\n\n",
	} {
		rows, err := layout().Rows([]byte(file))
		require.NoError(t, err, name)
		require.Equal(t, want, orders(t, rows), name)
	}
}

func TestRowsMayStandAboveAndBelowTheOnesWanted(t *testing.T) {
	t.Parallel()
	l := layout()
	l.Preamble = true
	l.Skip = func(fields []string) bool { return fields[0] == "Sum" }
	rows, err := l.Rows([]byte("Report of Anna AB\nDay;2026-03-10\n\nOrder;Amount\nA1;12,50\nSum;12,50\n"))
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"A1": 1250}, orders(t, rows))
	require.Equal(t, 5, rows[0].Line())
}

func TestARowKnowsItsBytesInEveryEncoding(t *testing.T) {
	t.Parallel()
	const content = "Order;Amount;Note\r\n\r\nÅ1;12,50;\"Två\nrader €\"\r\nA2;1;ö\r\n"
	utf16le, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(content)
	require.NoError(t, err)
	utf16be, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(content)
	require.NoError(t, err)
	ansi, err := charmap.Windows1252.NewEncoder().String(content)
	require.NoError(t, err)
	decode16 := func(order func(a, b byte) uint16) func(string) string {
		return func(part string) string {
			var units []uint16
			for i := 0; i < len(part); i += 2 {
				units = append(units, order(part[i], part[i+1]))
			}
			return string(utf16.Decode(units))
		}
	}
	for name, c := range map[string]struct {
		file string
		read func(string) string
	}{
		"UTF-8":                       {content, func(s string) string { return s }},
		"UTF-8 with a mark":           {"\xef\xbb\xbf" + content, func(s string) string { return s }},
		"UTF-16, the low byte first":  {utf16le, decode16(func(a, b byte) uint16 { return uint16(b)<<8 | uint16(a) })},
		"UTF-16, the high byte first": {utf16be, decode16(func(a, b byte) uint16 { return uint16(a)<<8 | uint16(b) })},
		"Windows-1252": {ansi, func(s string) string {
			text, err := charmap.Windows1252.NewDecoder().String(s)
			require.NoError(t, err)
			return text
		}},
	} {
		rows, err := layout().Rows([]byte(c.file))
		require.NoError(t, err, name)
		require.Len(t, rows, 2, name)
		for i, want := range []string{"Å1;12,50;\"Två\nrader €\"", "A2;1;ö"} {
			raw := rows[i].Raw(ports.RawPage{SHA256: "abc"})
			require.Equal(t, "abc", raw.Page)
			require.Equal(t, want, c.read(c.file[raw.Offset:raw.Offset+raw.Length]), name)
		}
		require.Equal(t, []int{3, 5}, []int{rows[0].Line(), rows[1].Line()}, name)
		require.Equal(t, "Två\nrader €", rows[0].Text("Note"), name)
	}
}

func TestAReportThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	preamble := layout()
	preamble.Preamble = true
	utf16 := layout()
	utf16.Encoding = report.UTF16LE
	strict := layout()
	strict.Encoding = report.UTF8
	for name, c := range map[string]struct {
		layout report.Layout
		file   string
		code   fault.Code
		field  string
		reason string
	}{
		"nothing":                      {layout(), "", report.CodeColumns, "", "the file has no row with headings"},
		"a page of a portal":           {layout(), "<html>Anna</html>", report.CodeColumns, "Order, Amount", "the report lacks the columns Order, Amount"},
		"a column that is gone":        {layout(), "Order;Sum\nA1;12\n", report.CodeColumns, "Amount", "the report lacks the columns Amount"},
		"a column that is there twice": {layout(), "Order;Amount;Belopp\nA1;1;2\n", report.CodeColumns, "Amount", "the report has more than one of the columns Amount"},
		"no headings anywhere":         {preamble, "Order\nAmount\n", report.CodeColumns, "Amount", "the report lacks the columns Amount"},
		"fewer fields":                 {layout(), "Order;Amount\nA1;1\nAnna\n", report.CodeField, "rows[1]", "line 3 has 1 fields under 2 headings"},
		"more fields":                  {layout(), "Order;Amount\nA1;1;Anna\n", report.CodeField, "rows[0]", "line 2 has 3 fields under 2 headings"},
		"a quote that never ends":      {layout(), "Order;Amount\n\"Anna;1\n", report.CodeUnreadable, "", "line 2 cannot be read as CSV: extraneous or missing \" in quoted-field"},
		"half a character of UTF-16":   {utf16, "\xff\xfeO", report.CodeUnreadable, "", "the file has characters that its encoding does not know"},
		"no UTF-8":                     {strict, "Order;Amount\n\xe5;1\n", report.CodeUnreadable, "", "the file has characters that its encoding does not know"},
		"a byte that means nothing":    {layout(), "Order;Amount\n\xe5\x81;1\n", report.CodeUnreadable, "", "the file has characters that its encoding does not know"},
	} {
		_, err := c.layout.Rows([]byte(c.file))
		f := fault.Of(err)
		require.NotNil(t, f, name)
		require.Equal(t, c.code, f.Code, name)
		require.Equal(t, fault.Validation, f.Class, name)
		require.Equal(t, c.field, f.Field, name)
		require.Equal(t, c.reason, f.Reason, name)
		require.NotContains(t, err.Error(), "Anna", name)
	}
}

func TestAFieldThatMakesNoSenseIsNamed(t *testing.T) {
	t.Parallel()
	rows, err := layout().Rows([]byte("Order;Amount\nA1;1\nB2;1,005\n"))
	require.NoError(t, err)
	_, err = rows[1].Amount("Amount", amount.Swedish, "SEK")
	require.Equal(t, money.CodePrecision, fault.CodeOf(err))
	_, number := rows[1].Int("Amount")
	_, moment := rows[1].Time("Amount", time.DateOnly, time.UTC)
	for _, err := range []error{err, number, moment, rows[1].Invalid("Amount", "this is not settled yet")} {
		require.Equal(t, "rows[1].Amount", fault.Of(err).Field)
		require.Equal(t, fault.Upstream, fault.Of(err).Source)
	}
	require.Contains(t, fault.Of(number).Remedy, "line 3")
	n, err := rows[0].Int("Amount")
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	require.Empty(t, rows[0].Text("Note"), "an optional column that is missing")
	require.Empty(t, rows[0].Text("Typo"))
}

func TestMomentsAreInTheZoneOfTheProvider(t *testing.T) {
	t.Parallel()
	rows, err := report.Layout{Columns: []report.Column{{Name: "Booked"}}}.Rows([]byte("Booked\n2026-03-10 12:00\n"))
	require.NoError(t, err)
	stockholm := time.FixedZone("Stockholm", 3600)
	at, err := rows[0].Time("Booked", "2006-01-02 15:04", stockholm)
	require.NoError(t, err)
	require.Equal(t, "2026-03-10T11:00:00Z", at.UTC().Format(time.RFC3339))
}

func FuzzRows(f *testing.F) {
	for _, seed := range []string{
		"Order;Amount\nA1;12,50\n", "Order,Amount\r\n\"A\n1\",\"12,50\"\r\n", "\xff\xfeO\x00", "\xef\xbb\xbfOrder;Amount\n", "Order;Amount\n\xe5;1\n", "\"",
		"x\nOrder|Amount\n\n1|2|\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		l := layout()
		l.Preamble = true
		rows, err := l.Rows(file)
		if err != nil {
			require.Equal(t, fault.Validation, fault.ClassOf(err))
			return
		}
		end := int64(0)
		for _, row := range rows {
			raw := row.Raw(ports.RawPage{})
			require.GreaterOrEqual(t, raw.Offset, end)
			end = raw.Offset + raw.Length
			require.LessOrEqual(t, end, int64(len(file)))
			part := file[raw.Offset:end]
			if !utf8.Valid(file) || strings.Contains(string(part), "\x00") {
				continue
			}
			require.True(t, readsAs(string(part), row.Text("Order")), "%q is not in %q", row.Text("Order"), part)
		}
	})
}

// readsAs reports whether a part of a file, read by itself, has a field.
func readsAs(part, field string) bool {
	for _, comma := range ",;\t|" {
		reader := csv.NewReader(strings.NewReader(part))
		reader.Comma = comma
		fields, _ := reader.Read()
		for _, f := range fields {
			if strings.TrimSpace(f) == field {
				return true
			}
		}
	}
	return false
}
