package upstream

import (
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
)

const (
	// redacted stands in the place of a secret.
	redacted = "[redacted]"
	// shortestSecret is the fewest characters of what is taken for a secret. What is
	// shorter keeps nobody out, and taking it out of texts would garble them.
	shortestSecret = 6
)

// secrets are texts that no fault and no log may show.
type secrets struct{ replace *strings.Replacer }

// hiding makes secrets of credentials and of the headers made of them, in the
// forms in which a remote system may repeat them.
func hiding(texts ...string) secrets {
	var all []string
	for _, text := range texts {
		if _, key, found := strings.Cut(text, " "); found {
			all = append(all, key) // "Bearer key"
		}
		all = append(all, text, base64.StdEncoding.EncodeToString([]byte(text)), url.QueryEscape(text))
	}
	all = slices.DeleteFunc(all, func(s string) bool { return len(s) < shortestSecret })
	// A secret may be part of another one: the longest goes first.
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, text := range slices.Compact(all) {
		pairs = append(pairs, text, redacted)
	}
	return secrets{strings.NewReplacer(pairs...)}
}

func (s secrets) in(text string) string { return s.replace.Replace(text) }

// err gives an error of this package, which is a fault, without its secrets.
func (s secrets) err(err error) error {
	if f := fault.Of(err); f != nil {
		return s.fault(f)
	}
	return err
}

// fault gives a fault in which no secret can be read, with its cause.
func (s secrets) fault(f *fault.Error) *fault.Error {
	out := *f
	out.Field, out.Reason, out.Remedy = s.in(f.Field), s.in(f.Reason), s.in(f.Remedy)
	if cause := f.Unwrap(); cause != nil {
		if text := s.in(cause.Error()); text != cause.Error() {
			return out.Wrap(errors.New(text))
		}
	}
	return &out
}
