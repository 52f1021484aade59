package ports

import "time"

// BusinessClock tells the moment that merchants live in: how long a line has
// waited, which day a payment is made. A demo or a test may set it. Machine time,
// for leases, tokens and limits, is not asked of this clock.
type BusinessClock interface {
	Now() time.Time
}
