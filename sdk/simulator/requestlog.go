package simulator

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"sync"
	"time"
)

// keptRequests is how many requests the log keeps; its totals count all.
const keptRequests = 10_000

// Request is one request of the simulated system as the log shows it.
type Request struct {
	Number int    `json:"n"` // from 1, in order of arrival
	Method string `json:"method"`
	Path   string `json:"path"`
	Query  string `json:"query"`
	// Status of the answer; 0 while there is none, and for good when the
	// connection was cut or the client went away first.
	Status int `json:"status"`
	// Started is the machine's time of arrival, not the simulated one, so that
	// rates can be measured across an advance of the clock.
	Started time.Time `json:"started"`
	// BodySHA256 is the hash of the body in hex, of no bytes for no body.
	BodySHA256 string `json:"body_sha256"`
}

// RequestLog is the answer of GET /_sim/requests.
type RequestLog struct {
	Total       int       `json:"total"`
	RateLimited int       `json:"rate_limited"` // answers with status 429
	Requests    []Request `json:"requests"`     // the last 10 000, oldest first
}

type requestLog struct {
	mu          sync.Mutex
	total       int
	rateLimited int
	requests    []*Request
}

// open gives the arriving request its number.
func (l *requestLog) open(r *http.Request) *Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total++
	request := &Request{
		Number: l.total, Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
		Started: time.Now().UTC(),
	}
	l.requests = append(l.requests, request)
	if len(l.requests) >= 2*keptRequests {
		l.requests = append([]*Request(nil), l.requests[len(l.requests)-keptRequests:]...)
	}
	return request
}

func (l *requestLog) read(request *Request, body []byte) {
	sum := sha256.Sum256(body)
	l.mu.Lock()
	defer l.mu.Unlock()
	request.BodySHA256 = hex.EncodeToString(sum[:])
}

// close notes the status that the client is about to get.
func (l *requestLog) close(request *Request, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	request.Status = status
	if status == http.StatusTooManyRequests {
		l.rateLimited++
	}
}

func (l *requestLog) show() RequestLog {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.requests[max(0, len(l.requests)-keptRequests):]
	shown := RequestLog{Total: l.total, RateLimited: l.rateLimited, Requests: make([]Request, 0, len(kept))}
	for _, request := range kept {
		shown.Requests = append(shown.Requests, *request)
	}
	return shown
}

// reset forgets everything: the next request is number 1 again.
func (l *requestLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total, l.rateLimited, l.requests = 0, 0, nil
}
