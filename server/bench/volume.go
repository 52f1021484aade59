package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/bench/trade"
)

// volume is what one payout cost, from an empty database until it was planned.
type volume struct {
	Lines int
	// Mirroring, Reading and Planning are the stages, from commit to commit.
	Mirroring, Reading, Planning time.Duration
	// PeakKiB is the most memory that the hub's process held, 0 where the system
	// does not say.
	PeakKiB int64
	// Allocations is how often the hub's process asked for memory while it planned.
	Allocations uint64
	// Rows and Raw: how many rows the payout left in all tables, and how long it
	// takes to insert the very same rows into an empty database.
	Rows int64
	Raw  time.Duration
}

func (v volume) total() time.Duration { return v.Mirroring + v.Reading + v.Planning }

// measureVolume plans a payout of so many lines. It is to be called in a process
// of its own, because the memory is that of the process. It calls planned when the
// payout is.
func measureVolume(ctx context.Context, folder, generator string, lines int, planned func() error) (volume, error) {
	watch := &stopwatch{volume: volume{Lines: lines}, now: time.Now()}
	if err := watch.plan(ctx, folder, generator); err != nil {
		return volume{}, err
	}
	v := watch.volume
	v.PeakKiB = peakKiB()
	err := planned()
	if err != nil {
		return volume{}, err
	}
	v.Rows, v.Raw, err = insertAgain(ctx, folder)
	return v, err
}

// stopwatch measures the stages of a flow from outside: after each commit it looks
// what has become of the payout, and adds the time since the last one to the
// stage that the work belonged to.
type stopwatch struct {
	volume
	rig   *rig
	now   time.Time
	state payout.State
	stop  context.CancelFunc
	// asked is how often memory was asked for before the last commit.
	asked uint64
}

// plan runs the flow until its payout is planned.
func (s *stopwatch) plan(ctx context.Context, folder, generator string) (err error) {
	plugins, err := launch(ctx, folder, generator)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, plugins.host.Stop(context.WithoutCancel(ctx))) }()
	ends := connectors{catalogue: plugins}
	settings := map[string]int{"lines": s.Lines}
	if ends.source, err = connection(sourceID, "generator", settings, struct{}{}); err != nil {
		return err
	}
	if ends.target, err = connection(targetID, "generator", settings, struct{}{}); err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	s.stop = stop
	if s.rig, err = newRig(ctx, folder, ends, trade.Payday().AddDate(0, 0, 1), s.look); err != nil {
		return err
	}
	s.now = time.Now()
	if run, err := s.rig.run(running); s.state != payout.Planned {
		return fmt.Errorf("the payout was not planned (%s): %+v: %w", s.state, run.Fault, err)
	}
	return errors.Join(s.verify(ctx), s.rig.store.Close())
}

// look is called after each commit.
func (s *stopwatch) look(ctx context.Context) error {
	p, err := s.rig.payout(ctx)
	if err != nil && fault.CodeOf(err) != ports.CodeNotFound {
		return err
	}
	stage := &s.Mirroring
	switch {
	case p.State == payout.Planned, s.state == payout.Fetched:
		stage = &s.Planning
	case p.State == payout.Fetched, p.LineCursor != "":
		stage = &s.Reading
	}
	now, asked := time.Now(), allocations()
	*stage += now.Sub(s.now)
	if stage == &s.Planning {
		s.Allocations += asked - s.asked
	}
	s.asked = asked
	s.now, s.state = now, p.State
	if p.State == payout.Planned {
		s.stop()
	}
	return nil
}

// verify makes sure that what was measured is the whole work.
func (s *stopwatch) verify(ctx context.Context) error {
	return s.rig.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		p, err := tx.Payouts().ByReference(ctx, sourceID, payoutReference)
		if err != nil {
			return err
		}
		states, err := tx.Lines().States(ctx, p.ID)
		if err != nil {
			return err
		}
		steps, err := tx.Steps().Counts(ctx, p.ID)
		if err != nil {
			return err
		}
		const voucherAndProof = 2
		if states[ports.LineMatched] != int64(s.Lines) || steps[ports.StepPlanned] != int64(s.Lines)+voucherAndProof {
			return fmt.Errorf("not every line is matched and planned: lines %v, steps %v", states, steps)
		}
		return nil
	})
}
