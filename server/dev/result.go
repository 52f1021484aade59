package dev

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kvitt/kvitt/core/fault"
)

// CodeWrong: a trial has found something wrong with the connector.
const CodeWrong fault.Code = "dev.connector_wrong"

// Result is what one trial of a connector came to.
type Result struct {
	// Connector is its id and version.
	Connector string
	// Done says in a line each what was tried and went well.
	Done []string
	// Findings is what is wrong.
	Findings []Finding
	// facts is everything that was read, by what it is, to be compared with the
	// trial before.
	facts map[string]fact
	// unread names what could not be read to its end: the beginnings of the names of
	// facts that are missing for that reason.
	unread []string
}

// fact is one thing that was read: its fields in words.
type fact map[string]string

// Finding is one thing that is wrong.
type Finding struct {
	// Where is what it is about: "payout P1, line capture-7".
	Where string
	// Raw is the beginning of the bytes it was read from, or empty.
	Raw string
	// Err says which rule is broken. It is a fault wherever there is a rule.
	Err error
}

func newResult(connector string) *Result {
	return &Result{Connector: connector, facts: map[string]fact{}}
}

func (r *Result) wrong(where, raw string, err error) {
	r.Findings = append(r.Findings, Finding{Where: where, Raw: raw, Err: err})
}

func (r *Result) done(line string) { r.Done = append(r.Done, line) }

// Err is a fault if something was wrong.
func (r *Result) Err() error {
	if len(r.Findings) == 0 {
		return nil
	}
	return fault.New(CodeWrong, fault.Validation, "something is wrong with "+r.Connector).WithRemedy("see what is said above")
}

// sentences gives the rule, the reason and the remedy of an error.
func sentences(err error) (rule, reason, remedy string) {
	f := fault.Of(err)
	if f == nil {
		return "", err.Error(), ""
	}
	reason = f.Reason
	if before, found := strings.CutSuffix(err.Error(), f.Error()); found {
		reason = before + reason
	}
	if cause := errors.Unwrap(f); cause != nil {
		reason += ": " + cause.Error()
	}
	rule = string(f.Code)
	if f.Field != "" {
		rule += ", field " + f.Field
	}
	return rule, reason, f.Remedy
}

// excerpt gives the beginning of bytes as one line that a terminal can show.
func excerpt(text []byte, most int) string {
	var out strings.Builder
	space := false
	for len(text) > 0 && out.Len() < most {
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		switch {
		case unicode.IsSpace(r):
			space = out.Len() > 0
			continue
		case !unicode.IsPrint(r):
			r = '\uFFFD'
		}
		if space {
			out.WriteByte(' ')
			space = false
		}
		out.WriteRune(r)
	}
	if len(text) > 0 {
		out.WriteRune('…')
	}
	return out.String()
}
