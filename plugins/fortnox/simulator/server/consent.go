package server

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	revokePath  = "/oauth-v1/revoke"
	codeLife    = 10 * time.Minute
	refreshLife = 45 * 24 * time.Hour
)

// consent holds what the company has approved: codes that nobody has fetched
// tokens for yet, and refresh tokens, each good for one use.
type consent struct {
	mu      sync.Mutex
	codes   map[string]approval
	refresh map[string]approval
}

// approval is what a code or a refresh token stands for.
type approval struct {
	scopes []string
	// redirect is the redirect_uri of the request, which the token request repeats.
	redirect string
	// offline: a refresh token was asked for.
	offline bool
	expires time.Time
}

func newConsent() *consent {
	return &consent{codes: map[string]approval{}, refresh: map[string]approval{}}
}

// take gives what a code or token stands for, which it then does no more.
func (c *consent) take(from map[string]approval, key string, now time.Time) (approval, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := from[key]
	delete(from, key)
	return found, ok && now.Before(found.expires)
}

func (c *consent) put(into map[string]approval, a approval) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := secretText()
	into[key] = a
	return key
}

func secretText() string {
	random := make([]byte, 20)
	_, _ = rand.Read(random) // never fails, see crypto/rand
	return base64.RawURLEncoding.EncodeToString(random)
}

// exchange answers grant type authorization_code.
func (s *Server) exchange(w http.ResponseWriter, r *http.Request) {
	approved, ok := s.consent.take(s.consent.codes, r.PostForm.Get("code"), s.now())
	if !ok || r.PostForm.Get("redirect_uri") != approved.redirect {
		writeOAuthError(w, http.StatusBadRequest, "invalid_grant", "Authorization code doesn't exist or is invalid for the client")
		return
	}
	s.writeChain(w, approved)
}

// refresh answers grant type refresh_token.
func (s *Server) refresh(w http.ResponseWriter, r *http.Request) {
	approved, ok := s.consent.take(s.consent.refresh, r.PostForm.Get("refresh_token"), s.now())
	if !ok {
		writeOAuthError(w, http.StatusBadRequest, "invalid_grant", "Invalid refresh token")
		return
	}
	s.writeChain(w, approved)
}

// writeChain answers with an access token and, if it was asked for, the next
// refresh token.
func (s *Server) writeChain(w http.ResponseWriter, approved approval) {
	next := ""
	if approved.offline {
		approved.expires = s.now().Add(refreshLife)
		next = s.consent.put(s.consent.refresh, approved)
	}
	scopes := slices.DeleteFunc(s.granted(nil), func(scope string) bool { return !slices.Contains(approved.scopes, scope) })
	s.writeToken(w, scopes, next)
}

// revoke answers POST /oauth-v1/revoke. Access tokens cannot be revoked.
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) {
	if !s.integration(w, r) {
		return
	}
	if hint := r.PostForm.Get("token_type_hint"); hint != "refresh_token" {
		writeOAuthError(w, http.StatusBadRequest, "unsupported_token_type", "Only refresh tokens can be revoked")
		return
	}
	_, ok := s.consent.take(s.consent.refresh, strings.TrimSpace(r.PostForm.Get("token")), s.now())
	writeJSON(w, http.StatusOK, map[string]bool{"revoked": ok})
}
