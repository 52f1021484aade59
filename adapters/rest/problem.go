package rest

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/ports"
)

// Faults of requests.
const (
	// CodeNoRoute: nothing is at this address.
	CodeNoRoute fault.Code = "request.no_route"
	// CodeNoMethod: the address does not take this method.
	CodeNoMethod fault.Code = "request.method_not_allowed"
	// CodeMalformed: the body is not JSON.
	CodeMalformed fault.Code = "request.malformed"
	// CodeInvalid: a parameter or the body does not fit the contract.
	CodeInvalid fault.Code = "request.invalid"
	// CodeTooLarge: the body is larger than any request needs to be.
	CodeTooLarge fault.Code = "request.too_large"
	// CodeMediaType: the body is not declared as what the operation takes.
	CodeMediaType fault.Code = "request.media_type"
	// CodeTooMany: more messages came for one connection than are taken.
	CodeTooMany fault.Code = "request.too_many"
	// CodeTimeout: the request took too long.
	CodeTimeout fault.Code = "request.timeout"
	// CodeMismatch: the Idempotency-Key was used for another request.
	CodeMismatch fault.Code = "request.idempotency_mismatch"
	// CodeInProgress: the first request with this Idempotency-Key is not answered yet.
	CodeInProgress fault.Code = "request.in_progress"
	// CodeInternal: the hub failed; the log says why.
	CodeInternal fault.Code = "hub.internal"
	// CodeNoKey: the request carries no API key that is known.
	CodeNoKey fault.Code = "access.unauthenticated"
	// CodeForbidden: the scope of the key does not allow the call.
	CodeForbidden fault.Code = "access.forbidden"
	// CodeToken: the token of a link has expired or is for something else.
	CodeToken fault.Code = "access.token_invalid"
)

func errNoRoute() error {
	return fault.New(CodeNoRoute, fault.NotFound, "nothing is at this address").WithRemedy("see GET /docs for the addresses")
}

func errNoMethod() error {
	return fault.New(CodeNoMethod, fault.Validation, "this address does not take this method").WithRemedy("see GET /docs for the methods")
}

func errNotFound() error {
	return fault.New(ports.CodeNotFound, fault.NotFound, "nothing has this id").WithRemedy("compare the id with the list it came from")
}

// refuse is the only place where an error becomes an answer.
func (s *server) refuse(c *gin.Context, err error) {
	f := visible(err)
	if f.Code == CodeInternal {
		s.Log.Error("request failed", "request_id", requestID(c), "method", c.Request.Method, "route", c.FullPath(), "error", err)
	}
	problem := problemOf(f, requestID(c))
	if f.RetryAfter > 0 {
		problem.RetryAfterSeconds = int(math.Ceil(f.RetryAfter.Seconds()))
		c.Header("Retry-After", itoa(int64(problem.RetryAfterSeconds)))
	}
	if problem.Status == http.StatusUnauthorized {
		c.Header("WWW-Authenticate", challenge(c.FullPath()))
	}
	c.Abort()
	if strings.HasPrefix(c.FullPath(), "/proof/") || c.FullPath() == CallbackPath || c.FullPath() == statusPath {
		pageHeaders(c.Writer.Header())
		c.Status(problem.Status)
		if err := s.Pages.Refuse(c.Writer, problem.Title, string(f.Code), f.Reason, f.Remedy); err != nil {
			s.Log.Warn("writing a page of refusal", "request_id", requestID(c), "error", err)
		}
		return
	}
	body, err := json.Marshal(problem)
	if err != nil {
		body = []byte(`{"type":"about:blank","title":"Internal error","status":500,"code":"hub.internal","reason":"the answer could not be written"}`)
	}
	c.Data(problem.Status, "application/problem+json", body)
}

// challenge says how to name oneself: of a page a browser asks its user.
func challenge(route string) string {
	if route == statusPath {
		return `Basic realm="kvitt: an API key as password", charset="UTF-8"`
	}
	return "Bearer"
}

