package rest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"

	"github.com/gin-gonic/gin"
	"github.com/hashicorp/go-hclog"
)

const requestIDKey = "kvitt.request_id"

var sensibleID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// identify gives the request an id, the caller's own if it is sensible, and sets
// the headers that every answer carries.
func (s *server) identify(c *gin.Context) {
	id := c.GetHeader("X-Request-ID")
	if !sensibleID.MatchString(id) {
		random := make([]byte, 8)
		_, _ = rand.Read(random) // never fails, see crypto/rand
		id = hex.EncodeToString(random)
	}
	c.Set(requestIDKey, id)
	c.Header("X-Request-ID", id)
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("Cache-Control", "no-store")
	c.Header("Referrer-Policy", "no-referrer")
	c.Next()
}

func requestID(c *gin.Context) string { return c.GetString(requestIDKey) }

// logAccess writes one line per request: never a query, a header or a body, which
// may hold secrets. Reading that went well is a detail, lest it bury the rest.
func (s *server) logAccess(c *gin.Context) {
	start := s.Now()
	defer func() {
		level := hclog.Info
		if c.Request.Method == http.MethodGet && c.Writer.Status() < http.StatusBadRequest {
			level = hclog.Debug
		}
		s.Log.Log(level, "request",
			"request_id", requestID(c), "method", c.Request.Method, "route", c.FullPath(), "status", c.Writer.Status(),
			"bytes", max(c.Writer.Size(), 0), "duration", s.Now().Sub(start).String(), "caller", callerOf(c).ID)
	}()
	c.Next()
}

// recoverPanic turns a panic into an answer, so that one request does not take the
// hub down with it.
func (s *server) recoverPanic(c *gin.Context) {
	defer func() {
		thrown := recover()
		if thrown == nil {
			return
		}
		if err, ok := thrown.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(thrown) // the server's own sign to break the connection
		}
		s.Log.Error("panic in a handler", "request_id", requestID(c), "route", c.FullPath(), "panic", fmt.Sprint(thrown), "stack", string(debug.Stack()))
		if c.Writer.Written() {
			panic(http.ErrAbortHandler)
		}
		s.refuse(c, errors.New("panic"))
	}()
	c.Next()
}

// limit bounds the time and the body of a request.
func (s *server) limit(contract *contract) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), s.Options.Timeout)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		most := s.Options.Body
		if contract.operation(c).upload {
			most = s.Options.Upload
		}
		if c.Request.Body != nil {
			c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, most)
		}
		c.Next()
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
