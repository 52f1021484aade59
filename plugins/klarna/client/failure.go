package client

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// CodeUnreadable: Klarna answered something that is not what it documents.
const CodeUnreadable fault.Code = "klarna.answer_unreadable"

// classify tells the fault of an answer by its status and Klarna's error code,
// never by its text: texts change and may name a person. The correlation id, by
// which Klarna's support finds the request, goes into the reason.
func classify(req upstream.Request, answer upstream.Answer) *fault.Error {
	f := upstream.Classify(req, answer)
	if f == nil {
		return nil
	}
	said := readFailure(answer)
	out := *f
	out.Class = classOf(said.code, answer.Status, f.Class)
	if said.code != "" {
		out.Reason += " (" + said.code + ")"
	}
	if said.correlation != "" {
		out.Reason += ", correlation id " + said.correlation
	}
	if out.Class == fault.RateLimited && answer.Header.Get("Retry-After") == "" {
		out.RetryAfter = untilReset(answer.Header)
	}
	return &out
}

// classOf follows Klarna's table of error codes. A conflict passes: nothing that
// is read here can be in a state that forbids reading.
func classOf(code string, status int, otherwise fault.Class) fault.Class {
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		return fault.Auth
	}
	switch code {
	case "TOO_MANY_REQUESTS":
		return fault.RateLimited
	case "INTERNAL_SERVER_ERROR", "UNEXPECTED_ERROR", "TEMPORARILY_UNAVAILABLE", "CONFLICT":
		return fault.Temporary
	case "NOT_FOUND", "NO_SUCH_ORDER", "NO_SUCH_CAPTURE":
		return fault.NotFound
	}
	if otherwise == fault.Conflict {
		return fault.Temporary
	}
	return otherwise
}

type failure struct {
	code        string
	correlation string
}

// readFailure reads the body of an error, whatever its content type says: errors
// of reports are declared under the report's type, and a 401 has no body at all.
func readFailure(answer upstream.Answer) failure {
	var body struct {
		ErrorCode     string `json:"error_code"`
		CorrelationID string `json:"correlation_id"`
	}
	_ = json.Unmarshal(answer.Body, &body) // no body, or a proxy's page: the status must do
	if body.CorrelationID == "" {
		body.CorrelationID = answer.Header.Get("Klarna-Correlation-Id")
	}
	return failure{code: plain(body.ErrorCode), correlation: plain(body.CorrelationID)}
}

// plain lets through what can only be a name or an id.
func plain(text string) string {
	if ok, err := regexp.MatchString(`^[A-Za-z0-9_-]{1,64}$`, text); err != nil || !ok {
		return ""
	}
	return text
}

// untilReset reads x-ratelimit-reset, the seconds until the limit is lifted.
func untilReset(h http.Header) time.Duration {
	first, _, _ := strings.Cut(h.Get("X-Ratelimit-Reset"), ",")
	seconds, err := strconv.ParseInt(strings.TrimSpace(first), 10, 32)
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, time.Hour)
}

func unreadable(reason string) *fault.Error {
	return fault.New(CodeUnreadable, fault.Temporary, reason).From(fault.Upstream).
		WithRemedy("try again; if it stays, compare the answer with Klarna's documentation")
}
