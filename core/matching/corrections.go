package matching

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payout"
)

// CodeCorrections: the file of corrections cannot be read at all.
const CodeCorrections fault.Code = "match.corrections_invalid"

// Limits of a file of corrections.
const (
	MaxCorrectionBytes = 1 << 20
	MaxCorrections     = 5000
	// MaxCorrectionField is the longest value in bytes.
	MaxCorrectionField = 200
)

// Correction is what a person says about one line: the right value of one of its
// references, or the document that it settles.
type Correction struct {
	// Row is where it stands in the file; the header is in row 1.
	Row int
	// Payout is the provider's reference of the payout, Line the key of the line.
	Payout string
	Line   string
	// Reference and Value are set, or Document is.
	Reference payout.Reference
	Value     string
	Document  string
}

// Mistake is a row that cannot be used. Field is the name of a column, or empty if
// the row as a whole is wrong.
type Mistake struct {
	Row    int    `json:"row"`
	Field  string `json:"field,omitempty"`
	Value  string `json:"value,omitempty"`
	Reason string `json:"reason"`
}

// The columns of the two kinds of file.
const (
	columnPayout    = "payout"
	columnLine      = "line"
	columnReference = "reference"
	columnValue     = "value"
	columnDocument  = "document"
)

// ParseCorrections reads a CSV file in UTF-8, separated by commas or semicolons,
// whose header names the columns payout, line, reference and value, or payout, line
// and document, in any order. Empty rows are passed over. Every mistake of every
// row is reported; a caller that finds any must use none of the corrections. The
// error is CodeCorrections if the file as a whole cannot be read, or that of r.
func ParseCorrections(r io.Reader) ([]Correction, []Mistake, error) {
	content, err := io.ReadAll(io.LimitReader(r, MaxCorrectionBytes+1))
	if err != nil {
		return nil, nil, err
	}
	if len(content) > MaxCorrectionBytes {
		return nil, nil, unreadable("", "the file is larger than "+strconv.Itoa(MaxCorrectionBytes)+" bytes")
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	s := sheet{rows: csv.NewReader(bytes.NewReader(content)), first: map[Correction]int{}}
	header, _, _ := bytes.Cut(content, []byte("\n"))
	if bytes.ContainsRune(header, ';') {
		s.rows.Comma = ';'
	}
	s.rows.FieldsPerRecord = -1 // a row of another length is a mistake, not the end
	if err := s.readHeader(); err != nil {
		return nil, nil, err
	}
	if err := s.readRows(); err != nil {
		return nil, nil, err
	}
	return s.corrections, s.mistakes, nil
}

// sheet is a file that is being read.
type sheet struct {
	rows        *csv.Reader
	columns     []string
	corrections []Correction
	mistakes    []Mistake
	// first tells where a correction of the same thing stands; its keys have no
	// values.
	first map[Correction]int
}

func (s *sheet) readHeader() error {
	header, err := s.rows.Read()
	if err != nil {
		return unreadable("", "the file has no header")
	}
	for _, name := range header {
		s.columns = append(s.columns, strings.ToLower(strings.TrimSpace(name)))
	}
	got := slices.Sorted(slices.Values(s.columns))
	for _, want := range [][]string{
		{columnLine, columnPayout, columnReference, columnValue},
		{columnDocument, columnLine, columnPayout},
	} {
		if slices.Equal(got, want) {
			return nil
		}
	}
	return unreadable("header", "the columns are neither payout, line, reference, value nor payout, line, document")
}

func (s *sheet) readRows() error {
	for count := 0; ; count++ {
		fields, err := s.rows.Read()
		var malformed *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case count == MaxCorrections:
			return unreadable("", "the file has more than "+strconv.Itoa(MaxCorrections)+" rows")
		case errors.As(err, &malformed):
			s.mistakes = append(s.mistakes, Mistake{Row: malformed.StartLine, Reason: "the quotation marks of the row do not fit"})
			continue
		case err != nil:
			return err
		}
		row, _ := s.rows.FieldPos(0)
		s.readRow(row, fields)
	}
}

// readRow adds the correction of a row, or its mistakes.
func (s *sheet) readRow(row int, fields []string) {
	empty := true
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
		empty = empty && fields[i] == ""
	}
	if empty {
		return
	}
	if len(fields) != len(s.columns) {
		s.mistakes = append(s.mistakes, Mistake{
			Row: row, Reason: "the row has " + strconv.Itoa(len(fields)) + " columns, the header has " + strconv.Itoa(len(s.columns)),
		})
		return
	}
	correction, before := Correction{Row: row}, len(s.mistakes)
	for i, column := range s.columns {
		if reason := faulty(column, fields[i]); reason != "" {
			s.mistakes = append(s.mistakes, Mistake{Row: row, Field: column, Value: shown(fields[i]), Reason: reason})
		}
		correction.set(column, fields[i])
	}
	if len(s.mistakes) > before {
		return
	}
	about := Correction{Payout: correction.Payout, Line: correction.Line, Reference: correction.Reference}
	if first, twice := s.first[about]; twice {
		s.mistakes = append(s.mistakes, Mistake{Row: row, Field: columnLine, Value: correction.Line, Reason: "row " + strconv.Itoa(first) + " corrects the same"})
		return
	}
	s.first[about] = row
	s.corrections = append(s.corrections, correction)
}

func (c *Correction) set(column, text string) {
	switch column {
	case columnPayout:
		c.Payout = text
	case columnLine:
		c.Line = text
	case columnReference:
		c.Reference = payout.Reference(text)
	case columnValue:
		c.Value = text
	case columnDocument:
		c.Document = text
	}
}

// faulty says what is wrong with a field, or nothing.
func faulty(column, text string) string {
	switch {
	case text == "":
		return "a value is missing"
	case len(text) > MaxCorrectionField:
		return "the value is longer than " + strconv.Itoa(MaxCorrectionField) + " bytes"
	case !utf8.ValidString(text):
		return "the value is not UTF-8"
	case strings.ContainsFunc(text, unicode.IsControl):
		return "the value has a line break or another control character"
	case column == columnReference && !slices.Contains(payout.References(), payout.Reference(text)):
		return "there is no such reference of a line"
	}
	return ""
}

// shown is a value as a report can hold it.
func shown(text string) string {
	text = strings.ToValidUTF8(text, "\ufffd")
	if len(text) <= MaxCorrectionField {
		return text
	}
	return strings.ToValidUTF8(text[:MaxCorrectionField], "") + "…"
}

func unreadable(field, reason string) error {
	return fault.Invalid(CodeCorrections, field, reason).
		WithRemedy("save it as CSV in UTF-8 with the columns payout, line, reference, value or payout, line, document")
}
