package incident

import (
	"cmp"
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/ports"
)

// removed stands in the place of what is not told.
const removed = "[removed]"

// shortest is how long a secret must be to be looked for: a shorter one stands in words.
const shortest = 5

// hide notes the secrets of all connections to the connectors that are concerned.
func (s *Service) hide(ctx context.Context, tx ports.Tx, m *matter) error {
	installed, err := tx.Catalogue().List(ctx)
	if err != nil {
		return err
	}
	for _, connector := range m.connectors {
		open := plainNames(installed, connector)
		err := walk.ConnectionsTo(ctx, tx, connector, func(c ports.ConnectionRecord) error {
			if len(c.Credentials) == 0 {
				return nil
			}
			plain, err := s.secrets.Open(ctx, c.ID, c.Credentials)
			if err != nil {
				return nil //nolint:nilerr // what cannot be opened has been used in no call, so that nothing can repeat it
			}
			var credentials map[string]string
			_ = json.Unmarshal(plain, &credentials) // what is no credentials hides nothing
			for name, value := range credentials {
				if !slices.Contains(open, name) && len(value) >= shortest {
					m.hidden = append(m.hidden, value)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	// A secret may begin with another one.
	slices.SortFunc(m.hidden, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	m.hidden = slices.Compact(m.hidden)
	return nil
}

// plainNames are the credentials that every version of a connector declares as not secret,
// such as the number of an account.
func plainNames(installed []ports.InstalledVersion, connector string) []string {
	secret, plain := map[string]bool{}, map[string]bool{}
	for _, v := range installed {
		if v.Connector != connector {
			continue
		}
		var schema struct {
			Properties map[string]struct {
				WriteOnly bool `json:"writeOnly"`
			} `json:"properties"`
		}
		if json.Unmarshal(v.Description.Credentials, &schema) != nil {
			continue
		}
		for name, p := range schema.Properties {
			if p.WriteOnly || telling.MatchString(name) {
				secret[name] = true
			} else {
				plain[name] = true
			}
		}
	}
	var names []string
	for name := range plain {
		if !secret[name] {
			names = append(names, name)
		}
	}
	return names
}

var (
	// telling is the name of a value that nobody else should know.
	telling = regexp.MustCompile(`(?i)(secret|password|passwd|token|api_?key|private|authorization|cookie|credential|signature_?key)`)
	// harmless has such a name and tells nothing.
	harmless = regexp.MustCompile(`^(secret_file|trusted_keys)$`)
	patterns = []*regexp.Regexp{
		regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}`),
		regexp.MustCompile(`\bkvitt_[A-Za-z0-9_-]{6,}`),                                               // API keys
		regexp.MustCompile(`/v1/callbacks/[^/\s"]+/[^/\s"?]+`),                                        // addresses of callbacks
		regexp.MustCompile(`[?&](token|code|state|key|signature|secret)=[^&\s"]+`),                    // of addresses
		regexp.MustCompile(`://[^/@\s"]+@`),                                                           // users of addresses
		regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*`),                  // JSON web tokens
		regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+`),                       // mail
		regexp.MustCompile(`\b(19|20)?\d{2}(0[1-9]|1[0-2])([06][1-9]|[1278]\d|[39][01])[-+]?\d{4}\b`), // personal numbers
		regexp.MustCompile(`(?:\+46|\b0)[\s-]?7\d(?:[\s-]?\d){7}\b`),                                  // telephones
		regexp.MustCompile(`\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}\b`),                                 // accounts at banks
	}
	caller = regexp.MustCompile(`^.*\(([^()]+)\)$`)
)

// text takes out of free text what somebody else should not know.
func (m *matter) text(text string) string {
	for _, secret := range m.hidden {
		text = strings.ReplaceAll(text, secret, removed)
	}
	for _, pattern := range patterns {
		text = pattern.ReplaceAllString(text, removed)
	}
	return text
}

// scrub goes through a value as it stands in JSON. What is named like a secret is not told
// whatever it is.
func (m *matter) scrub(value any) any {
	switch value := value.(type) {
	case string:
		return m.text(value)
	case []any:
		for i := range value {
			value[i] = m.scrub(value[i])
		}
		return value
	case map[string]any:
		scrubbed := make(map[string]any, len(value))
		for name, of := range value {
			if telling.MatchString(name) && !harmless.MatchString(name) && of != nil && of != "" {
				scrubbed[name] = removed
				continue
			}
			scrubbed[m.text(name)] = m.scrub(of)
		}
		return scrubbed
	}
	return value
}

// who leaves the id of an API key; its label may be somebody's name.
func who(by string) string {
	if found := caller.FindStringSubmatch(by); found != nil {
		return found[1]
	}
	if by == "hub" || by == "" {
		return by
	}
	return removed
}
