package simulator

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"
)

// Kind says what a fault does to the requests it strikes.
type Kind string

// The kinds of fault. "Handled" means that the simulated system has done what it
// was asked to do, and that its state shows it.
const (
	KindLatency     Kind = "latency"      // delay, then go on
	KindStatus      Kind = "status"       // answer status and body instead of handling
	KindStatusAfter Kind = "status_after" // handle, then answer status and body instead of the real answer
	KindCutBefore   Kind = "cut_before"   // close the connection without handling
	KindCutAfter    Kind = "cut_after"    // handle, then close the connection without an answer
	KindTruncate    Kind = "truncate"     // handle, then send half of the body and close
	KindHoldBefore  Kind = "hold_before"  // wait before handling until released; not handled if the client goes first
	KindHoldAfter   Kind = "hold_after"   // handle, then wait before answering until released
)

// Fault is the body of POST /_sim/faults: which requests it strikes, and how.
type Fault struct {
	Method string `json:"method,omitempty"` // empty = any
	Path   string `json:"path,omitempty"`   // regular expression on the path, empty = any
	Nth    int    `json:"nth,omitempty"`    // strike from the nth match on; 0 and 1 are the first
	Times  int    `json:"times,omitempty"`  // strike so many times; 0 = always
	// Request strikes the request with this number alone, instead of counting
	// matches; 0 = not used.
	Request int  `json:"request,omitempty"`
	Kind    Kind `json:"kind"`
	// DelayMS is waited, in milliseconds, before the fault acts. It is all that
	// the kind latency does; with the other kinds it is optional.
	DelayMS int               `json:"delay_ms,omitempty"`
	Status  int               `json:"status,omitempty"` // for status and status_after; 0 = 500
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`
}

// ActiveFault is a fault as GET /_sim/faults shows it.
type ActiveFault struct {
	ID int `json:"id"`
	Fault
	Matches int `json:"matches"` // requests that fit method and path
	Hits    int `json:"hits"`    // requests that it struck
}

// rule is a fault in force.
type rule struct {
	ActiveFault
	path    *regexp.Regexp
	removed bool
}

func newRule(f Fault) (*rule, error) {
	switch f.Kind {
	case KindLatency, KindStatus, KindStatusAfter, KindCutBefore, KindCutAfter,
		KindTruncate, KindHoldBefore, KindHoldAfter:
	default:
		return nil, fmt.Errorf("kind %q is not known", f.Kind)
	}
	path, err := regexp.Compile(f.Path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("path: %w", err)
	case f.Nth < 0 || f.Times < 0 || f.Request < 0 || f.DelayMS < 0:
		return nil, errors.New("nth, times, request and delay_ms must not be negative")
	case f.Request > 0 && (f.Nth > 0 || f.Times > 0):
		return nil, errors.New("request names one request: nth and times have no meaning beside it")
	case f.Kind == KindLatency && f.DelayMS == 0:
		return nil, errors.New("latency needs delay_ms")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return nil, fmt.Errorf("status %d is not one of 200 to 599", f.Status)
	}
	return &rule{ActiveFault: ActiveFault{Fault: f}, path: path}, nil
}

// due counts the request if it fits the rule, and tells whether the rule is
// due to strike it.
func (r *rule) due(number int, method, path string) bool {
	if r.Method != "" && r.Method != method || !r.path.MatchString(path) {
		return false
	}
	r.Matches++
	if r.Request > 0 {
		return number == r.Request
	}
	return r.Matches >= r.Nth && (r.Times == 0 || r.Hits < r.Times)
}

// answer is what the kinds status and status_after send.
func (r *rule) answer() *bufferedAnswer {
	a := newBufferedAnswer()
	for name, value := range r.Headers {
		a.header.Set(name, value)
	}
	status := r.Status
	if status == 0 {
		status = http.StatusInternalServerError
	}
	a.WriteHeader(status)
	a.body.WriteString(r.Body)
	return a
}

// strike is what one request has drawn: a delay, and at most one other fault.
type strike struct {
	number int
	delay  time.Duration
	rule   *rule
}

// kind of the fault, empty for none or a mere delay.
func (s strike) kind() Kind {
	if s.rule == nil {
		return ""
	}
	return s.rule.Kind
}
