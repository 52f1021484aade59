// Package server plays SampleBooks' API as its documentation describes it, with its
// limits and oddities. It shares no code with the connector: two sides that share a
// mistake would agree on it.
package server

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/kvitt/kvitt/sdk/simulator"
)

type server struct {
	control *simulator.Control

	mu       sync.Mutex
	world    World
	vouchers []Voucher
	payments int
	// replies are the answers to writes by their idempotency key.
	replies map[string]reply
	// answered are the moments of the last calls, for the rate limit.
	answered []time.Time
}

// Build makes the simulator of a world.
func Build(section []byte, control *simulator.Control) (http.Handler, error) {
	world, err := readWorld(section)
	if err != nil {
		return nil, err
	}
	s := &server{control: control, world: world, replies: map[string]reply{}}
	api := http.NewServeMux()
	api.HandleFunc("GET /v1/company", s.read(func(*http.Request) (any, *refusal) { return s.world.Company, nil }))
	api.HandleFunc("GET /v1/accounts", s.read(s.accounts))
	api.HandleFunc("GET /v1/series", s.read(s.series))
	api.HandleFunc("GET /v1/invoices", s.read(s.invoices))
	api.HandleFunc("GET /v1/invoices/{number}/payments", s.read(s.invoicePayments))
	api.HandleFunc("POST /v1/invoices/{number}/payments", s.write(s.pay))
	api.HandleFunc("POST /v1/vouchers", s.write(s.book))
	api.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusNotFound, refused(http.StatusNotFound, "not_found").body())
	})
	root := http.NewServeMux()
	root.HandleFunc("GET /_sim/state", s.state)
	root.Handle("/", s.admit(api))
	return control.Wrap(root), nil
}

// admit lets calls through that bring the token and find room within the limit.
func (s *server) admit(next http.Handler) http.Handler {
	want := []byte("Bearer " + s.world.Token)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), want) != 1:
			answer(w, http.StatusUnauthorized, refused(http.StatusUnauthorized, "invalid_token").body())
		case !s.room(time.Now()):
			w.Header().Set("Retry-After", "1")
			answer(w, http.StatusTooManyRequests, refused(http.StatusTooManyRequests, "rate_limited").body())
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func (s *server) room(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.answered) > 0 && now.Sub(s.answered[0]) >= time.Second {
		s.answered = s.answered[1:]
	}
	if len(s.answered) >= s.world.CallsPerSecond {
		return false
	}
	s.answered = append(s.answered, now)
	return true
}

// state tells tests how many documents there are.
func (s *server) state(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer(w, http.StatusOK, map[string]int{"payments": s.payments, "vouchers": len(s.vouchers)})
}

// refusal is an answer in the one form of SampleBooks' errors.
type refusal struct {
	status int
	code   string
}

func refused(status int, code string) *refusal { return &refusal{status: status, code: code} }

func (f *refusal) body() any { return map[string]any{"error": map[string]string{"code": f.code}} }

// read serves what changes nothing.
func (s *server) read(endpoint func(*http.Request) (any, *refusal)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		body, refusal := endpoint(r)
		if refusal != nil {
			answer(w, refusal.status, refusal.body())
			return
		}
		answer(w, http.StatusOK, body)
	}
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that has gone notices by itself
}
