// Package server plays SampleShop's API as its documentation describes it, with its
// limits and oddities. It shares no code with the connector: two sides that share a
// mistake would agree on it.
package server

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
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
	control *simulator.Control
	world   World

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
	s := &server{control: control, world: world}
	api := http.NewServeMux()
	api.HandleFunc("GET /v1/shop", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, s.world.Shop) })
	api.HandleFunc("GET /v1/orders", s.orders)
	api.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound, "not_found") })
	return control.Wrap(s.admit(api)), nil
}

// admit lets calls through that bring the token and find room within the limit.
func (s *server) admit(next http.Handler) http.Handler {
	want := []byte("Bearer " + s.world.Token)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), want) != 1:
			refuse(w, http.StatusUnauthorized, "invalid_token")
		case !s.room(time.Now()):
			w.Header().Set("Retry-After", "1")
			refuse(w, http.StatusTooManyRequests, "rate_limited")
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

// orders lists what changed since a moment. SampleShop's cursors name the last order
// of the page before, with the moment at which it had changed by then.
func (s *server) orders(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	limit := defaultLimit
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostLimit {
			refuse(w, http.StatusBadRequest, "invalid_limit")
			return
		}
		limit = n
	}
	since, number := time.Time{}, ""
	var err error
	if cursor := query.Get("cursor"); cursor != "" {
		since, number, err = readCursor(cursor)
	} else if text := query.Get("updated_since"); text != "" {
		since, err = time.Parse(time.RFC3339Nano, text)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "invalid_parameter")
		return
	}
	s.list(w, since, number, min(limit, s.world.PageSize))
}

func (s *server) list(w http.ResponseWriter, since time.Time, number string, limit int) {
	page := struct {
		Orders []Order `json:"orders"`
		Cursor string  `json:"cursor,omitempty"`
		// AsOf is SampleShop's own time.
		AsOf time.Time `json:"as_of"`
	}{Orders: []Order{}, AsOf: s.control.Now()}
	for _, order := range s.world.Orders {
		if at := order.UpdatedAt.Compare(since); at < 0 || at == 0 && order.Number <= number {
			continue
		}
		if len(page.Orders) == limit {
			last := page.Orders[limit-1]
			page.Cursor = writeCursor(last.UpdatedAt, last.Number)
			break
		}
		page.Orders = append(page.Orders, order)
	}
	answer(w, http.StatusOK, page)
}

func writeCursor(at time.Time, number string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(at.Format(time.RFC3339Nano) + " " + number))
}

func readCursor(cursor string) (time.Time, string, error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return time.Time{}, "", err
	}
	moment, number, _ := strings.Cut(string(text), " ")
	at, err := time.Parse(time.RFC3339Nano, moment)
	return at, number, err
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that has gone notices by itself
}

// refuse answers in the one form of SampleShop's errors.
func refuse(w http.ResponseWriter, status int, code string) {
	answer(w, status, map[string]any{"error": map[string]string{"code": code}})
}
