// Package server plays SamplePay's API as its documentation describes it, with its
// limits and oddities. It shares no code with the connector: two sides that share a
// mistake would agree on it.
package server

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/kvitt/kvitt/sdk/simulator"
)

// The sizes of pages.
const (
	defaultLimit = 25
	mostLimit    = 100
)

type server struct {
	world World

	mu sync.Mutex
	// answered are the moments of the last calls, for the rate limit.
	answered []time.Time
}

// Build makes the simulator of a world.
func Build(section []byte, control *simulator.Control) (http.Handler, error) {
	world, err := readWorld(section)
	if err != nil {
		return nil, err
	}
	s := &server{world: world}
	api := http.NewServeMux()
	api.HandleFunc("GET /v1/account", s.account)
	api.HandleFunc("GET /v1/payouts", s.payouts)
	api.HandleFunc("GET /v1/payouts/{id}/rows", s.rows)
	api.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound, "not_found") })
	root := http.NewServeMux()
	root.HandleFunc("POST /_sim/payouts/{id}/notify", s.notify)
	root.Handle("/", s.authenticate(s.throttle(api)))
	return control.Wrap(root), nil
}

func (s *server) authenticate(next http.Handler) http.Handler {
	want := []byte("Bearer " + s.world.APIKey)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), want) != 1 {
			refuse(w, http.StatusUnauthorized, "invalid_api_key")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// throttle refuses the calls that one second has no room for.
func (s *server) throttle(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.admit(time.Now()) {
			w.Header().Set("Retry-After", "1")
			refuse(w, http.StatusTooManyRequests, "rate_limited")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *server) admit(now time.Time) bool {
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

func (s *server) account(w http.ResponseWriter, _ *http.Request) { answer(w, s.world.Account) }

func (s *server) payouts(w http.ResponseWriter, r *http.Request) {
	from := time.Time{}
	if text := r.URL.Query().Get("from"); text != "" {
		var err error
		if from, err = time.Parse(time.RFC3339, text); err != nil {
			refuse(w, http.StatusBadRequest, "invalid_from")
			return
		}
	}
	var shown []Payout
	for _, p := range s.world.Payouts {
		if !p.PaidAt.Before(from) {
			p.Rows = nil // they have a list of their own
			shown = append(shown, p)
		}
	}
	list(s, w, r, shown, func(p Payout) string { return p.ID })
}

func (s *server) rows(w http.ResponseWriter, r *http.Request) {
	for _, p := range s.world.Payouts {
		if p.ID == r.PathValue("id") {
			list(s, w, r, p.Rows, func(row Row) string { return row.ID })
			return
		}
	}
	refuse(w, http.StatusNotFound, "no_such_payout")
}

// list answers the page of items that begins behind the one that the parameter
// "after" names.
func list[T any](s *server, w http.ResponseWriter, r *http.Request, items []T, id func(T) string) {
	limit := defaultLimit
	if text := r.URL.Query().Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostLimit {
			refuse(w, http.StatusBadRequest, "invalid_limit")
			return
		}
		limit = n
	}
	limit = min(limit, s.world.PageSize)
	if after := r.URL.Query().Get("after"); after != "" {
		at := 0
		for at < len(items) && id(items[at]) != after {
			at++
		}
		if at == len(items) {
			refuse(w, http.StatusBadRequest, "invalid_after")
			return
		}
		items = items[at+1:]
	}
	page := struct {
		Items []T  `json:"items"`
		More  bool `json:"more"`
	}{Items: items, More: len(items) > limit}
	if page.More {
		page.Items = items[:limit]
	}
	if page.Items == nil {
		page.Items = []T{}
	}
	answer(w, page)
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // a client that has gone notices by itself
}

// refuse answers in the one form of SamplePay's errors.
func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"code": code}}) // as above
}
