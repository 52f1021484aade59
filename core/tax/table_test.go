package tax_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/tax"
)

func day(t require.TestingT, text string) civil.Date {
	d, err := civil.Parse(text)
	require.NoError(t, err)
	return d
}

func rates(t require.TestingT, texts ...string) []tax.Rate {
	var read []tax.Rate
	for _, text := range texts {
		read = append(read, rate(t, text))
	}
	return read
}

// sheetRow is a row of testdata/rates.md.
type sheetRow struct {
	country, standard, remark string
	reduced                   []string
}

func sheet(t *testing.T) []sheetRow {
	t.Helper()
	text, err := os.ReadFile("testdata/rates.md")
	require.NoError(t, err)
	var rows []sheetRow
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, " | ")
		if len(cells) != 6 || len(cells[0]) != len("| XX") {
			continue
		}
		row := sheetRow{country: strings.TrimPrefix(cells[0], "| "), standard: cells[3], remark: cells[5]}
		if cells[4] != "-" {
			row.reduced = strings.Split(cells[4], ", ")
		}
		rows = append(rows, row)
	}
	require.Len(t, rows, 31, "27 member states, NO, GB, CH and IS")
	return rows
}

func TestTheStandardTableIsTheSheets(t *testing.T) {
	t.Parallel()
	table, read := tax.StandardTable(), day(t, "2026-03-27")
	require.Equal(t, read, table.AsOf())
	require.Contains(t, table.Source(), "EC TEDB")
	require.Contains(t, table.ThresholdSource(), "2006/112/EC")
	countries := []string{"IM", "LI", "MC", "XI"}
	for _, row := range sheet(t) {
		countries = append(countries, row.country)
		require.Equal(t, !strings.HasPrefix(row.remark, "not EU"), tax.EU(row.country), row.country)

		got, err := table.Rate(row.country, tax.Standard, read)
		require.NoError(t, err)
		require.Equal(t, rate(t, row.standard), got, row.country)
		for i, category := range []string{tax.Reduced, tax.SecondReduced, tax.ThirdReduced} {
			got, err := table.Rate(row.country, category, read)
			if i >= len(row.reduced) {
				require.Equal(t, tax.CodeRateUnknown, fault.CodeOf(err), row.country)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, rate(t, row.reduced[i]), got, row.country)
		}
		all := append([]string{row.standard}, row.reduced...)
		if row.country == "SE" {
			all = append(all, "0") // exempt, the sheet's table of Sweden
		}
		require.Equal(t, rates(t, all...), table.Rates(row.country, read), row.country)
	}
	slices.Sort(countries)
	require.Equal(t, countries, table.Countries())
}

// The dated remarks of the sheet, its table of Sweden (4.1), and the places that
// share the rates of a country.
func TestRatesFollowTheDayOfSupply(t *testing.T) {
	t.Parallel()
	cases := []struct{ country, category, on, want string }{
		{"SE", "food", "2026-03-31", "12"},
		{"SE", "food", "2026-04-01", "6"},
		{"SE", "food", "2027-12-31", "6"},
		{"SE", "restaurant", "2026-04-01", "12"},
		{"SE", "hotel", "2026-04-01", "12"},
		{"SE", "books", "2026-03-31", "6"},
		{"SE", "passenger_transport", "2026-03-31", "6"},
		{"SE", "culture", "2026-03-31", "6"},
		{"SE", "dance_events", "2026-07-01", "6"},
		{"SE", "exempt", "2026-07-01", "0"},
		{"FI", "reduced", "2025-12-31", "14"},
		{"FI", "reduced", "2026-01-01", "13.5"},
		{"FI", "standard", "2026-01-01", "25.5"},
		{"EE", "standard", "2025-06-30", "22"},
		{"EE", "standard", "2025-07-01", "24"},
		{"RO", "standard", "2025-07-31", "19"},
		{"RO", "standard", "2025-08-01", "21"},
		{"SK", "standard", "2024-12-31", "20"},
		{"SK", "standard", "2025-01-01", "23"},
		{"LT", "reduced", "2025-12-31", "9"},
		{"LT", "reduced", "2026-01-01", "12"},
		{"MC", "standard", "2026-01-01", "20"},
		{"LI", "standard", "2026-01-01", "8.1"},
		{"IM", "standard", "2026-01-01", "20"},
		{"XI", "standard", "2026-01-01", "20"},
	}
	table := tax.StandardTable()
	for _, c := range cases {
		got, err := table.Rate(c.country, c.category, day(t, c.on))
		require.NoError(t, err)
		require.Equal(t, rate(t, c.want), got, "%s %s on %s", c.country, c.category, c.on)
		require.True(t, table.Valid(c.country, got, day(t, c.on)))
	}
	require.False(t, table.Valid("EE", tax.Percent(22), day(t, "2025-07-01")))
	require.False(t, table.Valid("DE", tax.Percent(25), day(t, "2026-03-27")), "a Swedish rate on a sale to Germany")
	require.False(t, table.Valid("DE", tax.Percent(0), day(t, "2026-03-27")))
	require.False(t, table.Valid("US", tax.Percent(0), day(t, "2026-03-27")))
	require.False(t, table.Valid("DE", tax.Percent(19), civil.Date{}))
}

