package upstream

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk"
	"github.com/kvitt/kvitt/sdk/redact"
)

// Faults of calls to remote systems.
const (
	// CodeUnreachable: no connection to the remote system could be made.
	CodeUnreachable fault.Code = "upstream.unreachable"
	// CodeCutOff: the connection broke, or time ran out, after the request may
	// have left.
	CodeCutOff fault.Code = "upstream.cut_off"
	// CodeTooLarge: the answer is larger than the connector reads.
	CodeTooLarge fault.Code = "upstream.answer_too_large"
	// CodeRequest: the connector made a request that HTTP does not allow.
	CodeRequest fault.Code = "upstream.invalid_request"
)

// Do makes one request, again as far as Config.Retries allows. Its error is a
// fault: of class NotSent if the request cannot have left, of class Unknown if a
// write may have taken effect, else what the classification of the answer says.
// No secret of the connection is in it. The answer comes with the error if there
// was one.
func (c *Client) Do(ctx context.Context, req Request) (Answer, error) {
	target, err := c.locate(req.URL)
	if err != nil {
		return Answer{}, err
	}
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, defaultTimeout)
		defer cancel()
	}
	return c.persist(ctx, req, func() (Answer, error) { return c.attempt(ctx, req, target) })
}

// attempt makes a request once.
func (c *Client) attempt(ctx context.Context, req Request, target *url.URL) (Answer, error) {
	watch := &flight{}
	r, hidden, err := c.build(watch.trace(ctx), req, target)
	if err != nil {
		return Answer{}, hide(hidden, err)
	}
	if err := c.spend(); err != nil {
		return Answer{}, err
	}
	began := time.Now()
	answer, err := c.exchange(r, req, watch, hidden)
	log := sdk.Logger(ctx).With("host", target.Host, "path", hidden.In(target.Path), "http_method", r.Method)
	took := time.Since(began).Round(time.Millisecond).String()
	if err != nil {
		log.Debug("upstream call failed", "status", answer.Status, "code", string(fault.CodeOf(err)), "took", took)
		return answer, hide(hidden, err)
	}
	log.Debug("upstream call done", "status", answer.Status, "bytes", len(answer.Body), "took", took)
	return answer, nil
}

// build makes the request with its credentials, and tells what must not be shown.
func (c *Client) build(ctx context.Context, req Request, target *url.URL) (*http.Request, redact.Secrets, error) {
	hidden := redact.New(c.secrets...)
	var body io.Reader
	if req.Body != nil {
		body = bytes.NewReader(req.Body)
	}
	r, err := http.NewRequestWithContext(ctx, req.Method, target.String(), body)
	if err != nil {
		return nil, hidden, fault.New(CodeRequest, fault.NotSent, "the connector made an invalid HTTP request").From(fault.Connector)
	}
	for name, values := range req.Header {
		r.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values) // Sign may change them
	}
	if c.config.UserAgent != "" {
		r.Header.Set("User-Agent", c.config.UserAgent)
	}
	added, err := c.authorize(r, req.Body)
	return r, redact.New(append(added, c.secrets...)...), err
}

// exchange sends the request and reads the answer to its end.
func (c *Client) exchange(r *http.Request, req Request, watch *flight, hidden redact.Secrets) (Answer, error) {
	resp, err := c.http.Do(r)
	if err != nil {
		c.account(watch.sent(), nil, 0)
		return Answer{}, broken(req, watch.reached(), err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer := Answer{Status: resp.StatusCode, Header: resp.Header}
	wait := c.wait(answer)
	c.account(watch.sent(), &answer, wait)
	c.answered(req)
	answer.Body, err = io.ReadAll(io.LimitReader(resp.Body, c.config.MaxBody+1))
	if err != nil {
		return answer, broken(req, true, err)
	}
	if int64(len(answer.Body)) > c.config.MaxBody {
		answer.Body = nil
		return answer, tooLarge(req)
	}
	if f := c.judged(hidden, req, answer); f != nil {
		f = c.completed(f, answer, wait)
		c.limited(f, answer)
		return answer, f
	}
	return answer, nil
}

// completed gives a fault of an answer its source and its wait.
func (c *Client) completed(f *fault.Error, answer Answer, wait time.Duration) *fault.Error {
	out := *f
	if out.Source == fault.Hub {
		out.Source = fault.Upstream
	}
	if out.RetryAfter == 0 && out.Class == fault.RateLimited {
		out.RetryAfter = max(wait, c.asked(answer))
	}
	if out.RetryAfter == 0 && answer.Status == http.StatusServiceUnavailable {
		out.RetryAfter = wait
	}
	return &out
}

// broken is the one place that says what a transport error means. Only a
// request that never had a connection proves that nothing happened: from then
// on net/http may be writing it, even while it reports that time is over.
func broken(req Request, reached bool, err error) error {
	reason := "the connection broke"
	if isTimeout(err) {
		reason = "no answer came in time"
	}
	switch {
	case !reached:
		reason = "no connection could be made"
		if isTimeout(err) {
			reason += " in time"
		}
		return fault.New(CodeUnreachable, fault.NotSent, reason).From(fault.Upstream).Wrap(cause(err))
	case req.Writes():
		return fault.New(CodeCutOff, fault.Unknown, reason).From(fault.Upstream).Wrap(cause(err))
	}
	return fault.New(CodeCutOff, fault.Temporary, reason).From(fault.Upstream).Wrap(cause(err))
}

// cause drops the URL that net/http puts around its errors: its query may hold
// what must not be logged.
func cause(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, context.Canceled) || errors.As(err, &timeout) && timeout.Timeout()
}

func tooLarge(req Request) error {
	class := fault.Validation
	if req.Writes() {
		class = fault.Unknown
	}
	return fault.New(CodeTooLarge, class, "the answer is larger than the connector reads").From(fault.Upstream).
		WithRemedy("ask for smaller pages")
}

// flight watches how far a request gets.
type flight struct {
	connections atomic.Int32
	headers     atomic.Int32
}

func (f *flight) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:      func(httptrace.GotConnInfo) { f.connections.Add(1) },
		WroteHeaders: func() { f.headers.Add(1) },
	})
}

func (f *flight) reached() bool { return f.connections.Load() > 0 }
func (f *flight) sent() int     { return int(f.headers.Load()) }
