// Package redact takes secrets out of texts, in the forms in which they turn up
// there: as they are, encoded for a URL, for JSON and in base64, and as the value
// of a header.
package redact

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

const (
	// Mark stands in the place of a secret.
	Mark = "[redacted]"
	// Shortest is the fewest characters of what is taken for a secret. What is
	// shorter keeps nobody out, and taking it out of texts would garble them.
	Shortest = 6
)

// Secrets are texts that nobody may read.
type Secrets struct{ replace *strings.Replacer }

// New takes secrets, such as the credentials of a connection and the headers that
// were made of them.
func New(texts ...string) Secrets {
	var all []string
	for _, text := range texts {
		if _, key, found := strings.Cut(text, " "); found {
			all = append(all, key) // "Bearer key"
		}
		quoted := quote(text)
		all = append(all, quoted, quote(quoted)) // in JSON, and in JSON that JSON quotes
		all = append(all, text, base64.StdEncoding.EncodeToString([]byte(text)), url.QueryEscape(text), url.PathEscape(text))
	}
	all = slices.DeleteFunc(all, func(s string) bool { return len(s) < Shortest })
	// A secret may be part of another one: the longest goes first.
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, text := range all {
		pairs = append(pairs, text, Mark)
	}
	return Secrets{strings.NewReplacer(pairs...)}
}

// In gives the text with a Mark in the place of each secret.
func (s Secrets) In(text string) string {
	if s.replace == nil {
		return text
	}
	return s.replace.Replace(text)
}

// quote gives a text as it stands between the quotation marks of JSON.
func quote(text string) string {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(text) != nil {
		return text
	}
	quoted := strings.TrimSuffix(out.String(), "\n")
	return quoted[1 : len(quoted)-1]
}
