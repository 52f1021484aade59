package paging

import (
	"net/http"
	"strings"
)

// mostPages bounds a list whose source never says that it ends.
const mostPages = 100_000

// Chain is where the reading of a list goes on whose pages name the next one, by a
// link or by a token of the source's own. The zero Chain is the start. A link goes
// to upstream.Client as it is: one to a foreign host gets no credentials there.
type Chain struct {
	// Next names the page to read, empty for the first one.
	Next string `json:"next,omitempty"`
	// Pages is the number of pages read.
	Pages int `json:"pages,omitempty"`
}

// Valid reports whether a chain that came from outside can be one.
func (c Chain) Valid() bool {
	return c.Pages >= 0 && c.Pages <= mostPages && (c.Pages == 0) == (c.Next == "")
}

// Follow takes what the page named as the next one and gives where to go on; more
// is false if that was the last. A page that names itself, or a chain without an
// end, is a fault with CodeListUnstable.
func (c Chain) Follow(next string) (on Chain, more bool, err error) {
	if next == "" {
		return Chain{}, false, nil
	}
	if next == c.Next || c.Pages >= mostPages {
		return Chain{}, false, unstable()
	}
	return Chain{Next: next, Pages: c.Pages + 1}, true, nil
}

// NextLink gives the target of the header Link (RFC 8288) whose relation is
// "next", or "".
func NextLink(h http.Header) string {
	rest := strings.Join(h.Values("Link"), ",")
	for {
		_, from, found := strings.Cut(rest, "<")
		if !found {
			return ""
		}
		target, params, found := strings.Cut(from, ">")
		if !found {
			return ""
		}
		// The parameters end where the next link begins; nobody quotes a "<" in them.
		params, _, _ = strings.Cut(params, "<")
		if isNext(params) {
			return target
		}
		rest = from[len(target):]
	}
}

func isNext(params string) bool {
	for param := range strings.FieldsFuncSeq(params, func(r rune) bool { return r == ';' || r == ',' }) {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if strings.EqualFold(name, "rel") && strings.EqualFold(strings.Trim(value, `"`), "next") {
			return true
		}
	}
	return false
}
