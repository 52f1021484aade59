package rest

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/callback"
	"github.com/kvitt/kvitt/ports"
)

// intakePath is where providers send their messages.
const intakePath = "/v1/callbacks/:id/:token"

const (
	// mostHead is the most bytes of a message's query and headers.
	mostHead = 32 << 10
	// patience ends a message that trickles in.
	patience = 20 * time.Second
)

// intake takes what providers send. It is none of the generated operations: messages
// are in no form of ours, and nobody who sends one can be asked to send another.
type intake struct {
	*server
	limits *limits
}

func (i *intake) take(c *gin.Context) {
	ctx := c.Request.Context()
	admitted, err := i.Callbacks.Admit(ctx, c.Param("id"), c.Param("token"))
	if err == nil {
		err = i.limits.allow(admitted.ConnectionID, i.Now())
	}
	if err == nil && !slices.Contains(admitted.Declared.Methods, c.Request.Method) {
		err = errNoMethod()
	}
	if err == nil {
		err = i.keep(c, admitted)
	}
	if err != nil {
		i.refuse(c, err)
		return
	}
	acknowledge(c, admitted.Declared)
}

// keep reads the message and stores it.
func (i *intake) keep(c *gin.Context, admitted callback.Admission) error {
	if headOf(c.Request) > mostHead {
		return fault.Invalid(CodeTooLarge, "", "query and headers have more than "+itoa(mostHead)+" bytes")
	}
	// A writer that is no connection, as in tests, has no deadline to set.
	_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(patience))
	body, err := readBody(c)
	if err != nil {
		return err
	}
	return i.Callbacks.Take(c.Request.Context(), admitted, callback.Arrival{
		Method: c.Request.Method, Query: c.Request.URL.RawQuery, Headers: c.Request.Header, Body: body,
	})
}

func headOf(r *http.Request) int {
	size := len(r.URL.RawQuery)
	for name, values := range r.Header {
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	return size
}

// acknowledge answers as the connector has declared.
func acknowledge(c *gin.Context, declared ports.Callbacks) {
	if declared.Body == "" {
		c.Status(declared.Status)
		c.Writer.WriteHeaderNow()
		return
	}
	c.Data(declared.Status, declared.MediaType, []byte(declared.Body))
}

// limits bound how many messages are taken for each connection. There is one for each
// whose address somebody knew, so that guessing makes none.
type limits struct {
	rate  rate.Limit
	burst int
	mu    sync.Mutex
	of    map[string]*rate.Limiter
}

func newLimits(perSecond float64, burst int) *limits {
	return &limits{rate: rate.Limit(perSecond), burst: burst, of: map[string]*rate.Limiter{}}
}

func (l *limits) allow(connectionID string, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter := l.of[connectionID]
	if limiter == nil {
		limiter = rate.NewLimiter(l.rate, l.burst)
		l.of[connectionID] = limiter
	}
	if limiter.AllowN(now, 1) {
		return nil
	}
	many := fault.New(CodeTooMany, fault.RateLimited, "more messages come for this connection than are taken").
		WithRemedy("send the message again later")
	many.RetryAfter = time.Second
	return many
}