func TestWhatTheTableDoesNotSayIsNotGuessed(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ country, category, on, field string }{
		"a country without rates":  {"US", "standard", "2026-01-01", "country"},
		"a category without rates": {"DE", "food", "2026-01-01", "category"},
		"after the last rate":      {"SE", "food", "2028-01-01", "date"},
		"before the first rate":    {"SE", "dance_events", "2026-06-30", "date"},
		"without a day":            {"SE", "standard", "", "date"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var on civil.Date
			require.NoError(t, on.UnmarshalText([]byte(c.on)))
			_, err := tax.StandardTable().Rate(c.country, c.category, on)
			require.Equal(t, tax.CodeRateUnknown, fault.CodeOf(err))
			require.Equal(t, c.field, fault.Of(err).Field)
			require.NotEmpty(t, fault.Of(err).Remedy)
		})
	}
	_, err := tax.Table{}.Rate("SE", tax.Standard, day(t, "2026-01-01"))
	require.Equal(t, tax.CodeRateUnknown, fault.CodeOf(err), "the zero table knows nothing")
}

func TestThresholdsOfCountries(t *testing.T) {
	t.Parallel()
	for country, want := range map[string]string{"SE": "SEK 99680.00", "FI": "EUR 10000.00", "MC": "EUR 10000.00", "BG": "EUR 10000.00"} {
		threshold, err := tax.StandardTable().Threshold(country)
		require.NoError(t, err)
		text, err := threshold.Limit.MarshalText()
		require.NoError(t, err)
		require.Equal(t, want, string(text), country)
	}
	for _, country := range []string{"PL", "NO", "US"} {
		_, err := tax.StandardTable().Threshold(country)
		require.Equal(t, tax.CodeThresholdUnknown, fault.CodeOf(err), country)
		require.Equal(t, "country", fault.Of(err).Field)
	}
}

func TestACountryWithTheEuroOutsideTheEUHasNoThreshold(t *testing.T) {
	t.Parallel()
	table, err := tax.ParseTable([]byte(tableJSON(`"countries":[`, `"countries":[{"country":"ME","currency":"EUR","rates":[{"category":"standard","rate":"21"}]},`)))
	require.NoError(t, err)
	_, err = table.Threshold("FR")
	require.NoError(t, err)
	_, err = table.Threshold("ME")
	require.Equal(t, tax.CodeThresholdUnknown, fault.CodeOf(err))
}

// tableJSON is a small table with the parts given in place of sound ones.
func tableJSON(replace ...string) string {
	const sound = `{"source":"test","as_of":"2026-03-27","thresholds":{"source":"test","limits":["EUR 10000.00"]},"same_as":{"MC":"FR"},` +
		`"countries":[{"country":"FR","currency":"EUR","rates":[{"category":"standard","rate":"20"},{"category":"reduced","rate":"10","from":"2026-01-01","to":"2026-12-31"}]}]}`
	return strings.NewReplacer(replace...).Replace(sound)
}

func TestParseTableRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ text, field, reason string }{
		"no JSON":                    {"rates", "table", "not a table in JSON"},
		"nothing":                    {"", "table", "not a table in JSON"},
		"something after the table":  {tableJSON() + "{}", "table", "follows"},
		"an unknown field":           {tableJSON(`"as_of"`, `"valid_from":"2026-01-01","as_of"`), "valid_from", "no such field"},
		"a rate that is a number":    {tableJSON(`"rate":"20"`, `"rate":20`), "countries.rates.rate", "number"},
		"no source":                  {tableJSON(`"source":"test","as_of"`, `"as_of"`), "source", "where"},
		"no day":                     {tableJSON(`2026-03-27`, ``), "as_of", "YYYY-MM-DD"},
		"no countries":               {`{"source":"test","as_of":"2026-03-27"}`, "countries", "one country"},
		"thresholds from nowhere":    {tableJSON(`"thresholds":{"source":"test",`, `"thresholds":{`), "thresholds.source", "where"},
		"a threshold of nothing":     {tableJSON(`EUR 10000.00`, `EUR 0`), "thresholds.limits[0]", `"EUR 0"`},
		"a threshold in no currency": {tableJSON(`EUR 10000.00`, `10000`), "thresholds.limits[0]", `"10000"`},
		"two thresholds":             {tableJSON(`["EUR 10000.00"]`, `["EUR 10000.00","EUR 9000.00"]`), "thresholds.limits[1]", `"EUR 9000.00"`},
		"a country that is none":     {tableJSON(`"FR","currency"`, `"QQ","currency"`), "countries[0].country", `"QQ"`},
		"a country twice":            {tableJSON(`"countries":[`, `"countries":[{"country":"FR","currency":"EUR","rates":[{"category":"standard","rate":"19"}]},`), "countries[1].country", `"FR"`},
		"a currency that is none":    {tableJSON(`"currency":"EUR"`, `"currency":"eur"`), "countries[0].currency", `"eur"`},
		"no standard rate":           {tableJSON(`"standard"`, `"other"`), "countries[0].rates", "standard"},
		"a category in capitals":     {tableJSON(`"reduced"`, `"Reduced"`), "countries[0].rates[1].category", `"Reduced"`},
		"no category":                {tableJSON(`"reduced"`, `""`), "countries[0].rates[1].category", "small letters"},
		"a rate that is none":        {tableJSON(`"rate":"10"`, `"rate":"10 %"`), "countries[0].rates[1].rate", `"10 %"`},
		"a first day that is none":   {tableJSON(`2026-01-01`, `2026-02-30`), "countries[0].rates[1].from", `"2026-02-30"`},
		"a last day that is none":    {tableJSON(`2026-12-31`, `2026`), "countries[0].rates[1].to", `"2026"`},
		"a last day before the first": {
			tableJSON(`2026-12-31`, `2025-12-31`), "countries[0].rates[1].to", `"2025-12-31"`,
		},
		"two rates on one day": {
			tableJSON(`{"category":"reduced"`, `{"category":"reduced","rate":"9","from":"2026-12-31"},{"category":"reduced"`), "countries[0].rates[1]", `"9": its time overlaps with that of the rate 10`,
		},
		"two rates without a last day": {
			tableJSON(`{"category":"standard"`, `{"category":"standard","rate":"21","from":"2026-01-01"},{"category":"standard"`), "countries[0].rates[0]", `"21": its time overlaps with that of the rate 20`,
		},
		"two rates without a first day": {
			tableJSON(`{"category":"standard"`, `{"category":"standard","rate":"21","to":"2026-01-01"},{"category":"standard"`), "countries[0].rates[1]", `"20": its time overlaps with that of the rate 21`,
		},
		"a place that is none":       {tableJSON(`"MC":"FR"`, `"M":"FR"`), "same_as.M", "ISO 3166"},
		"a place with its own rates": {tableJSON(`"MC":"FR"`, `"FR":"FR"`), "same_as.FR", "own"},
		"a place like no other":      {tableJSON(`"MC":"FR"`, `"MC":"IT"`), "same_as.MC", `"IT"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table, err := tax.ParseTable([]byte(c.text))
			require.Equal(t, tax.CodeTable, fault.CodeOf(err))
			require.Equal(t, c.field, fault.Of(err).Field)
			require.Contains(t, fault.Of(err).Reason, c.reason)
			require.Zero(t, table)
		})
	}
	_, err := tax.ParseTable([]byte(tableJSON()))
	require.NoError(t, err, "the table is sound before something is replaced")
}

// A category may change its rate any number of times, but has one rate a day.
// Which days are shared is counted here day by day.
func TestTwoRatesNeverShareADay(t *testing.T) {
	t.Parallel()
	first := day(t, "2026-01-01")
	rapid.Check(t, func(t *rapid.T) {
		type span struct{ from, to int }
		spans := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) span {
			from := rapid.IntRange(0, 40).Draw(t, "from")
			return span{from, from + rapid.IntRange(0, 8).Draw(t, "days")}
		}), 1, 5).Draw(t, "spans")

		var entries []string
		rateOn, shared := map[int]string{}, false
		for i, s := range spans {
			text := fmt.Sprint(i + 1)
			entries = append(entries, fmt.Sprintf(`{"category":"food","rate":%q,"from":%q,"to":%q}`, text, first.AddDays(s.from), first.AddDays(s.to)))
			for d := s.from; d <= s.to; d++ {
				shared = shared || rateOn[d] != ""
				rateOn[d] = text
			}
		}
		table, err := tax.ParseTable([]byte(tableJSON(`{"category":"standard"`, strings.Join(entries, ",")+`,{"category":"standard"`)))
		if shared {
			require.Equal(t, tax.CodeTable, fault.CodeOf(err))
			return
		}
		require.NoError(t, err)
		for d := range 50 {
			got, err := table.Rate("FR", "food", first.AddDays(d))
			if rateOn[d] == "" {
				require.Equal(t, tax.CodeRateUnknown, fault.CodeOf(err))
				continue
			}
			require.NoError(t, err)
			require.Equal(t, rateOn[d], got.String())
		}
	})
}

func FuzzParseTable(f *testing.F) {
	standard, err := os.ReadFile("rates.json")
	require.NoError(f, err)
	f.Add(standard)
	f.Add([]byte(tableJSON()))
	f.Add([]byte(tableJSON(`"20"`, `"100.00"`, `2026-01-01`, `0000-01-01`)))
	f.Add([]byte(`{"source":"x","as_of":"2026-03-27","countries":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := tax.ParseTable(data)
		if err != nil {
			require.Equal(t, tax.CodeTable, fault.CodeOf(err))
			require.NotEmpty(t, fault.Of(err).Field)
			require.Zero(t, table)
			return
		}
		require.True(t, json.Valid(data))
		require.NotEmpty(t, table.Countries())
		for _, country := range table.Countries() {
			standard, err := table.Rate(country, tax.Standard, table.AsOf())
			if err != nil {
				require.Equal(t, "date", fault.Of(err).Field, "every country has a standard rate on some day")
				continue
			}
			require.True(t, table.Valid(country, standard, table.AsOf()))
		}
	})
}
