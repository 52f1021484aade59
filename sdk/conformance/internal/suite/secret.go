package suite

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/sdk/redact"
)

// looksSecret finds names of values that nobody may see.
var looksSecret = regexp.MustCompile(`(?i)secret|passw|token|api[_-]?key|private|credential`)

// shortestSecret is what can be told from other text.
const shortestSecret = 6

// property is what a schema says of one credential or setting.
type property struct {
	Type      any  `json:"type"`
	WriteOnly bool `json:"writeOnly"`
}

func properties(schema json.RawMessage) map[string]property {
	var object struct {
		Properties map[string]property `json:"properties"`
	}
	if json.Unmarshal(schema, &object) != nil {
		return nil // config.*-schema reports it
	}
	return object.Properties
}

// required names the credentials that a merchant must enter.
func required(schema json.RawMessage) map[string]bool {
	var object struct {
		Required []string `json:"required"`
	}
	_ = json.Unmarshal(schema, &object) // config.*-schema reports it
	all := map[string]bool{}
	for _, name := range object.Required {
		all[name] = true
	}
	return all
}

// learnSecrets remembers those of the credentials that are secret.
func (s *Session) learnSecrets(credentials map[string]string) {
	known := properties(s.description.Credentials)
	for name, value := range credentials {
		if known[name].WriteOnly || looksSecret.MatchString(name) {
			s.learnSecret(name, value)
		}
	}
}

func (s *Session) learnSecret(name, value string) {
	if len(value) < shortestSecret {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets[value] = name
}

// spellings gives the ways in which a secret may stand in a text.
func spellings(secret string) []string {
	all := []string{secret, url.QueryEscape(secret), url.PathEscape(secret)}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		// Text before a secret, such as "user:", moves its bits; what surely belongs to
		// the secret alone is then the middle of its encoding.
		for shift := range 3 {
			text := encoding.EncodeToString([]byte(strings.Repeat("x", shift) + secret))
			text = strings.TrimRight(text, "=")
			const group = 4
			if shift > 0 {
				text = text[group:]
			}
			if len(text) > 2*group {
				all = append(all, text[:len(text)-group])
			}
		}
	}
	return append(all, pieces(secret)...)
}

// pieces gives parts of a long secret, of which a text that was shortened may hold
// some. The beginning is none: it may say what kind of secret it is, as that of a JWT.
func pieces(secret string) []string {
	const long = 40
	var all []string
	for at := long; at+long <= len(secret); at += long {
		all = append(all, secret[at:at+long])
	}
	return all
}

// reveals gives the name of the secret that a text holds, in whatever spelling.
func (s *Session) reveals(text string) (name string, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range slices.Sorted(maps.Keys(s.secrets)) {
		for _, spelling := range spellings(secret) {
			if strings.Contains(text, spelling) {
				return s.secrets[secret], true
			}
		}
	}
	return "", false
}

// withoutSecrets takes all secrets out of a text of the suite's own.
func (s *Session) withoutSecrets(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for secret := range s.secrets {
		for _, spelling := range spellings(secret) {
			text = strings.ReplaceAll(text, spelling, redact.Mark)
		}
	}
	return text
}
