package company

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// allowedSigns are the characters beside letters and digits that Fortnox takes
// in texts (developer guide, formats and encoding).
const allowedSigns = " –:.`´’,;^¤#%§£$€¢¥©™°&/()=+-*_!?²³®½@\\\n\r\u00a0\u0308\u030a"

// checkText refuses a text with characters outside the allow-list or one that
// is too long.
func checkText(field, text string, longest int) *Refusal {
	if utf8.RuneCountInString(text) > longest {
		return refuse(CodeTooLong, "Värdet är för långt ("+field+").")
	}
	for _, r := range text {
		if unicode.IsLetter(r) || (r >= '0' && r <= '9') || strings.ContainsRune(allowedSigns, r) {
			continue
		}
		return refuse(CodeCharacters, "Värdet innehåller ej tillåtna tecken. ("+text+")")
	}
	return nil
}
