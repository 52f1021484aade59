package upstream

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/kvitt/kvitt/core/fault"
)

// persist makes a request as often as Config.Retries allows, while the grant and
// the deadline leave room. The answer and the fault are those of the last attempt.
func (c *Client) persist(ctx context.Context, req Request, attempt func() (Answer, error)) (Answer, error) {
	if c.config.Retries <= 0 {
		return attempt()
	}
	var answer Answer
	var failed error
	var waiting time.Duration
	// What backoff returns is left aside: it may be that the context ended during a
	// wait, which says less than the fault before.
	_, _ = backoff.Retry(ctx, func() (struct{}, error) {
		c.waited(waiting)
		answer, failed = attempt()
		f := fault.Of(failed)
		if f == nil {
			return struct{}{}, failed
		}
		if !repeatable(req, f) || c.Left() == 0 {
			return struct{}{}, backoff.Permanent(failed)
		}
		if waiting = f.RetryAfter; waiting > 0 {
			return struct{}{}, &backoff.RetryAfterError{Duration: waiting}
		}
		return struct{}{}, failed
	}, backoff.WithMaxTries(uint(c.config.Retries)+1), backoff.WithMaxElapsedTime(untilDeadline(ctx)))
	return answer, failed
}

// repeatable reports whether a request that failed may be made again without
// doing anything twice: nothing was sent, nothing was done, or nothing is changed.
func repeatable(req Request, f *fault.Error) bool {
	switch f.Class {
	case fault.NotSent:
		return f.Code == CodeUnreachable
	case fault.RateLimited:
		return true
	case fault.Temporary:
		return !req.Writes()
	case fault.Validation, fault.Auth, fault.NotFound, fault.Duplicate, fault.Conflict, fault.Unknown:
	}
	return false
}

// untilDeadline is never 0, which backoff takes for "no limit".
func untilDeadline(ctx context.Context) time.Duration {
	deadline, limited := ctx.Deadline()
	if !limited {
		return defaultTimeout
	}
	return max(time.Until(deadline), time.Nanosecond)
}

// waited takes off the wish to be left alone what has been granted to it.
func (c *Client) waited(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.usage.RetryAfter = max(c.usage.RetryAfter-d, 0)
}
