package sie

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// charset is the way in which a file writes characters as bytes.
type charset struct {
	// page is nil for UTF-8.
	page *charmap.Charmap
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// The bytes of å ä ö Å Ä Ö. The first set is unused in ISO 8859-1, the second
// draws lines and Greek letters in code page 437: neither stands within a Swedish
// word by chance.
const (
	swedish437   = "\x86\x84\x94\x8f\x8e\x99"
	swedishLatin = "\xe5\xe4\xf6\xc5\xc4\xd6"
)

// decode finds out the character set and gives the text in UTF-8. The standard
// knows code page 437 alone; every other finding is remarked.
func decode(raw []byte, remark func(string)) (string, charset) {
	raw = bytes.TrimRight(raw, "\x1a") // the end-of-file mark of DOS
	if body, marked := bytes.CutPrefix(raw, byteOrderMark); marked || isUTF8(raw) {
		remark("the file is in UTF-8 instead of code page 437")
		return string(bytes.ToValidUTF8(body, []byte("\ufffd"))), charset{}
	}
	cs := charset{charmap.CodePage437}
	page437, latin := votes(raw)
	if page437 > 0 && latin > 0 {
		remark("the file mixes code page 437 and ISO 8859-1, some letters are misread")
	}
	if latin > page437 {
		remark("the file is in ISO 8859-1 instead of code page 437")
		// Its superset: what ISO 8859-1 leaves to control characters is print there.
		cs = charset{charmap.Windows1252}
	}
	text := make([]rune, 0, len(raw))
	for _, b := range raw {
		text = append(text, cs.page.DecodeByte(b))
	}
	return string(text), cs
}

func isUTF8(raw []byte) bool {
	return utf8.Valid(raw) && bytes.ContainsFunc(raw, func(r rune) bool { return r >= utf8.RuneSelf })
}

// votes counts the Swedish letters of each character set that touch a letter.
func votes(raw []byte) (page437, latin int) {
	for i, b := range raw {
		inWord := i > 0 && isLetter(raw[i-1]) || i+1 < len(raw) && isLetter(raw[i+1])
		if !inWord {
			continue
		}
		switch {
		case bytes.IndexByte([]byte(swedish437), b) >= 0:
			page437++
		case bytes.IndexByte([]byte(swedishLatin), b) >= 0:
			latin++
		}
	}
	return page437, latin
}

func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }

// encode adds the character as the character set writes it, '?' if it cannot.
func (c charset) encode(to []byte, r rune) []byte {
	if c.page == nil {
		return utf8.AppendRune(to, r)
	}
	if b, ok := c.page.EncodeRune(r); ok {
		return append(to, b)
	}
	return append(to, '?')
}
