package remote

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// Trap is a server that nobody should call: it stands for a host that the
// connector has not declared, and as a proxy for all such hosts.
type Trap struct {
	URL    string
	server *http.Server

	mu    sync.Mutex
	calls []string
}

// SetTrap starts a trap.
func SetTrap() (*Trap, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // ends with Close
	if err != nil {
		return nil, broken("the trap does not start", err)
	}
	t := &Trap{URL: "http://" + listener.Addr().String()}
	const patience = 10 * time.Second
	t.server = &http.Server{Handler: t, ReadHeaderTimeout: patience}
	go func() { _ = t.server.Serve(listener) }() // ends with Close; there is nothing to report
	return t, nil
}

// Close ends the trap.
func (t *Trap) Close() { _ = t.server.Close() }

// ServeHTTP notes the request whole and answers nothing useful.
func (t *Trap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const most = 1 << 20
	body, _ := io.ReadAll(io.LimitReader(r.Body, most)) // what has arrived counts
	t.mu.Lock()
	t.calls = append(t.calls, fmt.Sprintf("%s %s %v %s", r.Method, r.Host+r.URL.RequestURI(), r.Header, body))
	t.mu.Unlock()
	w.WriteHeader(http.StatusBadGateway)
}

// Calls gives the requests that arrived, each as one text.
func (t *Trap) Calls() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.calls...)
}
