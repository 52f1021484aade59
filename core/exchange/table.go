package exchange

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

// CodeTable: a table of rates cannot be read. The field names line and column.
const CodeTable fault.Code = "currency.table_invalid"

// mostDaysBack is how long a published rate holds: over any row of holidays, and
// not so long that a table nobody loads any more goes unnoticed.
const mostDaysBack = 7

// inverseDecimals are kept of a rate that the table lists the other way round:
// the error on a billion major units is below their minor unit.
const inverseDecimals = 16

// Table holds the rates that a central bank published.
type Table struct {
	rates map[pair][]published // by date, oldest first
}

type pair struct{ from, to money.Currency }

type published struct {
	on    civil.Date
	value decimal.Decimal
}

// byteOrderMark is what spreadsheets put before UTF-8 text.
const byteOrderMark = "\xef\xbb\xbf"

func columns() []string { return []string{"date", "base", "quote", "rate"} }

// ParseTable reads comma-separated text with the header date,base,quote,rate. A
// row says that one unit of base cost rate units of quote on the date:
//
//	date,base,quote,rate
//	2026-04-20,EUR,SEK,11.4020
//
// Rows stand in any order. It refuses the table at the first value that makes no
// sense, and a pair that is listed twice for one day.
func ParseTable(r io.Reader) (Table, error) {
	text := bufio.NewReader(r)
	if mark, err := text.Peek(len(byteOrderMark)); err == nil && string(mark) == byteOrderMark {
		_, _ = text.Discard(len(byteOrderMark)) // what was peeked at can be discarded
	}
	rows := csv.NewReader(text)
	rows.ReuseRecord = true
	header, err := rows.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return Table{}, unreadable(err)
	}
	if !slices.Equal(header, columns()) {
		return Table{}, fault.Invalid(CodeTable, "line 1", "the first line is not "+strings.Join(columns(), ","))
	}
	reading := reading{rates: map[pair][]published{}, lines: map[listed]int{}}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return reading.table(), nil
		}
		if err != nil {
			return Table{}, unreadable(err)
		}
		line, _ := rows.FieldPos(0)
		if err := reading.take(row, line); err != nil {
			return Table{}, err
		}
	}
}

// reading is a table of which some rows have been read.
type reading struct {
	rates map[pair][]published
	lines map[listed]int
}

type listed struct {
	between pair
	on      civil.Date
}

func unreadable(err error) error {
	var wrong *csv.ParseError
	if errors.As(err, &wrong) {
		return fault.Invalid(CodeTable, fmt.Sprintf("line %d", wrong.Line), wrong.Err.Error())
	}
	return fmt.Errorf("reading a table of rates: %w", err)
}

func (t reading) take(row []string, line int) error {
	wrong := func(column int, err error) error {
		return fault.Invalid(CodeTable, fmt.Sprintf("line %d, %s", line, columns()[column]), fault.Of(err).Reason)
	}
	on, err := civil.Parse(row[0])
	if err != nil {
		return wrong(0, err)
	}
	base, err := money.ParseCurrency(row[1])
	if err != nil {
		return wrong(1, err)
	}
	quote, err := money.ParseCurrency(row[2])
	if err != nil {
		return wrong(2, err)
	}
	value, err := number(row[3])
	if err != nil {
		return wrong(3, err)
	}
	if err := (Rate{From: base, To: quote, Value: value}).Validate(); err != nil {
		column := 3
		if fault.Of(err).Field == "currency" {
			column = 2
		}
		return wrong(column, err)
	}
	between := pair{base, quote}
	if before, twice := t.lines[listed{between, on}]; twice {
		return fault.Invalid(CodeTable, fmt.Sprintf("line %d, date", line),
			fmt.Sprintf("line %d lists %s to %s for %s already", before, base, quote, on))
	}
	t.lines[listed{between, on}] = line
	t.rates[between] = append(t.rates[between], published{on, value})
	return nil
}

// number reads a plain decimal: no sign, exponent or separator of thousands.
func number(text string) (decimal.Decimal, error) {
	refused := fault.Invalid(CodeTable, "", fmt.Sprintf("%q is not a plain decimal number such as 11.4020", text))
	if len(text) > mostDigits || strings.Trim(text, "0123456789.") != "" {
		return decimal.Decimal{}, refused
	}
	value, err := decimal.NewFromString(text)
	if err != nil {
		return decimal.Decimal{}, refused
	}
	return value, nil
}

func (t reading) table() Table {
	for _, list := range t.rates {
		slices.SortFunc(list, func(a, b published) int { return a.on.Compare(b.on) })
	}
	return Table{rates: t.rates}
}

// On gives the rate that held on a day: the last one published on it or at most
// seven days before. Rate.On is the day of publication. A pair that the table
// lists only the other way round is inverted, to 16 decimals. A pair that it does
// not list is not derived from other pairs.
func (t Table) On(from, to money.Currency, day civil.Date) (Rate, error) {
	if found, ok := t.last(pair{from, to}, day); ok {
		return Rate{From: from, To: to, Value: found.value, Source: CentralBank, On: found.on}, nil
	}
	if found, ok := t.last(pair{to, from}, day); ok {
		inverse := decimal.NewFromInt(1).DivRound(found.value, inverseDecimals)
		rate := Rate{From: from, To: to, Value: inverse, Source: CentralBank, On: found.on}
		return rate, rate.Validate()
	}
	return Rate{}, missing(fmt.Sprintf("no rate from %s to %s was published within %d days before %s", from, to, mostDaysBack, day))
}

func (t Table) last(between pair, day civil.Date) (published, bool) {
	list := t.rates[between]
	at, exact := slices.BinarySearchFunc(list, day, func(p published, day civil.Date) int { return p.on.Compare(day) })
	if !exact {
		at--
	}
	if at < 0 || list[at].on.Before(day.AddDays(-mostDaysBack)) {
		return published{}, false
	}
	return list[at], true
}
