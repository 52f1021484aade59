// Package server speaks the REST API of Fortnox on behalf of one simulated
// company: tokens, rate limit, headers, scopes, and the resources that a
// connector for payouts needs.
package server

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/company"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
	"github.com/kvitt/kvitt/sdk/simulator"
)

// Build makes the simulator from the "fortnox" section of a world file.
func Build(section []byte, control *simulator.Control) (http.Handler, error) {
	w, err := world.Parse(section)
	if err != nil {
		return nil, err
	}
	return New(w, control)
}

// New makes the simulator of a world, wrapped by its control.
func New(w world.Fortnox, control *simulator.Control) (http.Handler, error) {
	c, err := company.New(w, control.Now)
	if err != nil {
		return nil, fmt.Errorf("making the company: %w", err)
	}
	s := &Server{
		company: c,
		now:     control.Now,
		tokens:  newTokens(w, control.Now),
		consent: newConsent(),
		limiter: newLimiter(w.RateLimit, time.Now),
		api:     http.NewServeMux(),
		people:  http.NewServeMux(),
	}
	s.routes()
	s.controls()
	return control.Wrap(s), nil
}

// Server answers for one company.
type Server struct {
	mu      sync.Mutex // guards company
	company *company.Company
	now     func() time.Time
	tokens  tokens
	consent *consent
	limiter *limiter
	api     *http.ServeMux
	people  *http.ServeMux
}

// ServeHTTP answers one request. The Date of the answer is that of the simulated
// clock, by which documents are stamped too.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
	if trimmed := strings.TrimRight(r.URL.Path, "/"); trimmed != r.URL.Path {
		r = r.Clone(r.Context())
		r.URL.Path, r.URL.RawPath = trimmed, strings.TrimRight(r.URL.RawPath, "/")
	}
	switch {
	case strings.HasPrefix(r.URL.Path, "/_sim/fortnox/"):
		s.people.ServeHTTP(w, r)
	case r.URL.Path == tokenPath:
		w.Header().Set("X-Uid", uid())
		s.token(w, r)
	case r.URL.Path == authorizePath:
		s.authorize(w, r)
	case r.URL.Path == revokePath:
		w.Header().Set("X-Uid", uid())
		s.revoke(w, r)
	case strings.HasPrefix(r.URL.Path, "/3/"):
		s.gateway(w, r)
	default:
		http.NotFound(w, r)
	}
}

// gateway does what happens before any resource sees a request. Its own answers
// have another shape than those of the resources, and no X-Uid.
func (s *Server) gateway(w http.ResponseWriter, r *http.Request) {
	granted, ok := s.tokens.check(r.Header.Get("Authorization"))
	if !ok {
		writeJSON(w, http.StatusUnauthorized, map[string]string{"message": "unauthorized"})
		return
	}
	if !s.limiter.allow(granted.caller()) {
		writeJSON(w, http.StatusTooManyRequests, map[string]string{"message": "too many requests"})
		return
	}
	w.Header().Set("X-Uid", uid())
	if refusal := checkHeaders(r); refusal != nil {
		writeRefusal(w, refusal)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if refusal := s.permitted(r.URL.Path, granted); refusal != nil {
		writeRefusal(w, refusal)
		return
	}
	s.api.ServeHTTP(w, r)
}

// checkHeaders refuses what is not JSON. Even a PUT without a body must name its
// content type.
func checkHeaders(r *http.Request) *company.Refusal {
	accept := r.Header.Get("Accept")
	if accept != "" && !strings.Contains(accept, "application/json") && !strings.Contains(accept, "*/*") {
		return &company.Refusal{Status: http.StatusBadRequest, Code: company.CodeBadAccept, Message: "Invalid response type"}
	}
	if r.Method != http.MethodPut && r.Method != http.MethodPost {
		return nil
	}
	wanted := "application/json"
	if strings.HasPrefix(r.URL.Path, "/3/inbox") {
		wanted = "multipart/form-data"
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), wanted) {
		return &company.Refusal{
			Status: http.StatusBadRequest, Code: company.CodeBadContentType, Message: "Invalid content type",
		}
	}
	return nil
}

func uid() string { return fmt.Sprintf("%08x", rand.Uint32()) }

func writeJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// writeRefusal writes the two casings of error keys that Fortnox was recorded
// with: capitals where something is not found, small letters elsewhere.
func writeRefusal(w http.ResponseWriter, refusal *company.Refusal) {
	type capitals struct {
		Error   int
		Message string
		Code    int
	}
	type small struct {
		Error   int    `json:"error"`
		Message string `json:"message"`
		Code    int    `json:"code"`
	}
	var information any = small{1, refusal.Message, refusal.Code}
	if refusal.Status == http.StatusNotFound {
		information = capitals{1, refusal.Message, refusal.Code}
	}
	writeJSON(w, refusal.Status, map[string]any{"ErrorInformation": information})
}
