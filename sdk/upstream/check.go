package upstream

import (
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// Check makes an item of a verification out of the outcome of a request. Good is
// the detail of an item that passed. A refusal is a failed item; a failure that says
// nothing about the connection is returned as it is, because nothing was checked.
func Check(name, good string, err error) (ports.Check, error) {
	if err == nil {
		return ports.Check{Name: name, State: ports.CheckOK, Detail: good}, nil
	}
	f := fault.Of(err)
	if f == nil {
		return ports.Check{}, err
	}
	switch f.Class {
	case fault.Auth, fault.Validation, fault.NotFound, fault.Conflict, fault.Duplicate:
		return ports.Check{Name: name, State: ports.CheckFailed, Detail: f.Reason, Remedy: f.Remedy}, nil
	case fault.RateLimited, fault.Temporary, fault.NotSent, fault.Unknown:
	}
	return ports.Check{}, err
}
