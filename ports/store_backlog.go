package ports

import "context"

// Backlog is how much is not finished, over all merchants.
type Backlog struct {
	// Runs are under way, RunsWaiting of them for something that comes by itself.
	Runs        int64 `json:"runs"`
	RunsWaiting int64 `json:"runs_waiting"`
	// Exceptions are open.
	Exceptions int64 `json:"exceptions"`
	// Callbacks have arrived and are not read yet.
	Callbacks int64 `json:"callbacks"`
}

// BacklogStore counts what is not finished, cheaply enough to be asked every few seconds.
type BacklogStore interface {
	Count(ctx context.Context) (Backlog, error)
}
