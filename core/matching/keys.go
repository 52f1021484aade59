package matching

import (
	"slices"
	"strings"
	"unicode"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// Key is a normalised reference under which a document can be looked up.
type Key struct {
	Reference invoice.Reference
	Value     string
}

// Keys gives the keys under which the document of a line may stand, strongest
// first and each once. A store that looks up exactly these, among document
// references passed through Normalise, finds every candidate that Match can match.
func Keys(line payout.Line, rules Rules) []Key {
	keys := make([]Key, 0, len(rules.Keys))
	for pair := range rules.pairs(line.Kind) {
		keys = appendKeys(keys, line, pair)
	}
	return keys
}

// SuggestKeys gives the keys under which a document to suggest may stand, in the
// order of the rules and each once. Only a line without a document under its Keys
// has use for them.
func SuggestKeys(line payout.Line, rules Rules) []Key {
	var keys []Key
	for _, pair := range rules.Suggest {
		keys = appendKeys(keys, line, pair)
	}
	return keys
}

func appendKeys(keys []Key, line payout.Line, pair KeyPair) []Key {
	for _, key := range pair.keys(line) {
		if key.Value != "" && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// WeakQuery describes the documents that may be suggested for a line by amount and
// date alone.
type WeakQuery struct {
	Kind invoice.Kind
	// Amount is the open balance, in its currency and with its sign.
	Amount money.Amount
	// From and To bound the date of the document, both included.
	From civil.Date
	To   civil.Date
}

// Weak gives the query that finds every document which Match may suggest for a
// line by amount and date, and false if there is nothing to ask for: the rules do
// not want it, or the line has no moment or needs no document.
func Weak(line payout.Line, rules Rules) (WeakQuery, bool) {
	if rules.DateWindowDays <= 0 || line.OccurredAt.IsZero() || !NeedsDocument(line) || line.Synthesised {
		return WeakQuery{}, false
	}
	from := civil.Of(line.OccurredAt.UTC())
	if rules.Zone != nil {
		from = civil.In(line.OccurredAt, rules.Zone)
	}
	return WeakQuery{
		Kind: kindFor(line.Kind), Amount: line.Gross,
		From: from, To: from.AddDays(rules.DateWindowDays),
	}, true
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
