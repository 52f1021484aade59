// Package simulator is what every simulator of a remote system shares: a clock
// that can be advanced, a log of the requests, and faults on demand.
//
// A simulator is an ordinary HTTP server that behaves like the system it stands
// for, with state, credentials, limits and quirks. This kit adds the part that a
// test or a demonstration steers and that the simulated system never has; it all
// lives below the path /_sim/. The kit uses the standard library alone, so that a
// simulator and the connector it is held against cannot share a mistake.
package simulator

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"time"
)

// controlPrefix is the path below which nothing belongs to the simulated system.
const controlPrefix = "/_sim/"

// Control is the part of a simulator that a test or a demonstration steers:
// clock, faults, request log. It is safe for use by many goroutines.
type Control struct {
	clock  clock
	log    requestLog
	faults faultBox
	routes *http.ServeMux
}

// New returns a Control whose simulated clock shows start now and runs on at the
// pace of the machine's clock.
func New(start time.Time) *Control {
	c := &Control{}
	c.clock.set(start)
	c.routes = c.controlRoutes()
	return c
}

// Now is the simulated time in UTC: start + real time passed + all advances.
func (c *Control) Now() time.Time { return c.clock.now() }

// Wrap returns a handler that serves the control API below /_sim/ and passes
// every other request to next, logged and subject to faults.
//
// A path below /_sim/ that the kit does not know reaches next too, but neither
// log nor faults touch it: there a simulator serves controls of its own.
//
// Next works on a buffered answer and with a context that the client's going away
// does not cancel, so what it does to the simulator's state stands even when a
// fault keeps its answer from the client.
func (c *Control) Wrap(next http.Handler) http.Handler {
	return &steered{control: c, next: next}
}

type steered struct {
	control *Control
	next    http.Handler
}

func (s *steered) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, controlPrefix) {
		s.control.handle(w, r, s.next)
		return
	}
	if _, pattern := s.control.routes.Handler(r); pattern != "" {
		s.control.routes.ServeHTTP(w, r)
		return
	}
	s.next.ServeHTTP(w, r)
}

// handle takes one request of the simulated system from arrival to answer.
func (c *Control) handle(w http.ResponseWriter, r *http.Request, next http.Handler) {
	request := c.log.open(r)
	// The body is read to its end before anything else: only then does net/http
	// notice that a client has gone, which a hold depends on.
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.log.close(request, http.StatusBadRequest)
		http.Error(w, "the request's body breaks off", http.StatusBadRequest)
		return
	}
	c.log.read(request, body)
	handled := r.WithContext(context.WithoutCancel(r.Context()))
	handled.Body = io.NopCloser(bytes.NewReader(body))

	fault := c.faults.pick(request.Number, r.Method, r.URL.Path)
	answer, ok := c.faults.act(fault, w, r, func(a http.ResponseWriter) { next.ServeHTTP(a, handled) })
	if !ok {
		return
	}
	// Logged before it is sent: whoever has the answer finds it in the log.
	c.log.close(request, answer.status)
	if fault.kind() == KindTruncate {
		answer.sendHalf(w)
		return
	}
	answer.send(w)
}
