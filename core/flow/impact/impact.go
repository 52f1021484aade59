// Package impact answers what one version of a connector did, and takes up again what it
// has left unsettled: the questions after a version turned out to be faulty.
package impact

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/replay"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// CodeReason: no reason was given.
const CodeReason fault.Code = "impact.reason_missing"

// Versions gives one version of a connector, whichever serves.
type Versions interface {
	Version(connector, version string) (ports.Connector, error)
}

// Engine takes work up again.
type Engine interface {
	// RetryPayout reads a held payout anew.
	RetryPayout(ctx context.Context, payoutID, by string) error
	// RetryException tries again what an exception has stopped.
	RetryException(ctx context.Context, exceptionID, by string) error
}

// Waker lets flows go on that wait for a connector.
type Waker interface {
	Wake(ctx context.Context, connector string) error
}

// Service asks and acts.
type Service struct {
	store    ports.Store
	replays  *replay.Service
	versions Versions
	engine   Engine
	waker    Waker
	now      func() time.Time
}

// New makes the service; now is machine time.
func New(store ports.Store, replays *replay.Service, versions Versions, engine Engine, waker Waker, now func() time.Time) *Service {
	return &Service{store: store, replays: replays, versions: versions, engine: engine, waker: waker, now: now}
}

// Payouts lists what a version has read.
func (s *Service) Payouts(ctx context.Context, connector, version string, page ports.Page) ([]ports.PayoutRecord, error) {
	return walk.View(ctx, s.store, func(ctx context.Context, tx ports.Tx) ([]ports.PayoutRecord, error) {
		return tx.Impact().Payouts(ctx, connector, version, page)
	})
}

// Documents lists what a version has written, or was about to; unsettled leaves only what is
// open or parked.
func (s *Service) Documents(ctx context.Context, connector, version string, unsettled bool, after int64, limit int) ([]ports.Step, error) {
	return walk.View(ctx, s.store, func(ctx context.Context, tx ports.Tx) ([]ports.Step, error) {
		return tx.Impact().Steps(ctx, connector, version, unsettled, after, limit)
	})
}

// Check is one payout that was read again.
type Check struct {
	Payout ports.PayoutRecord
	Report replay.Report
	// Fault says why it could not be read again, nil if it could.
	Fault *ports.FaultRecord
}

// Compare has another version read payouts that a version has read, after an id, and
// compares what it makes of the kept pages with what is stored. Without a version it is
// the one that serves each connection. Nothing is written.
func (s *Service) Compare(ctx context.Context, connector, version, with string, page ports.Page) ([]Check, error) {
	var reader ports.Connector
	if with != "" {
		var err error
		if reader, err = s.versions.Version(connector, with); err != nil {
			return nil, err
		}
	}
	payouts, err := s.Payouts(ctx, connector, version, page)
	if err != nil {
		return nil, err
	}
	checks := make([]Check, 0, len(payouts))
	for _, p := range payouts {
		check := Check{Payout: p}
		var err error
		check.Report, err = s.replays.CompareBy(ctx, p.ID, reader)
		if err != nil {
			f := fault.Of(err)
			if f == nil || ctx.Err() != nil {
				return nil, err
			}
			check.Fault = ports.Recorded(f, s.now())
		}
		checks = append(checks, check)
	}
	return checks, nil
}

// Replanned is what was taken up again.
type Replanned struct {
	// Payouts were held and are read anew.
	Payouts []string
	// Exceptions are of documents that were parked.
	Exceptions []string
	// Open documents are looked up by their flows' next run, which was woken.
	Open int
	// Faults says of what else, by id, why it could not be taken up.
	Faults map[string]ports.FaultRecord
}

