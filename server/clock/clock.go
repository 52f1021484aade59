// Package clock holds the two clocks of a hub: machine time for limits and leases,
// business time for what merchants live in.
package clock

import (
	"time"

	"github.com/kvitt/kvitt/core/flow/lane"
	"github.com/kvitt/kvitt/ports"
)

// Machine is machine time.
type Machine struct{}

var _ lane.Clock = Machine{}

// Now gives machine time.
func (Machine) Now() time.Time { return time.Now() }

// After gives a channel that receives once d has passed.
func (Machine) After(d time.Duration) <-chan time.Time { return time.After(d) }

// Business is a clock that may have been set to another moment and goes on from
// there with machine time.
type Business struct {
	offset time.Duration
}

var _ ports.BusinessClock = Business{}

// SetTo gives a clock that shows the moment now; the zero moment leaves it at
// machine time.
func SetTo(moment time.Time) Business {
	if moment.IsZero() {
		return Business{}
	}
	return Business{offset: time.Until(moment)}
}

// Now gives the moment that merchants live in.
func (b Business) Now() time.Time { return time.Now().Add(b.offset) }
