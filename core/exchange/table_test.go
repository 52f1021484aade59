package exchange_test

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

// The rates are invented; the form is that of a central bank's download.
const april = `date,base,quote,rate
2026-04-20,EUR,SEK,11.4020
2026-04-17,EUR,SEK,11.3955
2026-04-17,USD,SEK,10.0100
2026-04-17,JPY,SEK,0.0702
`

func table(t require.TestingT, text string) exchange.Table {
	read, err := exchange.ParseTable(strings.NewReader(text))
	require.NoError(t, err)
	return read
}

func TestTheLastPublishedRateHoldsForSevenDays(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ from, to, day, value, on string }{
		"the day itself":                {"EUR", "SEK", "2026-04-17", "11.3955", "2026-04-17"},
		"a Sunday takes Friday's":       {"EUR", "SEK", "2026-04-19", "11.3955", "2026-04-17"},
		"Monday's own":                  {"EUR", "SEK", "2026-04-20", "11.4020", "2026-04-20"},
		"the seventh day after the end": {"EUR", "SEK", "2026-04-27", "11.4020", "2026-04-20"},
		"the eighth":                    {"EUR", "SEK", "2026-04-28", "", ""},
		"before the first":              {"EUR", "SEK", "2026-04-16", "", ""},
		"a pair that is not listed":     {"EUR", "USD", "2026-04-17", "", ""},
		// 1 / 0.0702 = 14.2450142450142450...
		"the other way round": {"SEK", "JPY", "2026-04-18", "14.2450142450142450", "2026-04-17"},
	}
	read := table(t, april)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := read.On(money.Currency(c.from), money.Currency(c.to), day(t, c.day))
			if c.value == "" {
				require.Equal(t, exchange.CodeRateMissing, fault.CodeOf(err))
				require.Contains(t, fault.Of(err).Reason, c.day)
				return
			}
			require.NoError(t, err)
			require.True(t, decimal.RequireFromString(c.value).Equal(got.Value), got.Value)
			require.Equal(t, c.on, got.On.String())
			require.Equal(t, exchange.CentralBank, got.Source)
			require.Equal(t, [2]money.Currency{money.Currency(c.from), money.Currency(c.to)}, [2]money.Currency{got.From, got.To})
		})
	}
}

func TestATableIsReadAsSpreadsheetsWriteIt(t *testing.T) {
	t.Parallel()
	read := table(t, "\xef\xbb\xbfdate,base,quote,rate\r\n\"2026-04-20\",eur,sek,\"11.4020\"\r\n")
	got, err := read.On("EUR", "SEK", day(t, "2026-04-20"))
	require.NoError(t, err)
	require.Equal(t, "11.402", got.Value.String())

	_, err = exchange.Table{}.On("EUR", "SEK", day(t, "2026-04-20"))
	require.Equal(t, exchange.CodeRateMissing, fault.CodeOf(err), "no table at all")
}

func TestAFaultOfATableNamesLineAndField(t *testing.T) {
	t.Parallel()
	const head = "date,base,quote,rate\n2026-04-17,EUR,SEK,11.3955\n"
	cases := map[string]struct{ text, field, reason string }{
		"nothing":             {"", "line 1", "the first line is not date,base,quote,rate"},
		"another header":      {"date,from,to,rate\n", "line 1", "the first line is not date,base,quote,rate"},
		"semicolons":          {"date;base;quote;rate\n", "line 1", "the first line is not date,base,quote,rate"},
		"a field too few":     {head + "2026-04-20,EUR,SEK\n", "line 3", "wrong number of fields"},
		"a quote left open":   {head + "2026-04-20,EUR,SEK,\"11\n", "line 3", "quote"},
		"no date":             {head + "20/4 2026,EUR,SEK,11.4\n", "line 3, date", "YYYY-MM-DD"},
		"no currency":         {head + "2026-04-20,EURO,SEK,11.4\n", "line 3, base", "ISO 4217"},
		"no other currency":   {head + "2026-04-20,EUR,SE,11.4\n", "line 3, quote", "ISO 4217"},
		"the same currency":   {head + "2026-04-20,EUR,EUR,1\n", "line 3, quote", "between two currencies"},
		"a decimal comma":     {head + "2026-04-20,EUR,SEK,\"11,4\"\n", "line 3, rate", "plain decimal"},
		"an exponent":         {head + "2026-04-20,EUR,SEK,1e9\n", "line 3, rate", "plain decimal"},
		"two points":          {head + "2026-04-20,EUR,SEK,1.1.4\n", "line 3, rate", "plain decimal"},
		"no rate":             {head + "2026-04-20,EUR,SEK,\n", "line 3, rate", "plain decimal"},
		"a rate of 0":         {head + "2026-04-20,EUR,SEK,0.00\n", "line 3, rate", "greater than 0"},
		"a negative rate":     {head + "2026-04-20,EUR,SEK,-1\n", "line 3, rate", "plain decimal"},
		"a day listed twice":  {head + "2026-04-17,EUR,SEK,11.40\n", "line 3, date", "line 2 lists EUR to SEK for 2026-04-17 already"},
		"digits without end":  {head + "2026-04-20,EUR,SEK," + strings.Repeat("1", 33) + "\n", "line 3, rate", "plain decimal"},
		"the line after CRLF": {"date,base,quote,rate\r\n\r\n2026-04-20,EUR,SEK,x\r\n", "line 3, rate", "plain decimal"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := exchange.ParseTable(strings.NewReader(c.text))
			require.Equal(t, exchange.CodeTable, fault.CodeOf(err))
			require.Equal(t, c.field, fault.Of(err).Field)
			require.Contains(t, fault.Of(err).Reason, c.reason)
		})
	}
}

func TestAReaderThatBreaksIsNoFaultOfTheTable(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	_, err := exchange.ParseTable(iotest.ErrReader(broken))
	require.ErrorIs(t, err, broken)
	require.Empty(t, fault.CodeOf(err))
}

func FuzzParseTable(f *testing.F) {
	f.Add(april)
	f.Add("date,base,quote,rate\n2026-04-20,EUR,SEK,\"11,4\"\n")
	f.Add("\xef\xbb\xbfdate,base,quote,rate\r\n2026-04-20,SEK,JPY,00.1\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		read, err := exchange.ParseTable(strings.NewReader(text))
		if err != nil {
			require.Equal(t, exchange.CodeTable, fault.CodeOf(err))
			require.Contains(t, fault.Of(err).Field, "line ")
			return
		}
		got, err := read.On("EUR", "SEK", day(t, "2026-04-20"))
		if err != nil {
			require.Contains(t, []fault.Code{exchange.CodeRateMissing, exchange.CodeRate}, fault.CodeOf(err))
			return
		}
		require.NoError(t, got.Validate())
		require.False(t, day(t, "2026-04-20").Before(got.On))
		require.False(t, got.On.Before(day(t, "2026-04-13")))
	})
}
