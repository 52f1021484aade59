package tax

import (
	"bytes"
	_ "embed" // for the standard table
	"encoding/json"
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

// CodeTable is the fault of bytes that are not a table of VAT rates.
const CodeTable fault.Code = "tax.table_invalid"

//go:embed rates.json
var standardTable []byte

// StandardTable gives the table that kvitt is shipped with: the EU, Norway, the
// United Kingdom, Switzerland, Liechtenstein and Iceland.
func StandardTable() Table {
	table, err := ParseTable(standardTable)
	if err != nil {
		panic(err) // the bytes are part of the program and its tests read them
	}
	return table
}

// The form of a table in JSON. Rates are texts, for a JSON number would pass
// through a float in many programs that write such files.
type (
	tableFile struct {
		Source     string            `json:"source"`
		AsOf       string            `json:"as_of"`
		Thresholds thresholdsFile    `json:"thresholds"`
		SameAs     map[string]string `json:"same_as"`
		Countries  []countryFile     `json:"countries"`
	}
	thresholdsFile struct {
		Source string   `json:"source"`
		Limits []string `json:"limits"`
	}
	countryFile struct {
		Country  string     `json:"country"`
		Currency string     `json:"currency"`
		Rates    []rateFile `json:"rates"`
	}
	rateFile struct {
		Category string `json:"category"`
		Rate     string `json:"rate"`
		From     string `json:"from"`
		To       string `json:"to"`
	}
)

var categoryForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// ParseTable reads a table of VAT rates in the JSON form of the standard one. It
// refuses, with CodeTable and the path of the value, whatever it would have to
// guess at: fields it does not know, codes and rates that are none, two rates for
// one category on one day, a country without a standard rate.
func ParseTable(data []byte) (Table, error) {
	file, err := decodeTable(data)
	if err != nil {
		return Table{}, err
	}
	if file.Source == "" {
		return Table{}, refuse("source", "", "a table says where its rates come from")
	}
	table := Table{source: file.Source, thresholdSource: file.Thresholds.Source, sameAs: file.SameAs, countries: map[string]countryRates{}}
	if table.asOf, err = civil.Parse(file.AsOf); err != nil {
		return Table{}, refuse("as_of", file.AsOf, "it is not a date written YYYY-MM-DD")
	}
	if table.limits, err = file.Thresholds.read(); err != nil {
		return Table{}, err
	}
	if len(file.Countries) == 0 {
		return Table{}, refuse("countries", "", "a table has one country at least")
	}
	for i, country := range file.Countries {
		if err := table.add(country, "countries["+strconv.Itoa(i)+"]"); err != nil {
			return Table{}, err
		}
	}
	if err := table.checkSameAs(); err != nil {
		return Table{}, err
	}
	return table, nil
}

// unknownField begins the message of encoding/json, which has no type for it.
const unknownField = "json: unknown field "

func decodeTable(data []byte) (tableFile, error) {
	var file tableFile
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&file)
	var wrongType *json.UnmarshalTypeError
	switch {
	case err != nil && strings.HasPrefix(err.Error(), unknownField):
		return file, refuse(strings.Trim(strings.TrimPrefix(err.Error(), unknownField), `"`), "", "a table has no such field")
	case errors.As(err, &wrongType):
		return file, refuse(wrongType.Field, wrongType.Value, "it is not of the type "+wrongType.Type.String())
	case err != nil:
		return file, fault.Invalid(CodeTable, orTable(""), "it is not a table in JSON").Wrap(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return file, fault.Invalid(CodeTable, orTable(""), "something follows the table, at byte "+strconv.FormatInt(decoder.InputOffset(), 10))
	}
	return file, nil
}

func (t Table) add(file countryFile, path string) error {
	if knownCountry("", file.Country) != nil {
		return refuse(path+".country", file.Country, "it is not a country code of ISO 3166")
	}
	if _, twice := t.countries[file.Country]; twice {
		return refuse(path+".country", file.Country, "the country stands twice in the table")
	}
	currency, err := money.ParseCurrency(file.Currency)
	if err != nil || string(currency) != file.Currency {
		return refuse(path+".currency", file.Currency, "it is not a currency code of ISO 4217")
	}
	entry := countryRates{currency: currency}
	for i, rate := range file.Rates {
		dated, err := rate.read(path + ".rates[" + strconv.Itoa(i) + "]")
		if err != nil {
			return err
		}
		entry.rates = append(entry.rates, dated)
	}
	if !slices.ContainsFunc(entry.rates, func(d datedRate) bool { return d.category == Standard }) {
		return refuse(path+".rates", file.Country, "the country has no rate of the category "+Standard)
	}
	t.countries[file.Country] = entry
	return checkOverlaps(entry.rates, path)
}

func (f rateFile) read(path string) (datedRate, error) {
	dated := datedRate{category: f.Category}
	if !categoryForm.MatchString(f.Category) {
		return dated, refuse(path+".category", f.Category, "a category is written in small letters, digits and underscores")
	}
	var err error
	if dated.rate, err = ParseRate(f.Rate); err != nil {
		return dated, refuse(path+".rate", f.Rate, "it is not a percentage from 0 to 100 with at most two decimals")
	}
	if dated.from, err = optionalDate(f.From); err != nil {
		return dated, refuse(path+".from", f.From, "it is not a date written YYYY-MM-DD")
	}
	if dated.to, err = optionalDate(f.To); err != nil {
		return dated, refuse(path+".to", f.To, "it is not a date written YYYY-MM-DD")
	}
	if !dated.to.IsZero() && dated.to.Before(dated.from) {
		return dated, refuse(path+".to", f.To, "it lies before from, "+f.From)
	}
	return dated, nil
}

// checkOverlaps refuses two rates of one category that share a day. Sorted by
// their first day, those without one first, only neighbours need to be compared.
func checkOverlaps(rates []datedRate, path string) error {
	order := make([]int, len(rates))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return rates[a].from.Compare(rates[b].from) })
	last := map[string]datedRate{}
	for _, i := range order {
		before, ok := last[rates[i].category]
		if ok && (before.to.IsZero() || !before.to.Before(rates[i].from)) {
			return refuse(path+".rates["+strconv.Itoa(i)+"]", rates[i].rate.String(), "its time overlaps with that of the rate "+before.rate.String()+" of the category "+before.category)
		}
		last[rates[i].category] = rates[i]
	}
	return nil
}

