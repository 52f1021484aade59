package upstream

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

const (
	// DefaultMaxBody is the most bytes that an answer may have, after
	// decompression, if Config does not say.
	DefaultMaxBody = 6 << 20
	// defaultTimeout ends a request whose context has no deadline.
	defaultTimeout = time.Minute
)

// Config is what a connector says once about its remote system.
type Config struct {
	// Hosts are the base URLs that may be called, those of the description.
	Hosts []string
	// UserAgent names the connector and its version: "kvitt-klarna/1.4.2".
	UserAgent string
	// Transport carries the requests; nil means one for the whole process that
	// heeds the proxy variables of the environment.
	Transport http.RoundTripper
	// MaxBody is the most bytes that an answer may have; 0 means DefaultMaxBody.
	MaxBody int64
	// Authorize adds credentials to a request whose host has been checked: Basic,
	// Bearer, HeaderKey or something of the connector's own. It may be nil.
	Authorize func(http.Header)
	// Sign adds what depends on the single request, such as a hash over its body and
	// a secret, after Authorize. It may be nil.
	Sign func(Outgoing) error
	// Retries is how often a request is made again that has failed in a way that may
	// pass, if that can do nothing twice: a read, or whatever was certainly not sent
	// or not done. Each time costs a call of the grant; none goes beyond it or waits
	// beyond the deadline. 0 leaves all trying again to the hub.
	Retries int
	// Wait reads how long to wait out of the header of an answer that limits calls
	// and has no Retry-After, see Seconds. It may be nil.
	Wait func(http.Header) time.Duration
	// Classify tells the fault of an answer, nil if it is a good one. It sees
	// every answer; nil means the function Classify.
	Classify func(Request, Answer) *fault.Error
}

// Request is one request to the remote system.
type Request struct {
	Method string
	// URL is absolute and lies below one of the hosts. Links that the remote
	// system gave may be passed as they are: to other hosts they are refused.
	URL    string
	Header http.Header
	Body   []byte
	// Reads says that the request changes nothing although its method is neither
	// GET nor HEAD.
	Reads bool
}

// Writes reports whether a failure of the request leaves its effect open.
func (r Request) Writes() bool {
	return !r.Reads && r.Method != "" && r.Method != http.MethodGet && r.Method != http.MethodHead
}

// Answer is what the remote system answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Raw gives the answer's body as the evidence that the hub keeps.
func (a Answer) Raw() ports.RawPage {
	sum := sha256.Sum256(a.Body)
	return ports.RawPage{
		SHA256: hex.EncodeToString(sum[:]), MediaType: a.Header.Get("Content-Type"), Bytes: a.Body,
	}
}

// Date is the remote system's own time, zero if the answer does not tell it.
func (a Answer) Date() time.Time {
	at, err := http.ParseTime(a.Header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return at
}

// Client makes the requests of one call of the hub. It may be used from many
// goroutines.
type Client struct {
	config  Config
	http    *http.Client
	hosts   []host
	grant   int
	secrets []string

	mu    sync.Mutex
	usage ports.Usage
	// first is when the first write was answered.
	first time.Time
}

// New gives a client for one call of the hub.
func New(config Config, call ports.Call) *Client {
	if config.MaxBody == 0 {
		config.MaxBody = DefaultMaxBody
	}
	if config.Classify == nil {
		config.Classify = Classify
	}
	transport := config.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	return &Client{
		config:  config,
		grant:   call.Grant,
		hosts:   resolveHosts(config.Hosts, call.Connection.Hosts),
		secrets: slices.Collect(maps.Values(call.Connection.Credentials)),
		http: &http.Client{
			Transport: transport,
			// A redirect could carry credentials to a host that nobody has declared.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Usage says what has been spent so far.
func (c *Client) Usage() ports.Usage {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.usage
}

// Failed joins to err what the call has cost; nil stays nil.
func (c *Client) Failed(err error) error { return ports.WithUsage(err, c.Usage()) }

// Left is how many requests the grant still allows.
func (c *Client) Left() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.grant - c.usage.Calls
}

// spend takes one request from the grant, or refuses.
func (c *Client) spend() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.usage.Calls >= c.grant {
		return fault.New(ports.CodeGrantExhausted, fault.NotSent, "the request needs more calls of the remote API than it was granted").
			From(fault.Connector)
	}
	c.usage.Calls++
	return nil
}

// answered measures what lies between the answers to writes. Readings are left out,
// so that the same reading gives the same result.
func (c *Client) answered(req Request) {
	if !req.Writes() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.first.IsZero() {
		c.first = now
	}
	c.usage.Spread = now.Sub(c.first)
}

// account corrects the cost of a request once it is known: net/http may send a
// read again by itself when a connection turns out to be closed.
func (c *Client) account(sent int, answer *Answer, wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.usage.Calls += max(sent-1, 0)
	if answer != nil && answer.Status == http.StatusTooManyRequests {
		c.usage.RateLimited++
	}
	c.usage.RetryAfter = max(c.usage.RetryAfter, wait)
}

// limited takes up what only the fault of an answer tells: a limit under another
// status, or a wait from elsewhere than Retry-After.
func (c *Client) limited(f *fault.Error, answer Answer) {
	if f.Class != fault.RateLimited {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if answer.Status != http.StatusTooManyRequests {
		c.usage.RateLimited++
	}
	c.usage.RetryAfter = max(c.usage.RetryAfter, f.RetryAfter)
}
