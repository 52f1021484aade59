package matching

import (
	"strings"
	"unicode"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/payout"
)

// Key is a normalised reference under which a document can be looked up.
type Key struct {
	Reference invoice.Reference
	Value     string
}

// Keys gives the keys under which the document of a line may stand, strongest
// first and each once. A store that looks up exactly these, among document
// references passed through Normalise, finds every candidate that Match can use.
func Keys(line payout.Line, rules Rules) []Key {
	keys := make([]Key, 0, len(rules.Keys))
	for _, pair := range rules.Keys {
		for _, key := range pair.keys(line) {
			if key.Value != "" && !holds(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// keys gives the two forms of the line's value: bare and with what the other
// side adds. Without prefix and suffix both are the same.
func (p KeyPair) keys(line payout.Line) [2]Key {
	bare := Normalise(line.References[p.Line])
	full := bare
	if bare != "" && p.Prefix+p.Suffix != "" {
		prefix, suffix := strings.ToUpper(p.Prefix), strings.ToUpper(p.Suffix)
		bare = Normalise(strings.TrimSuffix(strings.TrimPrefix(bare, prefix), suffix))
		full = Normalise(prefix + bare + suffix)
	}
	return [2]Key{{p.Document, bare}, {p.Document, full}}
}

// Normalise brings references that people and systems write differently to one
// form: upper case, without surrounding space, leading zeros and leading "#".
func Normalise(value string) string {
	return strings.ToUpper(strings.TrimLeftFunc(strings.TrimRightFunc(value, unicode.IsSpace), filler))
}

func filler(r rune) bool { return r == '0' || r == '#' || unicode.IsSpace(r) }

func holds(keys []Key, key Key) bool {
	for _, k := range keys {
		if k == key {
			return true
		}
	}
	return false
}
