package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
)

const (
	tokenPath = "/oauth-v1/token"
	tokenLife = time.Hour
	issuer    = "https://api.fortnox.se/oauth2"
)

// allScopes are the scopes that the integration may be given.
func allScopes() []string {
	return []string{
		"companyinformation", "settings", "bookkeeping", "invoice", "payment", "customer", "order", "article",
		"currency", "costcenter", "project", "inbox", "connectfile", "archive",
	}
}

// tokens mints and checks access tokens: JWTs signed with a key that only the
// simulator has, as Fortnox publishes none.
type tokens struct {
	clientID, clientSecret string
	tenant                 int
	scopes                 []string
	key                    []byte
	now                    func() time.Time
}

func newTokens(w world.Fortnox, now func() time.Time) tokens {
	key := sha256.Sum256([]byte("access tokens of " + w.ClientID + w.ClientSecret))
	return tokens{
		clientID: w.ClientID, clientSecret: w.ClientSecret, tenant: w.TenantID,
		scopes: allScopes(), key: key[:], now: now,
	}
}

// claims are those of a real access token.
type claims struct {
	UserID       int      `json:"userId"`
	TenantID     int      `json:"tenantId"`
	ClientID     string   `json:"clientId"`
	RightsAsJSON string   `json:"rightsAsJson"`
	Scopes       []string `json:"scopes"`
	AuthSource   string   `json:"authsource"`
	ID           string   `json:"id"`
	JTI          string   `json:"jti"`
	Issuer       string   `json:"iss"`
	Audience     string   `json:"aud"`
	Subject      string   `json:"sub"`
	Expires      int64    `json:"exp"`
	IssuedAt     int64    `json:"iat"`
	TokenType    string   `json:"token_type"`
	Scope        string   `json:"scope"`
}

// caller is what the rate limit counts by.
func (c claims) caller() string { return c.ClientID + "@" + strconv.Itoa(c.TenantID) }

func (t tokens) mint(scopes []string) (string, error) {
	const serviceUser = 1
	now := t.now()
	id := fmt.Sprintf("%s-%d-%s", t.clientID, t.tenant, uid())
	payload, err := json.Marshal(claims{
		UserID: serviceUser, TenantID: t.tenant, ClientID: t.clientID, RightsAsJSON: "{}", Scopes: scopes,
		AuthSource: "OAUTH2", ID: id, JTI: id, Issuer: issuer, Audience: t.clientID,
		Subject: fmt.Sprintf("%d@%d", serviceUser, t.tenant),
		Expires: now.Add(tokenLife).Unix(), IssuedAt: now.Unix(), TokenType: "bearer", Scope: strings.Join(scopes, " "),
	})
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(payload)
	return signed + "." + encode(t.sign(signed)), nil
}

func (t tokens) sign(text string) []byte {
	mac := hmac.New(sha256.New, t.key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// check accepts an Authorization header with a token of ours that has not
// expired on the simulated clock.
func (t tokens) check(authorization string) (claims, bool) {
	token, bearer := strings.CutPrefix(authorization, "Bearer ")
	signed, signature, found := cutLast(token, ".")
	if !bearer || !found {
		return claims{}, false
	}
	given, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || !hmac.Equal(given, t.sign(signed)) {
		return claims{}, false
	}
	c, ok := readClaims(token)
	return c, ok && t.now().Before(time.Unix(c.Expires, 0))
}

func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return "", "", false
	}
	return text[:at], text[at+1:], true
}

// token answers POST /oauth-v1/token.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	if !s.integration(w, r) {
		return
	}
	switch r.PostForm.Get("grant_type") {
	case "client_credentials":
		s.clientCredentials(w, r)
	case "authorization_code":
		s.exchange(w, r)
	case "refresh_token":
		s.refresh(w, r)
	default:
		writeOAuthError(w, http.StatusBadRequest, "unsupported_grant_type", "The grant type is not supported")
	}
}

// integration says whether the request is a form from the integration; if not, it
// has been answered.
func (s *Server) integration(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodPost {
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return false
	}
	id, secret, _ := r.BasicAuth()
	if id != s.tokens.clientID || !hmac.Equal([]byte(secret), []byte(s.tokens.clientSecret)) {
		writeOAuthError(w, http.StatusUnauthorized, "invalid_client", "The client credentials are invalid")
		return false
	}
	if err := r.ParseForm(); err != nil {
		writeOAuthError(w, http.StatusBadRequest, "invalid_request", "The body is not a form")
		return false
	}
	return true
}

func (s *Server) clientCredentials(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("TenantId") != strconv.Itoa(s.tokens.tenant) {
		writeOAuthError(w, http.StatusBadRequest, "invalid_grant", "No consent for the given tenant")
		return
	}
	s.writeToken(w, s.granted(strings.Fields(r.PostForm.Get("scope"))), "")
}

// writeToken answers with a new access token, and with a refresh token if there is
// one.
func (s *Server) writeToken(w http.ResponseWriter, scopes []string, refresh string) {
	token, err := s.tokens.mint(scopes)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer := map[string]any{
		"access_token": token, "scope": strings.Join(scopes, " "),
		"expires_in": int(tokenLife.Seconds()), "token_type": "bearer",
	}
	if refresh != "" {
		answer["refresh_token"] = refresh
	}
	writeJSON(w, http.StatusOK, answer)
}

// granted are the scopes of the consent, or those of them that were asked for.
func (s *Server) granted(asked []string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.tokens.scopes), func(scope string) bool {
		return slices.Contains(s.company.Switches.MissingScopes, scope) ||
			(len(asked) > 0 && !slices.Contains(asked, scope))
	})
}

// writeOAuthError answers JSON that calls itself something else, as the token
// service was recorded to do.
func writeOAuthError(w http.ResponseWriter, status int, code, description string) {
	contentType := "text/html; charset=UTF-8"
	if status == http.StatusUnauthorized {
		contentType = "text/plain;charset=UTF-8"
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"error":%q,"error_description":%q}`, code, description)
}
