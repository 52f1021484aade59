package pluginhost

import (
	"regexp"
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
	s.known[value] = true
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
	s.mu.RLock()
	for value := range s.known {
		text = strings.ReplaceAll(text, value, redacted)
	}
	s.mu.RUnlock()
	return secretPatterns.ReplaceAllString(text, "$1"+redacted)
}

// secretPatterns finds HTTP credentials and assignments to telling names.
var secretPatterns = regexp.MustCompile(
	`(?i)(\b(?:bearer|basic)\s+|["']?\b[\w-]*(?:token|secret|passw(?:or)?d|api[_-]?key|private[_-]?key|authorization|cookie)["']?\s*[:=]\s*["']?)[^\s"',;&}]+`)

var secretNames = regexp.MustCompile(`(?i)token|secret|passw(or)?d|api[_-]?key|private[_-]?key|authorization|cookie|credential`)

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
