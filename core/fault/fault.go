// Package fault is the one shape in which kvitt says that something went wrong.
//
// A fault has a stable code that programs may branch on, says who must act
// (source), what to do with the call that failed (class), where the wrong value
// stood (field) and what a person should do next (remedy). It crosses the
// process border of a connector and the REST API unchanged.
package fault

import (
	"errors"
	"strings"
	"time"
)

// Code names one kind of fault, always as area.reason ("erp.period_locked").
// Codes are part of the public API: they are never renamed or reused.
type Code string

// Class says what the caller may do with the operation that failed.
type Class string

// The closed set of classes.
const (
	// Validation: the input makes no sense; the same call fails again.
	Validation Class = "validation"
	// Auth: the credentials are wrong, expired or lack a right.
	Auth Class = "auth"
	// NotFound: the thing named does not exist.
	NotFound Class = "not_found"
	// Duplicate: it exists already, or two things answer to one key.
	Duplicate Class = "duplicate"
	// Conflict: the state of the thing forbids the operation.
	Conflict Class = "conflict"
	// RateLimited: nothing happened; try again after RetryAfter.
	RateLimited Class = "rate_limited"
	// Temporary: a read failed in a way that may pass.
	Temporary Class = "temporary"
	// NotSent: the request never left; nothing happened and it may be repeated.
	NotSent Class = "not_sent"
	// Unknown: a write may or may not have taken effect.
	Unknown Class = "unknown"
)

// Source says where the fault arose, hence who can mend it.
type Source string

// The sources.
const (
	Hub       Source = "hub"       // the request was wrong, or kvitt itself failed
	Connector Source = "connector" // the connector's author
	Upstream  Source = "upstream"  // the remote system, or the merchant's account there
)

// Error is a fault with everything a person or a program needs to act on it.
// Reason and Remedy are written for the reader of an API answer or a log: they
// hold no secret and no personal data.
type Error struct {
	Code   Code
	Class  Class
	Source Source
	// Field is the path of the value at fault ("rows[2].account"), or empty.
	Field string
	// Reason is what is wrong, lower case, without a final stop.
	Reason string
	// Remedy is what to do about it, a sentence without a final stop, or empty.
	Remedy string
	// RetryAfter is how long to wait before the next call, if the fault says so.
	RetryAfter time.Duration

	cause error
}

// New returns a fault of the given class that arose in the hub.
func New(code Code, class Class, reason string) *Error {
	return &Error{Code: code, Class: class, Source: Hub, Reason: reason}
}

// Invalid returns a validation fault about one field.
func Invalid(code Code, field, reason string) *Error {
	return &Error{Code: code, Class: Validation, Source: Hub, Field: field, Reason: reason}
}

// WithRemedy returns a copy of e that tells the reader what to do.
func (e *Error) WithRemedy(remedy string) *Error {
	c := *e
	c.Remedy = remedy
	return &c
}

// WithField returns a copy of e that names the value at fault.
func (e *Error) WithField(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// From returns a copy of e with its source set.
func (e *Error) From(source Source) *Error {
	c := *e
	c.Source = source
	return &c
}

// Wrap returns a copy of e whose cause is err.
func (e *Error) Wrap(err error) *Error {
	c := *e
	c.cause = err
	return &c
}

// Error gives "code: field: reason: cause".
func (e *Error) Error() string {
	parts := []string{string(e.Code)}
	if e.Field != "" {
		parts = append(parts, e.Field)
	}
	parts = append(parts, e.Reason)
	if e.cause != nil {
		parts = append(parts, e.cause.Error())
	}
	return strings.Join(parts, ": ")
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is a fault with the same code.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Code == e.Code
}

// Of returns the outermost fault in err's chain, or nil.
func Of(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// CodeOf returns the code of the fault in err, or "" if err carries none.
func CodeOf(err error) Code {
	if e := Of(err); e != nil {
		return e.Code
	}
	return ""
}

// ClassOf returns the class of the fault in err. An error without a fault is
// Unknown: after a write, nothing may be assumed about its outcome.
func ClassOf(err error) Class {
	if e := Of(err); e != nil {
		return e.Class
	}
	return Unknown
}
