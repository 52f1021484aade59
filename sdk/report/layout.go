package report

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
)

// Faults of reports.
const (
	// CodeUnreadable: the file is no report of the form expected.
	CodeUnreadable fault.Code = "report.unreadable"
	// CodeColumns: columns are missing, or stand there twice.
	CodeColumns fault.Code = "report.columns_missing"
	// CodeField: a field of a row makes no sense.
	CodeField fault.Code = "report.field_invalid"
)

// Column is a column that is read.
type Column struct {
	// Name is what the code of the connector calls it, and its usual heading.
	Name string
	// Aliases are other headings that it may have. Headings are compared without
	// regard to case and to space around them.
	Aliases []string
	// Optional columns may be missing; their fields are empty then.
	Optional bool
}

// Layout is what a report looks like.
type Layout struct {
	Columns []Column
	// Comma separates fields; 0 means whichever of comma, semicolon, tab and bar
	// separates the headings.
	Comma rune
	// Preamble says that other rows may stand above the headings. The headings are
	// the first row with all columns that are not optional.
	Preamble bool
	// Skip reports whether a row below the headings is none of the rows wanted, such
	// as a sum at the end. It may be nil.
	Skip func(fields []string) bool
	// Encoding is that of the file; the zero value finds it out.
	Encoding Encoding
}

// Rows reads a report. Columns that the layout does not name are passed over. Its
// errors are faults of class Validation.
func (l Layout) Rows(file []byte) ([]Row, error) {
	t, err := l.Encoding.decode(file)
	if err != nil {
		return nil, err
	}
	candidates := []rune{',', ';', '\t', '|'}
	if l.Comma != 0 {
		candidates = []rune{l.Comma}
	}
	var best *fault.Error
	fewest := len(l.Columns) + 1
	for _, comma := range candidates {
		rows, wrong, err := l.read(t, comma)
		if err == nil {
			return rows, nil
		}
		if wrong < fewest { // the separator that fits best tells best what is wrong
			best, fewest = err, wrong
		}
	}
	return nil, best
}

// read reads the report with one separator. If it fails, wrong is the number of
// columns that were not found.
func (l Layout) read(t text, comma rune) (rows []Row, wrong int, failed *fault.Error) {
	records := t.records(comma)
	head, wrong, failed := l.head(records)
	if failed != nil {
		return nil, wrong, failed
	}
	for {
		record, err := records.next()
		switch {
		case errors.Is(err, io.EOF):
			return rows, 0, nil
		case err != nil:
			return nil, 0, broken(err)
		case l.Skip != nil && l.Skip(record.fields):
			continue
		}
		row := Row{record: record, head: head, number: len(rows)}
		if err := row.fits(); err != nil {
			return nil, 0, err
		}
		rows = append(rows, row)
	}
}

// head finds the headings.
func (l Layout) head(records *records) (head, int, *fault.Error) {
	wrong, failed := len(l.Columns), fault.Invalid(CodeColumns, "", "the file has no row with headings").From(fault.Upstream)
	for {
		record, err := records.next()
		if errors.Is(err, io.EOF) {
			return head{}, wrong, failed
		}
		if err != nil {
			return head{}, wrong, broken(err)
		}
		found, missing, err := l.match(record.fields)
		if f := fault.Of(err); f == nil {
			return found, 0, nil
		} else if missing < wrong || !l.Preamble {
			wrong, failed = missing, f
		}
		if !l.Preamble {
			return head{}, wrong, failed
		}
	}
}

// match finds the columns among headings and counts those that are not there.
func (l Layout) match(headings []string) (head, int, error) {
	found := head{width: len(headings), at: map[string]int{}}
	var missing, twice []string
	for _, column := range l.Columns {
		names := append([]string{column.Name}, column.Aliases...)
		for i, heading := range headings {
			if !slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, strings.TrimSpace(heading)) }) {
				continue
			}
			if _, known := found.at[column.Name]; known {
				twice = append(twice, column.Name)
			}
			found.at[column.Name] = i
		}
		if _, known := found.at[column.Name]; !known && !column.Optional {
			missing = append(missing, column.Name)
		}
	}
	switch {
	case len(missing) > 0:
		return head{}, len(missing), columns("the report lacks the columns ", missing)
	case len(twice) > 0:
		return head{}, 0, columns("the report has more than one of the columns ", slices.Compact(twice))
	}
	return found, 0, nil
}

func columns(what string, names []string) error {
	return fault.Invalid(CodeColumns, strings.Join(names, ", "), what+strings.Join(names, ", ")).From(fault.Upstream).
		WithRemedy("let the provider's report have these columns")
}

// broken tells in which line a file is no CSV. It shows nothing of the line.
func broken(err error) *fault.Error {
	reason := "the file cannot be read as CSV"
	var at *csv.ParseError
	if errors.As(err, &at) {
		reason = "line " + strconv.Itoa(at.Line) + " cannot be read as CSV: " + at.Err.Error()
	}
	return fault.New(CodeUnreadable, fault.Validation, reason).From(fault.Upstream).
		WithRemedy("fetch the report again; do not open and save it with another program")
}
