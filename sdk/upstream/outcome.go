package upstream

import (
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// Halfway is the fault of a write of several requests of which the first has
// taken effect. Whatever the later one says, even that nothing was sent, something
// is there, so the hub must look it up. What says what is there.
func Halfway(what string, err error) error {
	f := fault.Of(err)
	if f == nil {
		return err
	}
	open := *f
	open.Class = fault.Unknown
	open.Reason = what + ": " + f.Reason
	return &open
}

// Unsettled is the fault of a look-up that failed while the outcome of an earlier
// attempt is open. A failure that would pass by itself keeps its class; any other
// must not be taken for the refusal of the write.
func Unsettled(err error) error {
	f := fault.Of(err)
	if f == nil {
		return err
	}
	switch f.Class {
	case fault.RateLimited, fault.Auth, fault.Temporary:
		return err
	case fault.NotSent:
		// With the same grant the next attempt would end here as well.
		if f.Code != ports.CodeGrantExhausted {
			return err
		}
	default:
	}
	return Halfway("looking for what an earlier attempt has made", err)
}

// Exhausted is the fault of a write for which the grant is too small. Nothing was
// sent by this attempt; what an earlier one has done stays open.
func Exhausted(w ports.Write) error {
	err := fault.New(ports.CodeGrantExhausted, fault.NotSent, "the request needs more calls of the remote API than it was granted").
		From(fault.Connector)
	if w.Attempt > 1 {
		return Unsettled(err)
	}
	return err
}
