// Package callback takes what providers send: messages that something has changed.
//
// A message is stored, with the job that has it read, before anything else is done
// about it, and answered as its connector has declared. So it is taken while the
// connector is down and whatever state its connection is in. Its connector reads it
// later: it checks who has sent it and names what it is about. Each notice wakes what
// it concerns once; what it says is never booked, but read anew from the provider.
package callback

import (
	"context"
	"io"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/ports"
)

// Faults of callbacks.
const (
	// CodeNoticeInvalid: a connector names something that makes no sense.
	CodeNoticeInvalid fault.Code = "callback.notice_invalid"
	// CodeSubscribed: the hub keeps the address at the provider itself.
	CodeSubscribed fault.Code = "callback.subscribed"
	// CodeNotRetryable: a message that was read, or waits for it, cannot be tried again.
	CodeNotRetryable fault.Code = "callback.not_retryable"
)

// Learner takes up an order that its provider says has changed, as part of the unit of
// work that stores the notice. At is when the message arrived. Telling it the same
// again changes nothing. A fault of class fault.Conflict, before anything was changed,
// says that nobody wants to know now.
type Learner interface {
	Learn(ctx context.Context, tx ports.Tx, connectionID, orderID string, at time.Time) error
}

// Log takes what support wants to read; a hclog.Logger is one.
type Log interface {
	Info(message string, pairs ...any)
	Warn(message string, pairs ...any)
}

// Parts are what the service is made of. All are required but Learner.
type Parts struct {
	Store     ports.Store
	Desk      *remote.Desk
	Catalogue ports.Catalogue
	// Learner is told of orders and of those of refunds; without one nobody wants to know.
	Learner Learner
	// Now is machine time.
	Now     func() time.Time
	Random  io.Reader
	Log     Log
	Options Options
}

// Options are what an operator sets. All are required.
type Options struct {
	// Grace is how long an address goes on after it was replaced.
	Grace time.Duration
	// Retention is how long messages are kept.
	Retention time.Duration
	// Attempts is how often a message that makes its connector fail is read.
	Attempts int
	// Backoff is the pause before the next time.
	Backoff time.Duration
}

// Service takes messages and has them read.
type Service struct{ Parts }

// New makes the service.
func New(parts Parts) *Service { return &Service{parts} }

// Messages lists the messages to a connection, newest first; an empty state means all.
func (s *Service) Messages(ctx context.Context, connectionID string, state ports.CallbackState, page ports.Page) ([]ports.CallbackRecord, error) {
	var list []ports.CallbackRecord
	err := s.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		list, err = tx.Callbacks().List(ctx, connectionID, state, page)
		return err
	})
	return list, err
}

// Message gives one message as it arrived.
func (s *Service) Message(ctx context.Context, id string) (ports.CallbackRecord, error) {
	var record ports.CallbackRecord
	err := s.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		record, err = tx.Callbacks().Get(ctx, id)
		return err
	})
	return record, err
}

// Retry has a message read again that was refused or could not be read. It fails with
// CodeNotRetryable for any other.
func (s *Service) Retry(ctx context.Context, id, by string) (ports.CallbackRecord, error) {
	var record ports.CallbackRecord
	err := s.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if record, err = tx.Callbacks().Get(ctx, id); err != nil {
			return err
		}
		if record.State != ports.CallbackRefused && record.State != ports.CallbackUnreadable {
			return fault.New(CodeNotRetryable, fault.Conflict, "the callback is "+string(record.State)).
				WithRemedy("retry callbacks that were refused or are unreadable")
		}
		record.CallbackFate = ports.CallbackFate{State: ports.CallbackReceived}
		if err := tx.Callbacks().Settle(ctx, id, record.CallbackFate); err != nil {
			return err
		}
		if err := tx.Audit().Append(ctx, ports.AuditEntry{MerchantID: record.MerchantID, At: s.Now(), By: by, Act: "callback.retried", Subject: id}); err != nil {
			return err
		}
		return tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.ReadCallbacks, Subject: record.ConnectionID})
	})
	return record, err
}

// pruned is how many messages are forgotten in one unit of work.
const pruned = 500

// Prune forgets messages that are older than they are kept.
func (s *Service) Prune(ctx context.Context) error {
	before := s.Now().Add(-s.Options.Retention)
	for {
		var gone int
		err := s.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
			var err error
			gone, err = tx.Callbacks().Prune(ctx, before, pruned)
			return err
		})
		if err != nil || gone < pruned {
			return err
		}
	}
}
