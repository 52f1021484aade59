package main

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The most characters of Fortnox's texts.
const (
	longestDescription = 200
	longestComments    = 1000
	longestInformation = 100
)

// allowedSigns are the characters beside letters and digits that Fortnox takes
// (developer guide, formats and encoding).
const allowedSigns = " –:.`´’,;^¤#%§£$€¢¥©™°&/()=+-*_!?²³®½@\\\n"

// plain replaces by a space whatever Fortnox refuses with 2000359, and puts
// accents together with their letters, since it knows no loose ones.
func plain(text string) string {
	before := ' '
	text = strings.Map(func(r rune) rune {
		if !allowed(r) {
			r = ' '
		}
		if r == ' ' && before == ' ' {
			return -1
		}
		before = r
		return r
	}, norm.NFC.String(strings.ToValidUTF8(text, " ")))
	return strings.TrimSpace(text)
}

func allowed(r rune) bool {
	return unicode.IsLetter(r) || r >= '0' && r <= '9' || strings.ContainsRune(allowedSigns, r)
}

// cut shortens a text to at most most characters.
func cut(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return strings.TrimSpace(string(runes[:max(most, 0)]))
}

// withKey joins a text and a key within a number of characters. The text gives
// way, the key never: it is what a later attempt finds the document by.
func withKey(text, key string, most int) string {
	text = cut(plain(text), most-len(key)-1)
	if text == "" {
		return key
	}
	return text + " " + key
}
