package rest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/onboarding"
	"github.com/kvitt/kvitt/ports"
)

// What stands beside the contract, because neither is for programs that speak JSON.
const (
	metricsPath = "/metrics"
	statusPath  = "/status"
)

// Status is the page on which support sees how everything fares.
type Status interface {
	Render(ctx context.Context, w io.Writer) error
}

// key finds the API key that a caller has sent.
func (s *server) key(ctx context.Context, plain string) (ports.APIKey, error) {
	var key ports.APIKey
	err := s.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		key, err = tx.Access().KeyByHash(ctx, onboarding.HashKey(plain))
		return err
	})
	if fault.CodeOf(err) == ports.CodeNotFound {
		err = errNoKey("the API key is not known")
	}
	return key, err
}

// insiders lets keys of support and operators in. A browser cannot send a bearer by
// itself, so that the key may also be the password of HTTP Basic, with any user name. The
// API proper does not take that: a page elsewhere cannot have a browser act with it.
func (s *server) insiders(c *gin.Context) {
	plain, ok := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
	if !ok {
		_, plain, ok = c.Request.BasicAuth()
	}
	if !ok || plain == "" {
		s.refuse(c, errNoKey("the request carries no API key"))
		return
	}
	key, err := s.key(c.Request.Context(), plain)
	if err == nil && !slices.Contains([]ports.Scope{ports.ScopeOperator, ports.ScopeSupport}, key.Scope) {
		err = errScope(key.Scope)
	}
	if err != nil {
		s.refuse(c, err)
		return
	}
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), callerKey{}, key))
}

func errScope(scope ports.Scope) error {
	return fault.New(CodeForbidden, fault.Auth, "a key of scope "+string(scope)+" may not do this").WithRemedy("use a key of another scope")
}

func (s *server) beside(engine *gin.Engine) {
	guard := []gin.HandlerFunc{s.insiders}
	if s.MetricsOpen {
		guard = nil
	}
	engine.GET(metricsPath, append(guard, func(c *gin.Context) { s.Metrics.ServeHTTP(c.Writer, c.Request) })...)
	engine.GET(statusPath, s.insiders, s.showStatus)
}

func (s *server) showStatus(c *gin.Context) {
	var page bytes.Buffer
	if err := s.Status.Render(c.Request.Context(), &page); err != nil {
		s.refuse(c, err)
		return
	}
	pageHeaders(c.Writer.Header())
	c.Status(http.StatusOK)
	if _, err := page.WriteTo(c.Writer); err != nil {
		s.breakOff(c, err)
	}
}
