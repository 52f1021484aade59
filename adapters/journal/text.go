package journal

import (
	"strings"
	"unicode"
)

// plain makes a text harmless: a semicolon starts a comment, a bar parts payee
// and note, a parenthesis holds a code, two spaces end a name, and a mark at the
// start is the state of a transaction.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		switch r {
		case ';':
			return ','
		case '|':
			return '/'
		case '(':
			return '['
		case ')':
			return ']'
		}
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	return strings.TrimLeft(strings.Join(strings.Fields(text), " "), "*!= ")
}