// refuseUnreadable answers a request that the generated code could not read
// although it fits the contract.
func (s *server) refuseUnreadable(c *gin.Context, _ error) {
	s.refuse(c, fault.Invalid(CodeMalformed, "", "the request cannot be read").WithRemedy("see GET /docs for what is expected"))
}

// breakOff ends an answer that failed half-way, so that the client does not take
// what it has got for the whole.
func (s *server) breakOff(c *gin.Context, err error) {
	if !c.Writer.Written() {
		s.refuse(c, err)
		return
	}
	s.Log.Warn("answer broken off", "request_id", requestID(c), "route", c.FullPath(), "error", err)
	panic(http.ErrAbortHandler)
}

// visible gives the fault that the caller is told of. What is no fault is the
// hub's own trouble, whose message may hold anything and goes to the log alone.
func visible(err error) *fault.Error {
	f := fault.Of(err)
	switch {
	case f != nil:
		return f
	case errors.Is(err, context.DeadlineExceeded):
		return fault.New(CodeTimeout, fault.Temporary, "the request took too long").WithRemedy("try again; if it was a write, look first whether it took effect")
	}
	return fault.New(CodeInternal, fault.Unknown, "the hub could not do this").WithRemedy("try again, or give the request id to whoever runs the hub")
}

func problemOf(f *fault.Error, id string) api.Problem {
	status := statusOf(f)
	detail := f.Reason
	if f.Field != "" {
		detail = f.Field + ": " + detail
	}
	return api.Problem{
		Type: "urn:kvitt:fault:" + string(f.Code), Title: titles[status], Status: status, Detail: detail, Code: string(f.Code),
		Source: api.ProblemSource(f.Source), Field: f.Field, Reason: f.Reason, Remedy: f.Remedy, RequestID: id,
	}
}

// statuses of codes whose class alone does not tell.
var statuses = map[fault.Code]int{
	CodeNoMethod:   http.StatusMethodNotAllowed,
	CodeMalformed:  http.StatusBadRequest,
	CodeInvalid:    http.StatusBadRequest,
	CodeTooLarge:   http.StatusRequestEntityTooLarge,
	CodeMediaType:  http.StatusUnsupportedMediaType,
	CodeTimeout:    http.StatusGatewayTimeout,
	CodeInternal:   http.StatusInternalServerError,
	CodeNoKey:      http.StatusUnauthorized,
	CodeToken:      http.StatusUnauthorized,
	CodeForbidden:  http.StatusForbidden,
	CodeInProgress: http.StatusConflict,
	// Trying again does not help before somebody resumes the connection.
	remote.CodePaused: http.StatusConflict,
}

func statusOf(f *fault.Error) int {
	if status, ok := statuses[f.Code]; ok {
		return status
	}
	switch f.Class {
	case fault.Validation, fault.Auth:
		// Auth is about the credentials of a connection, not about the caller's key.
		return http.StatusUnprocessableEntity
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Duplicate, fault.Conflict:
		return http.StatusConflict
	case fault.RateLimited:
		return http.StatusTooManyRequests
	case fault.Temporary, fault.NotSent:
		return http.StatusServiceUnavailable
	case fault.Unknown:
		return http.StatusBadGateway
	}
	return http.StatusInternalServerError
}

var titles = map[int]string{
	http.StatusBadRequest:            "The request does not fit the contract",
	http.StatusUnauthorized:          "Who is asking",
	http.StatusForbidden:             "The key does not allow this",
	http.StatusNotFound:              "Not found",
	http.StatusMethodNotAllowed:      "The method is not allowed here",
	http.StatusConflict:              "The state of things forbids this",
	http.StatusRequestEntityTooLarge: "The request is too large",
	http.StatusUnsupportedMediaType:  "The media type is not supported",
	http.StatusUnprocessableEntity:   "The request makes no sense",
	http.StatusTooManyRequests:       "Too many requests",
	http.StatusInternalServerError:   "Internal error",
	http.StatusBadGateway:            "A remote system failed",
	http.StatusServiceUnavailable:    "Not possible right now",
	http.StatusGatewayTimeout:        "It took too long",
}
