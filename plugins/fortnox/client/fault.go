package client

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// remark is what Fortnox says when it refuses.
type remark struct {
	code    int
	message string
}

// classifier gives the function that tells the fault of an answer. Whatever
// Fortnox repeats of the request, the token is not in it.
func classifier(token string) func(upstream.Request, upstream.Answer) *fault.Error {
	return func(req upstream.Request, answer upstream.Answer) *fault.Error {
		byStatus := upstream.Classify(req, answer)
		if byStatus == nil {
			return nil
		}
		said := readRemark(answer.Body)
		if token != "" {
			said.message = strings.ReplaceAll(said.message, token, "[redacted]")
		}
		f := said.fault(req, answer, byStatus)
		f.Reason = said.explain(f.Reason, answer.Header.Get("X-Uid"))
		return f
	}
}

// fault picks the meaning of a refusal: by Fortnox's code where it is known, else
// by the status. A code that nobody has documented is a no for good.
func (r remark) fault(req upstream.Request, answer upstream.Answer, byStatus *fault.Error) *fault.Error {
	status := answer.Status
	if status == http.StatusTooManyRequests || status >= http.StatusInternalServerError || status < http.StatusBadRequest {
		return byStatus
	}
	if r.code == codeSystemException {
		failed := answer
		failed.Status = http.StatusInternalServerError
		return upstream.Classify(req, failed)
	}
	if known, ok := meanings()[r.code]; ok {
		return fault.New(known.code, known.class, byStatus.Reason).From(fault.Upstream).WithRemedy(known.remedy)
	}
	switch {
	case r.code == 0 || byStatus.Class == fault.Auth:
		return byStatus
	case status == http.StatusNotFound:
		return fault.New(CodeNotFound, fault.NotFound, byStatus.Reason).From(fault.Upstream)
	case strings.Contains(strings.ToLower(r.message), "räkenskapsår"):
		return fault.New(CodeYearMissing, fault.Validation, byStatus.Reason).From(fault.Upstream).WithRemedy(RemedyYear)
	}
	return fault.New(CodeRefused, fault.Validation, byStatus.Reason).From(fault.Upstream).
		WithRemedy("look up Fortnox's message; what it names must be corrected in Fortnox or in the settings")
}

// explain joins Fortnox's own words to a reason, with the id by which its support
// finds the request.
func (r remark) explain(reason, uid string) string {
	var told []string
	if r.message != "" {
		told = append(told, "\""+r.message+"\"")
	}
	if r.code != 0 {
		told = append(told, "code "+strconv.Itoa(r.code))
	}
	if uid = identifier(uid); uid != "" {
		told = append(told, "X-Uid "+uid)
	}
	if len(told) == 0 {
		return reason
	}
	return reason + ": " + strings.Join(told, ", ")
}

// readRemark understands the shapes in which Fortnox refuses: ErrorInformation
// with capital or small keys, {"message"} of the gateway, and {"error",
// "error_description"} of the token service, all by whatever content type.
func readRemark(body []byte) remark {
	var said struct {
		ErrorInformation *struct {
			Message string // encoding/json reads "message" as well
			Code    Int
		}
		Message     string `json:"message"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if err := json.Unmarshal(body, &said); err != nil {
		return remark{}
	}
	switch {
	case said.ErrorInformation != nil:
		return remark{code: int(said.ErrorInformation.Code), message: tidy(said.ErrorInformation.Message)}
	case said.Message != "":
		return remark{message: tidy(said.Message)}
	case said.Description != "":
		return remark{message: tidy(said.Description)}
	}
	return remark{message: tidy(said.Error)}
}

// tidy makes a foreign text fit for a reason: one line of bounded length, without
// a final stop.
func tidy(text string) string {
	const longest = 300
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '"' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, " "))
	text = strings.TrimSuffix(strings.TrimSpace(text), ".")
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "…"
	}
	return text
}

// identifier lets through what looks like an id and nothing else.
func identifier(text string) string {
	const longest = 40
	if len(text) > longest || strings.ContainsFunc(text, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-'
	}) {
		return ""
	}
	return text
}