// Replan takes up again what a version has left unsettled, by whichever version serves
// now: payouts that are held are read anew, documents that are parked are tried again, and
// those whose outcome is open are looked up.
func (s *Service) Replan(ctx context.Context, connector, version, reason, by string) (Replanned, error) {
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n == 0 || n > 500 {
		return Replanned{}, fault.Invalid(CodeReason, "reason", "a reason has 1 to 500 characters").WithRemedy("say why everything of the version is taken up again")
	}
	done := Replanned{Faults: map[string]ports.FaultRecord{}}
	if err := s.replanPayouts(ctx, connector, version, by, &done); err != nil {
		return done, err
	}
	if err := s.replanSteps(ctx, connector, version, by, &done); err != nil {
		return done, err
	}
	err := s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		return tx.Audit().Append(ctx, ports.AuditEntry{At: s.now().UTC(), By: by, Act: "connector.replanned", Subject: connector, Detail: version + ": " + reason})
	})
	if err != nil {
		return done, err
	}
	return done, s.waker.Wake(ctx, connector)
}

// batch is how much is looked at at a time.
const batch = 500

func (s *Service) replanPayouts(ctx context.Context, connector, version, by string, done *Replanned) error {
	for after := ""; ; {
		page, err := s.Payouts(ctx, connector, version, ports.Page{After: after, Limit: batch})
		if err != nil {
			return err
		}
		for _, p := range page {
			after = p.ID
			if p.State != payout.Held {
				continue
			}
			taken, err := s.try(ctx, p.ID, done, func() error { return s.engine.RetryPayout(ctx, p.ID, by) })
			if err != nil {
				return err
			}
			if taken {
				done.Payouts = append(done.Payouts, p.ID)
			}
		}
		if len(page) < batch {
			return nil
		}
	}
}

func (s *Service) replanSteps(ctx context.Context, connector, version, by string, done *Replanned) error {
	for after := int64(0); ; {
		page, err := s.Documents(ctx, connector, version, true, after, batch)
		if err != nil {
			return err
		}
		for _, step := range page {
			after = step.ID
			if step.State == ports.StepOpen {
				done.Open++
				continue
			}
			exception, err := s.exceptionOf(ctx, step)
			if err != nil {
				return err
			}
			if exception == "" {
				continue
			}
			taken, err := s.try(ctx, exception, done, func() error { return s.engine.RetryException(ctx, exception, by) })
			if err != nil {
				return err
			}
			if taken {
				done.Exceptions = append(done.Exceptions, exception)
			}
		}
		if len(page) < batch {
			return nil
		}
	}
}

// try notes why something could not be taken up; what is wrong with one is no reason to
// leave the others.
func (s *Service) try(ctx context.Context, id string, done *Replanned, act func() error) (bool, error) {
	err := act()
	if f := fault.Of(err); f != nil && ctx.Err() == nil {
		done.Faults[id] = *ports.Recorded(f, s.now())
		return false, nil
	}
	return err == nil, err
}

// exceptionOf gives the open exception of a step, or nothing.
func (s *Service) exceptionOf(ctx context.Context, step ports.Step) (string, error) {
	return walk.View(ctx, s.store, func(ctx context.Context, tx ports.Tx) (string, error) {
		filter := ports.ExceptionFilter{State: ports.ExceptionOpen, PayoutID: step.PayoutID}
		var merchant string
		if step.PayoutID == "" {
			filter.FlowID = step.FlowID
			flow, err := tx.Flows().Get(ctx, step.FlowID)
			if err != nil {
				return "", err
			}
			merchant = flow.MerchantID
		} else {
			p, err := tx.Payouts().Get(ctx, step.PayoutID)
			if err != nil {
				return "", err
			}
			merchant = p.MerchantID
		}
		for after := ""; ; {
			page, err := tx.Exceptions().List(ctx, merchant, filter, ports.Page{After: after, Limit: batch})
			if err != nil {
				return "", err
			}
			for _, e := range page {
				if after = e.ID; e.StepID == step.ID {
					return e.ID, nil
				}
			}
			if len(page) < batch {
				return "", nil
			}
		}
	})
}
