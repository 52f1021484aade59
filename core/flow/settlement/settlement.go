// Package settlement is the flow of payouts: it lists them at a provider, reads
// and proves their rows, matches them to invoices, plans what to book, and books
// it exactly once.
//
// All progress is in the store. Advance moves one flow on by a slice of time and
// can be stopped anywhere, also by a crash: the next slice goes on from what was
// stored. Nothing is written to the accounting system before the intent to write
// it is stored, and an intent whose outcome is open is looked up before it is
// tried again.
package settlement

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/start"
	"github.com/kvitt/kvitt/ports"
)

// Faults of the flow.
const (
	// CodeGaveUp: a remote system could not be used for too long.
	CodeGaveUp fault.Code = "flow.gave_up"
	// CodeNeedsConfirmation: the provider's kind of payout must be looked at.
	CodeNeedsConfirmation fault.Code = "payout.needs_confirmation"
)

// Service runs flows of payouts.
type Service struct {
	store   ports.Store
	desk    *remote.Desk
	clock   ports.BusinessClock
	machine func() time.Time
	proofs  ProofWriter
	log     Log
	options Options
}

// Log takes what support wants to read: each message with pairs of name and value
// that say which flow, run, payout and step it is about. A hclog.Logger is one.
type Log interface {
	Info(message string, pairs ...any)
	Warn(message string, pairs ...any)
	Error(message string, pairs ...any)
}

// Options bound the work and say what it draws on. All are required.
type Options struct {
	// Rates are what payouts in another currency than the books are booked at.
	Rates Rates
	// Slice is how long Advance works before it gives way.
	Slice time.Duration
	// Batch is how many lines are matched and planned in one unit of work.
	Batch int
	// Attempts is how often an open write, or a failing remote system, is tried.
	Attempts int
	// Backoff is the pause after the first failure; it doubles up to a minute.
	Backoff time.Duration
	// Lookback is how far behind the newest payout the list is read again, for
	// payouts that a provider publishes late.
	Lookback time.Duration
}

// DefaultOptions are those of a hub in production that knows no rates.
func DefaultOptions() Options {
	return Options{Rates: exchange.Table{}, Slice: 30 * time.Second, Batch: 1500, Attempts: 10, Backoff: time.Second, Lookback: 14 * 24 * time.Hour}
}

// New makes the service. The machine clock bounds slices only.
func New(store ports.Store, desk *remote.Desk, clock ports.BusinessClock, machine func() time.Time, proofs ProofWriter, log Log, options Options) *Service {
	return &Service{store: store, desk: desk, clock: clock, machine: machine, proofs: proofs, log: log, options: options}
}

// Start opens a run of a flow and enqueues its work. A flow that is running
// already gets no second run: the running one is returned.
func (s *Service) Start(ctx context.Context, flowID, trigger string) (ports.Run, error) {
	var run ports.Run
	err := s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		opened, fresh, err := start.Enabled(ctx, tx, flowID, trigger, s.machine())
		run = opened
		s.tell(run, fresh)
		return err
	})
	return run, err
}

// StartBy opens a run of a flow of any kind because a person asks for it, which the
// audit log says. The run that is under way is given as it is.
func (s *Service) StartBy(ctx context.Context, flowID, trigger, by string) (ports.Run, error) {
	var run ports.Run
	var fresh bool
	err := s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if run, fresh, err = start.Enabled(ctx, tx, flowID, trigger, s.machine()); err != nil || !fresh {
			return err
		}
		return tx.Audit().Append(ctx, ports.AuditEntry{
			MerchantID: run.MerchantID, At: s.clock.Now().UTC(), By: by, Act: "flow.run_started", Subject: flowID, Detail: run.ID + " " + trigger,
		})
	})
	if err == nil {
		s.tell(run, fresh)
	}
	return run, err
}

// tell logs a run that was opened.
func (s *Service) tell(run ports.Run, fresh bool) {
	if fresh {
		s.log.Info("run started", "flow", run.FlowID, "run", run.ID, "trigger", run.Trigger)
	}
}

// Next says when Advance wants to be called again.
type Next struct {
	// Done: the run is over and nothing is left to do.
	Done bool
	// After is how long to wait before the next slice.
	After time.Duration
}

// Advance works on a flow until its run is over or the slice has passed. It
// returns an error only if the store fails; what goes wrong at a remote system is
// retried later or ends the run, with the reason in its report.
func (s *Service) Advance(ctx context.Context, flowID string) (Next, error) {
	w, err := s.open(ctx, flowID)
	if w == nil || err != nil {
		return Next{Done: w == nil && err == nil}, err
	}
	defer w.dropAhead()
	for end := s.machine().Add(s.options.Slice); s.machine().Before(end); {
		next, err := w.unit(ctx)
		if err != nil {
			w.dropAhead()
			return w.stumble(ctx, err)
		}
		if next.Done || next.After > 0 {
			return next, nil
		}
		if err := ctx.Err(); err != nil {
			return Next{}, err
		}
	}
	w.dropAhead()
	return Next{}, w.keepTally(ctx)
}

// unit does one bounded piece of work: at most one page, batch or group of writes.
func (w *work) unit(ctx context.Context) (Next, error) {
	switch w.progress.Phase {
	case phaseListing:
		return Next{}, w.listPage(ctx)
	case phaseMirroring:
		return Next{}, w.mirrorPage(ctx)
	case phaseWorking:
	}
	record, ok, err := w.nextPayout(ctx)
	if err != nil {
		return Next{}, err
	}
	if !ok {
		if taken, err := w.takeOwn(ctx); taken || err != nil {
			return Next{}, err
		}
		return w.leftBehind(ctx)
	}
	return w.advancePayout(ports.WithWork(ctx, record.ID), record)
}

// identify makes an id that is the same whenever it is made from the same parts,
// so that work which is done again after a crash meets its own traces.
func identify(prefix string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return prefix + hex.EncodeToString(sum[:8])
}
