package sie

import (
	"strings"
	"unicode"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// quote writes a text field: in quotes, quotes inside escaped, line breaks and
// other control characters as spaces.
func quote(text string) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	return `"` + strings.ReplaceAll(clean, `"`, `\"`) + `"`
}

// encode turns text into code page 437. A character that the page lacks becomes
// its nearest relative: without its accent, or a question mark.
func encode(text string) []byte {
	out := make([]byte, 0, len(text))
	for _, r := range text {
		out = append(out, encodeRune(r)...)
	}
	return out
}

func encodeRune(r rune) []byte {
	if b, ok := charmap.CodePage437.EncodeRune(r); ok {
		return []byte{b}
	}
	switch r {
	case 'ø':
		return []byte("o")
	case 'Ø':
		return []byte("O")
	case '€':
		return []byte("EUR")
	case '–', '—':
		return []byte("-")
	case '’', '‘':
		return []byte("'")
	}
	base := []rune(norm.NFD.String(string(r)))[0]
	if b, ok := charmap.CodePage437.EncodeRune(base); ok {
		return []byte{b}
	}
	return []byte("?")
}
