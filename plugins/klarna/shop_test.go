package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/kvitt/kvitt/ports"
)

// shop is where Klarna's messages arrive.
type shop struct {
	*httptest.Server
	mu       sync.Mutex
	messages []ports.CallbackRequest
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.messages = append(s.messages, ports.CallbackRequest{Method: r.Method, Query: r.URL.RawQuery, Headers: r.Header, Body: body})
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *shop) arrived() []ports.CallbackRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]ports.CallbackRequest(nil), s.messages...)
}

// push has the simulator send a push.
func (f *far) push(order, address string) {
	f.t.Helper()
	f.control(http.MethodPost, "/_sim/klarna/pushes", object{"order_id": order, "url": address})
}
