package ports

import (
	"errors"

	"github.com/kvitt/kvitt/core/fault"
)

// CodeGrantExhausted: the request needs more API calls than it was granted. It is
// of class fault.NotSent if nothing was written yet.
const CodeGrantExhausted fault.Code = "connector.grant_exhausted"

// UsedError is an error of a call that knows what the call cost.
type UsedError struct {
	Usage Usage
	Err   error
}

// Error gives the message of the error alone.
func (e *UsedError) Error() string { return e.Err.Error() }

// Unwrap gives the error.
func (e *UsedError) Unwrap() error { return e.Err }

// WithUsage joins what a failed call cost to its error; nil stays nil.
func WithUsage(err error, usage Usage) error {
	if err == nil {
		return nil
	}
	return &UsedError{Usage: usage, Err: err}
}

// UsageOf gives what a failed call cost, and whether the error knows. A caller
// that does not learn it must assume that the whole grant was spent.
func UsageOf(err error) (Usage, bool) {
	var used *UsedError
	if errors.As(err, &used) {
		return used.Usage, true
	}
	return Usage{}, false
}
