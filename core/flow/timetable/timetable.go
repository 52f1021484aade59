// Package timetable starts the runs that schedules ask for.
//
// When a flow runs next is kept with the flow. Find looks every minute for flows
// that are due before it looks again, and enqueues one job for each at its time; the
// job starts the run and moves the flow on to its next time in one unit of work. So
// a time that was kept has one run, however often it was found, and whatever crashes.
package timetable

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/start"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/schedule"
	"github.com/kvitt/kvitt/ports"
)

// grace is how late a run may be started that still counts as started on time.
const grace = 2 * time.Minute

// Log takes what support wants to read; a hclog.Logger is one.
type Log interface {
	Info(message string, pairs ...any)
	Warn(message string, pairs ...any)
}

// Service starts what is due. The business clock says what is; jobs, and the moments
// at which runs started, live in machine time.
type Service struct {
	store   ports.Store
	clock   ports.BusinessClock
	machine func() time.Time
	log     Log
	every   time.Duration
}

// New makes the service; every is how often Find is called.
func New(store ports.Store, clock ports.BusinessClock, machine func() time.Time, log Log, every time.Duration) *Service {
	return &Service{store: store, clock: clock, machine: machine, log: log, every: every}
}

// Find enqueues a job for every flow that is due before Find is called again, at the
// time at which it is.
func (s *Service) Find(ctx context.Context) error {
	for page := (ports.Page{Limit: 1000}); ; {
		var due []merchant.Flow
		err := s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
			var err error
			if due, err = tx.Flows().Due(ctx, s.clock.Now().Add(s.every), page); err != nil {
				return err
			}
			for _, flow := range due {
				if err := s.enqueue(ctx, tx, flow); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(due) < page.Limit {
			return err
		}
		page.After = due[len(due)-1].ID
	}
}

func (s *Service) enqueue(ctx context.Context, tx ports.Tx, flow merchant.Flow) error {
	wait := max(flow.NextRunAt.Sub(s.clock.Now()), 0)
	return tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.StartFlow, Subject: flow.ID, RunAt: s.machine().Add(wait)})
}

// Start starts the run of a flow if it is due, and says when the next one is. A flow
// that is not due yet is left to its time.
func (s *Service) Start(ctx context.Context, flowID string) error {
	var tell func()
	err := s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		tell = func() {}
		flow, err := tx.Flows().Get(ctx, flowID)
		if err != nil || !flow.Enabled || flow.NextRunAt.IsZero() {
			return err
		}
		now := s.clock.Now()
		if wait := flow.NextRunAt.Sub(now); wait > 0 {
			if wait <= s.every { // jobs are called to the millisecond, and may come early by a part of one
				return s.enqueue(ctx, tx, flow)
			}
			return nil
		}
		tell, err = s.start(ctx, tx, flow, now)
		return err
	})
	if err == nil {
		tell()
	}
	return err
}

// start opens the run, unless one is under way, and gives what the log is told once
// that is stored.
func (s *Service) start(ctx context.Context, tx ports.Tx, flow merchant.Flow, now time.Time) (tell func(), err error) {
	plan, err := schedule.Parse(flow.Schedule, flow.ID)
	if err != nil {
		return nil, err
	}
	next := plan.Next(now)
	if err := tx.Flows().Schedule(ctx, flow.ID, flow.Schedule, next); err != nil {
		return nil, err
	}
	about := []any{"flow", flow.ID, "merchant", flow.MerchantID, "due", flow.NextRunAt, "next", next}
	switch under, err := tx.Runs().Whole(ctx, flow.ID); {
	case err == nil:
		return func() {
			s.log.Warn("the schedule asks for a run while another is under way, so none was started", append(about, "run", under.ID)...)
		}, nil
	case fault.CodeOf(err) != ports.CodeNotFound:
		return nil, err
	}
	trigger := ports.TriggerSchedule
	if now.Sub(flow.NextRunAt) > grace {
		trigger = ports.TriggerMadeUp
	}
	run, _, err := start.Run(ctx, tx, flow, trigger, s.machine())
	return func() { s.log.Info("run started", append(about, "run", run.ID, "trigger", trigger)...) }, err
}