func (t Table) checkSameAs() error {
	for _, country := range slices.Sorted(maps.Keys(t.sameAs)) {
		other, path := t.sameAs[country], "same_as."+country
		if knownCountry("", country) != nil {
			return refuse(path, other, "the place is not a country code of ISO 3166")
		}
		if _, own := t.countries[country]; own {
			return refuse(path, other, "the country has rates of its own")
		}
		if _, ok := t.countries[other]; !ok {
			return refuse(path, other, "the table has no rates of that country")
		}
	}
	return nil
}

func (f thresholdsFile) read() (map[money.Currency]money.Amount, error) {
	if len(f.Limits) > 0 && f.Source == "" {
		return nil, refuse("thresholds.source", "", "a table says where its thresholds come from")
	}
	limits := map[money.Currency]money.Amount{}
	for i, text := range f.Limits {
		path := "thresholds.limits[" + strconv.Itoa(i) + "]"
		var limit money.Amount
		if err := limit.UnmarshalText([]byte(text)); err != nil || limit.Sign() <= 0 {
			return nil, refuse(path, text, "it is not an amount above zero, written like EUR 10000.00")
		}
		if _, twice := limits[limit.Currency()]; twice {
			return nil, refuse(path, text, "the currency has another threshold")
		}
		limits[limit.Currency()] = limit
	}
	return limits, nil
}

func optionalDate(text string) (civil.Date, error) {
	if text == "" {
		return civil.Date{}, nil
	}
	return civil.Parse(text)
}

func orTable(field string) string {
	if field == "" {
		return "table"
	}
	return field
}

func refuse(field, value, reason string) error {
	if value != "" {
		reason = strconv.Quote(value) + ": " + reason
	}
	return fault.Invalid(CodeTable, orTable(field), reason).
		WithRemedy("Correct the value in the table of VAT rates")
}
