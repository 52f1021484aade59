package pluginhost

import (
	"context"
	"maps"
	"path"
	"sync"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/connectorpb"
	"github.com/kvitt/kvitt/sdk/wire"
)

// Calls is how the calls of one version of a connector went.
type Calls struct {
	// Total counts the calls that were made of the process and have ended.
	Total int64
	// Failed counts those that ended with a fault, or with an answer that breaks the
	// protocol.
	Failed int64
	// Refused counts calls that were never made, because the connector was down.
	Refused int64
	// Judged counts those of the failed calls in which the connector turned down a message
	// that somebody had sent. They are upstream's, and say nothing of the connector.
	Judged int64
	// InFlight is how many are under way, now rather than over time.
	InFlight int
	// Faults divides the failed calls. A crash, a call cut off or past its deadline, and
	// a panic are the connector's; a call that the hub itself gave up is the hub's.
	Faults map[Blame]int64
	// Took is how long the calls took, whether they failed or not.
	Took Latency
	// Methods divides the calls by method, such as "ListPayouts".
	Methods map[string]MethodCalls
}

// Blame is what a failed call proves and who can mend it.
type Blame struct {
	Class  fault.Class
	Source fault.Source
}

// MethodCalls is how the calls of one method went.
type MethodCalls struct {
	Total, Failed int64
	Took          Latency
}

// CallError is a call that failed.
type CallError struct {
	At time.Time
	// Method is the method called, such as "ListPayouts".
	Method string
	// Connection is the id of the merchant's connection, or empty.
	Connection string
	// Work is what the call was made for, see ports.WithWork, or empty.
	Work   string
	Took   time.Duration
	Code   fault.Code
	Class  fault.Class
	Source fault.Source
	// Reason is what was wrong, and where, without the credentials that the version knows.
	Reason string
}

// FailedBy counts the failed calls of one source.
func (c Calls) FailedBy(source fault.Source) int64 {
	var n int64
	for blame, count := range c.Faults {
		if blame.Source == source {
			n += count
		}
	}
	return n
}

// Since gives what has happened between two moments of the same version. InFlight is
// that of the later one.
func (c Calls) Since(earlier Calls) Calls {
	since := c
	since.Total -= earlier.Total
	since.Failed -= earlier.Failed
	since.Refused -= earlier.Refused
	since.Judged -= earlier.Judged
	since.Took = c.Took.since(earlier.Took)
	since.Faults = make(map[Blame]int64)
	for blame, n := range c.Faults {
		if n -= earlier.Faults[blame]; n > 0 {
			since.Faults[blame] = n
		}
	}
	since.Methods = make(map[string]MethodCalls)
	for name, m := range c.Methods {
		before := earlier.Methods[name]
		m.Total -= before.Total
		m.Failed -= before.Failed
		m.Took = m.Took.since(before.Took)
		if m.Total > 0 || m.Failed > 0 {
			since.Methods[name] = m
		}
	}
	return since
}

// witness knows how the calls of a connector went.
type witness interface {
	calls() Calls
	errors() []CallError
	lines() []LogLine
}

const (
	keptErrors    = 50
	longestReason = 1 << 10
	longestName   = 128
)

// record keeps how the calls of one version went. It is no larger after a year.
type record struct {
	mu   sync.Mutex
	sum  Calls
	last []CallError
}

// call is one that has ended.
type call struct {
	method  string
	request any
	took    time.Duration
	fault   *fault.Error // nil if it did not fail
}

func (c call) cutOff() bool { return c.fault != nil && c.fault.Code == wire.CodeCutOff }

// refuse counts a call that was never made.
func (r *record) refuse() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sum.Refused++
}

// note counts a call, and counts it as failed if its answer turns out to be unreadable.
func (r *record) note(ctx context.Context, c call, secrets *secrets) {
	method := path.Base(c.method)
	r.mu.Lock()
	if r.sum.Methods == nil {
		r.sum.Methods, r.sum.Faults = make(map[string]MethodCalls), make(map[Blame]int64)
	}
	m := r.sum.Methods[method]
	m.Total++
	m.Took.add(c.took)
	r.sum.Methods[method] = m
	r.sum.Total++
	r.sum.Took.add(c.took)
	r.mu.Unlock()
	if c.fault != nil {
		r.fail(ctx, c, c.fault, secrets)
		return
	}
	wire.OnUnreadable(ctx, func(f *fault.Error) { r.fail(ctx, c, f, secrets) })
}

// fail counts a call that has been counted as failed, and keeps it.
func (r *record) fail(ctx context.Context, c call, f *fault.Error, secrets *secrets) {
	clean := func(text string, most int) string { return printable([]byte(secrets.hide(text)), most) }
	reason := f.Reason
	if f.Field != "" {
		reason = f.Field + ": " + reason
	}
	failed := CallError{
		At: time.Now(), Method: path.Base(c.method), Connection: connectionOf(c.request), Work: ports.WorkOf(ctx), Took: c.took,
		Code: fault.Code(clean(string(f.Code), longestName)), Class: f.Class, Source: f.Source, Reason: clean(reason, longestReason),
	}
	message := judged(failed.Method, f)
	if message {
		failed.Source = fault.Upstream
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if message {
		r.sum.Judged++
	}
	r.sum.Failed++
	r.sum.Faults[Blame{failed.Class, failed.Source}]++
	m := r.sum.Methods[failed.Method]
	m.Failed++
	r.sum.Methods[failed.Method] = m
	if len(r.last) == keptErrors {
		copy(r.last, r.last[1:])
		r.last = r.last[:keptErrors-1]
	}
	r.last = append(r.last, failed)
}

// judged reports whether a fault is the connector's judgement of a message that somebody
// has sent (ports.CallbackReader): whoever sends garbage must not make the connector look
// sick.
func judged(method string, f *fault.Error) bool {
	wires := f.Code == wire.CodeBroken || f.Code == wire.CodeUnclassified || f.Code == wire.CodeMessage
	return method == "ReadCallback" && !wires && (f.Class == fault.Auth || f.Class == fault.Validation)
}

func connectionOf(request any) string {
	r, ok := request.(interface{ GetCall() *connectorpb.Call })
	if !ok {
		return ""
	}
	return r.GetCall().GetConnection().GetId()
}

func (r *record) calls(inFlight int) Calls {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.sum
	out.InFlight = inFlight
	out.Faults, out.Methods = maps.Clone(r.sum.Faults), maps.Clone(r.sum.Methods)
	return out
}

func (r *record) failures() []CallError {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]CallError(nil), r.last...)
}

func (s *supervisor) calls() Calls { return s.record.calls(s.status().InFlight) }

func (s *supervisor) errors() []CallError { return s.record.failures() }
