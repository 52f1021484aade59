package sie

import "strings"

// record is a line of the file: a label such as #VER, or a brace that frames the
// rows of a voucher, and fields.
type record struct {
	line int
	// label is in upper case, written is how the file has it.
	label, written string
	fields         []field
	// broken says why the fields cannot be told apart, empty if they can.
	broken string
}

// field is one field of a record: a text, or a list in braces.
type field struct {
	text   string
	isList bool
	list   []string
}

// text gives the i-th field, "" if it is absent or a list.
func (r record) text(i int) string {
	if i >= len(r.fields) {
		return ""
	}
	return r.fields[i].text
}

// isBrace reports whether the record opens or closes the rows of a voucher.
func (r record) isBrace() bool { return r.label == "{" || r.label == "}" }

const blanks = " \t"

// split reads a line that holds something.
func split(number int, line string) record {
	s := scanner{rest: line}
	written, _ := s.bare()
	r := record{line: number, label: strings.ToUpper(written), written: written}
	for r.broken == "" && s.more() {
		var f field
		f, r.broken = s.field()
		r.fields = append(r.fields, f)
	}
	return r
}

// scanner takes fields off the front of a line.
type scanner struct{ rest string }

// more skips blanks and reports whether anything is left.
func (s *scanner) more() bool {
	s.rest = strings.TrimLeft(s.rest, blanks)
	return s.rest != ""
}

func (s *scanner) field() (f field, broken string) {
	if !strings.HasPrefix(s.rest, "{") {
		f.text, broken = s.text()
		return f, broken
	}
	s.rest = s.rest[1:]
	f.isList = true
	for s.more() {
		if s.rest[0] == '}' {
			s.rest = s.rest[1:]
			return f, ""
		}
		item, broken := s.item()
		if broken != "" {
			return f, broken
		}
		f.list = append(f.list, item)
	}
	return f, "a list is not closed"
}

// item is a text within a list, where a brace ends a bare one.
func (s *scanner) item() (item, broken string) {
	if s.rest[0] == '"' {
		return s.quoted()
	}
	return s.until(blanks + "}"), ""
}

func (s *scanner) text() (text, broken string) {
	if s.rest[0] == '"' {
		return s.quoted()
	}
	return s.bare()
}

func (s *scanner) bare() (text, broken string) { return s.until(blanks), "" }

func (s *scanner) until(end string) string {
	i := strings.IndexAny(s.rest, end)
	if i < 0 {
		i = len(s.rest)
	}
	text := s.rest[:i]
	s.rest = s.rest[i:]
	return text
}

// quoted reads a text in quotes. A backslash escapes a quote and is otherwise a
// character like any other: files hold Windows paths.
func (s *scanner) quoted() (text, broken string) {
	var b strings.Builder
	in := s.rest[1:]
	for {
		i := strings.IndexByte(in, '"')
		if i < 0 {
			return "", "a quote is not closed"
		}
		escaped := i > 0 && in[i-1] == '\\'
		if !escaped {
			b.WriteString(in[:i])
			s.rest = in[i+1:]
			return b.String(), ""
		}
		b.WriteString(in[:i-1])
		b.WriteByte('"')
		in = in[i+1:]
	}
}
