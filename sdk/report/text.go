package report

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/kvitt/kvitt/core/fault"
)

// Encoding is how the characters of a file are written.
type Encoding int

// The encodings.
const (
	// Detect takes a byte order mark at its word. Without one a file is UTF-8, or
	// Windows-1252 if it cannot be UTF-8.
	Detect Encoding = iota
	UTF8
	UTF16LE
	UTF16BE
	Windows1252
)

// text is a file as UTF-8, which knows what each part of it took in the file.
type text struct {
	content string
	// start is where the content begins in the file, behind a byte order mark.
	start int64
	// size gives the bytes that a part of the content takes in the file.
	size func(part string) int64
}

// decode reads the characters of a file.
func (e Encoding) decode(file []byte) (text, error) {
	mark := 0
	for _, bom := range []struct {
		bytes string
		of    Encoding
	}{{"\xef\xbb\xbf", UTF8}, {"\xff\xfe", UTF16LE}, {"\xfe\xff", UTF16BE}} {
		if bytes.HasPrefix(file, []byte(bom.bytes)) && (e == Detect || e == bom.of) {
			mark, e = len(bom.bytes), bom.of
		}
	}
	if e == Detect {
		if e = UTF8; !utf8.Valid(file) {
			e = Windows1252
		}
	}
	t := text{start: int64(mark)}
	var decoder *encoding.Decoder
	switch e {
	case UTF16LE:
		t.size, decoder = inUTF16, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder()
	case UTF16BE:
		t.size, decoder = inUTF16, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder()
	case Windows1252:
		t.size, decoder = inRunes, charmap.Windows1252.NewDecoder()
	case Detect, UTF8:
		t.size, decoder = inBytes, encoding.Nop.NewDecoder()
	}
	content, err := decoder.Bytes(file[mark:])
	// A part that was replaced has lost its size, and its meaning.
	if err != nil || !utf8.Valid(content) || t.size(string(content)) != int64(len(file)-mark) ||
		bytes.ContainsRune(content, utf8.RuneError) && e != UTF8 {
		return text{}, fault.New(CodeUnreadable, fault.Validation, "the file has characters that its encoding does not know").From(fault.Upstream).
			WithRemedy("fetch the report again; do not open and save it with another program")
	}
	t.content = string(content)
	return t, nil
}

func inBytes(part string) int64 { return int64(len(part)) }

func inRunes(part string) int64 { return int64(utf8.RuneCountInString(part)) }

func inUTF16(part string) int64 {
	const unit = 2
	n := 0
	for _, r := range part {
		n += utf16.RuneLen(r)
	}
	return int64(n) * unit
}

// record is a row of a file with its place.
type record struct {
	fields         []string
	line           int
	offset, length int64
}

// records gives the rows of a text one after the other.
type records struct {
	text text
	csv  *csv.Reader
	// read is how much of the content was read, at what it took in the file.
	read int
	at   int64
}

func (t text) records(comma rune) *records {
	reader := csv.NewReader(strings.NewReader(t.content))
	reader.Comma, reader.FieldsPerRecord = comma, -1
	return &records{text: t, csv: reader, at: t.start}
}

// next gives the next row that is not blank, or io.EOF.
func (r *records) next() (record, error) {
	for {
		fields, err := r.csv.Read()
		if err != nil {
			return record{}, err
		}
		found := r.place(fields)
		if slices.ContainsFunc(fields, func(field string) bool { return strings.TrimSpace(field) != "" }) {
			return found, nil
		}
	}
}

// place finds where the row stands that was read last.
func (r *records) place(fields []string) record {
	line, _ := r.csv.FieldPos(0)
	to := int(r.csv.InputOffset())
	part := r.text.content[r.read:to]
	// The lines between two rows belong to neither, nor does the end of a line.
	row := strings.TrimLeft(part, "\r\n")
	lead := r.text.size(part[:len(part)-len(row)])
	row = strings.TrimRight(row, "\r\n")
	out := record{fields: fields, line: line, offset: r.at + lead, length: r.text.size(row)}
	r.read, r.at = to, r.at+r.text.size(part)
	return out
}
