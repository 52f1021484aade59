package pluginhost

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/kvitt/kvitt/sdk/connectorpb"
)

const redacted = "[redacted]"

// secrets knows the credentials that recent calls have carried, so that no
// connector can write them to the log, however it names them.
type secrets struct {
	mu     sync.RWMutex
	known  map[string]bool
	order  []string
	oldest int
	// replacer replaces them; nil when it must be made anew.
	replacer *strings.Replacer
}

const (
	keptSecrets = 1024
	// Shorter values would be found in the middle of innocent words.
	shortestSecret = 6
)

// learn remembers the credentials of a request.
func (s *secrets) learn(request any) {
	r, ok := request.(interface{ GetCall() *connectorpb.Call })
	if !ok {
		return
	}
	for _, value := range r.GetCall().GetConnection().GetCredentials() {
		if len(value) >= shortestSecret && !s.has(value) {
			s.add(value)
		}
	}
}

func (s *secrets) has(value string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.known[value]
}

func (s *secrets) add(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = make(map[string]bool)
	}
	if s.known[value] {
		return
	}
	s.known[value], s.replacer = true, nil
	if len(s.order) < keptSecrets {
		s.order = append(s.order, value)
		return
	}
	delete(s.known, s.order[s.oldest])
	s.order[s.oldest] = value
	s.oldest = (s.oldest + 1) % keptSecrets
}

// hide takes known secrets and whatever looks like one out of a text.
func (s *secrets) hide(text string) string {
	text = s.replacing().Replace(text)
	if !tellsSecrets(text) {
		return text
	}
	return httpCredentials.ReplaceAllString(assignments.ReplaceAllString(text, "${1}"+redacted), "${1}"+redacted)
}

// replacing gives what replaces known secrets, the longest first: one may be a part of
// another.
func (s *secrets) replacing() *strings.Replacer {
	s.mu.RLock()
	ready := s.replacer
	s.mu.RUnlock()
	if ready != nil {
		return ready
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	values := slices.SortedFunc(maps.Keys(s.known), func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(values))
	for _, value := range values {
		pairs = append(pairs, value, redacted)
	}
	s.replacer = strings.NewReplacer(pairs...)
	return s.replacer
}

// tellsSecrets reports whether the expressions below could find anything. They take a
// microsecond for a byte or two, and a connector may write a lot.
func tellsSecrets(text string) bool {
	lower := strings.ToLower(text)
	for _, word := range secretStarts {
		if strings.Contains(lower, word) {
			return true
		}
	}
	return false
}

// secretStarts are how the words of secretWord and the schemes of HTTP begin. The last
// is a letter that expressions take for an s.
var secretStarts = []string{"token", "secret", "passw", "api", "private", "authorization", "cookie", "credential", "bearer", "basic", "ſ"}

// secretWord is a part of a name that tells a secret.
const secretWord = `token|secret|passw(?:or)?d|api[_-]?key|private[_-]?key|authorization|cookie|credential`

var (
	secretNames = regexp.MustCompile(`(?i)` + secretWord)
	// assignments finds what follows a telling name: a quoted text to its end, or
	// a word, behind an HTTP scheme if there is one.
	assignments = regexp.MustCompile(`(?i)((?:` + secretWord + `)[\w-]*\\?["']?\s*[:=]\s*)` +
		`(?:\\?["'][^"']*|(?:(?:bearer|basic)\s+)?[^\s"',;&}]+)`)
	httpCredentials = regexp.MustCompile(`(?i)(\b(?:bearer|basic)\s+)[^\s"',;&}\[]+`)
)

// withoutSecrets gives a JSON value with everything hidden that stands under a
// telling name, at any depth.
func withoutSecrets(value any) any {
	switch v := value.(type) {
	case map[string]any:
		clean := make(map[string]any, len(v))
		for key, inner := range v {
			if secretName(key) {
				inner = redacted
			}
			clean[key] = withoutSecrets(inner)
		}
		return clean
	case []any:
		clean := make([]any, len(v))
		for i, inner := range v {
			clean[i] = withoutSecrets(inner)
		}
		return clean
	}
	return value
}

func secretName(key string) bool { return secretNames.MatchString(key) }

// printable makes foreign bytes safe to show: valid UTF-8, no control
// characters, at most most bytes.
func printable(text []byte, most int) string {
	cut := len(text) > most
	if cut {
		text = text[:most]
	}
	clean := strings.Map(func(r rune) rune {
		if r == '\t' || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(text), "?"))
	clean = strings.TrimSpace(clean)
	if cut {
		clean += "…"
	}
	return clean
}
