package settlement

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// work is one slice of one run of a flow.
type work struct {
	*Service
	merchant merchant.Merchant
	flow     merchant.Flow
	settings booking.Settings
	zone     *time.Location
	run      ports.Run
	source   *remote.Account
	target   *remote.Account
	progress progress
	tally    *remote.Tally
	calendar calendar
	// What is read while the piece before it is being stored.
	documents ahead[ports.DocumentPage]
	pages     ahead[ports.LinePage]
	batches   ahead[batch]
	converted converted
	// rehearsal is set while a plan is only tried.
	rehearsal *rehearsal
	// claimed are the documents on which the batch planned last has claims.
	claimed map[string]bool
}

// phase is what a run does now.
type phase string

const (
	phaseListing   phase = "listing"   // reading the provider's payouts
	phaseMirroring phase = "mirroring" // reading the accounting system's documents
	phaseWorking   phase = "working"   // on each payout in turn
)

// progress is how far a run has come.
type progress struct {
	Run   string `json:"run"`
	Phase phase  `json:"phase"`
	// Cursor is where the list of the phase goes on.
	Cursor string    `json:"cursor,omitempty"`
	Since  time.Time `json:"since,omitzero"`
	// Newest is the newest payout seen.
	Newest time.Time `json:"newest,omitzero"`
	// Payout is the last payout that this run is through with, Line the last of
	// its waiting lines that was looked at again.
	Payout string `json:"payout,omitempty"`
	Line   int64  `json:"line,omitempty"`
	// Rounds counts how often the run went over the payouts again, see leftBehind.
	Rounds int `json:"rounds,omitempty"`
	// Failures counts failures since the last success.
	Failures int `json:"failures,omitempty"`
}

// open loads what a slice needs. It gives nil if the flow has no run.
func (s *Service) open(ctx context.Context, flowID string) (*work, error) {
	w := &work{Service: s, tally: &remote.Tally{}}
	err := s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error { return w.load(ctx, tx, flowID) })
	if fault.CodeOf(err) == ports.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := w.connect(ctx); err != nil {
		_, err = w.stumble(ctx, err)
		return nil, err
	}
	return w, nil
}

func (w *work) load(ctx context.Context, tx ports.Tx, flowID string) error {
	var err error
	if w.run, err = tx.Runs().Current(ctx, flowID); err != nil {
		return err
	}
	if w.flow, err = tx.Flows().Get(ctx, flowID); err != nil {
		return err
	}
	if w.merchant, err = tx.Merchants().Get(ctx, w.flow.MerchantID); err != nil {
		return err
	}
	saved, err := tx.Cursors().Get(ctx, w.flow.Source, w.stream("progress"))
	if err != nil {
		return err
	}
	if saved != "" {
		if err := json.Unmarshal([]byte(saved), &w.progress); err != nil {
			return err
		}
	}
	newest := w.progress.Newest
	if w.progress.Run != w.run.ID {
		w.progress = progress{Run: w.run.ID, Phase: phaseListing, Newest: newest}
		w.progress.Since = w.listFrom()
	}
	return nil
}

// connect prepares what may fail for reasons a person must mend.
func (w *work) connect(ctx context.Context) error {
	var err error
	if w.zone, err = time.LoadLocation(w.merchant.Zone); err != nil {
		return fault.Invalid("merchant.zone_unknown", "zone", "\""+w.merchant.Zone+"\" is not an IANA time zone").Wrap(err)
	}
	if w.settings, err = booking.Parse(w.flow.Settings); err != nil {
		return err
	}
	if w.source, err = w.desk.Open(ctx, w.flow.Source); err != nil {
		return err
	}
	w.target, err = w.desk.Open(ctx, w.flow.Target)
	return err
}

func (w *work) stream(name string) string { return name + "/" + w.flow.ID }

// update keeps a piece of work together with the progress after it and the calls
// that it cost.
func (w *work) update(ctx context.Context, after progress, fn func(ctx context.Context, tx ports.Tx) error) error {
	calls, limited := w.tally.Drain()
	resumed := w.run.Fault != nil && after != w.progress
	err := w.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		if w.run.ID == "" { // a person's decision outside of any run
			return nil
		}
		if err := tx.Runs().Add(ctx, w.run.ID, ports.RunReport{Calls: calls, RateLimited: limited}); err != nil {
			return err
		}
		if resumed {
			if err := tx.Runs().Wait(ctx, w.run.ID, nil); err != nil { // it does not wait any more
				return err
			}
		}
		return w.saveProgress(ctx, tx, after)
	})
	if err != nil {
		w.tally.Return(calls, limited)
		return err
	}
	w.progress = after
	if resumed {
		w.run.Fault = nil
	}
	return nil
}

// keepTally stores what calls have cost that belong to no other piece of work.
func (w *work) keepTally(ctx context.Context) error {
	if w.tally.Empty() {
		return nil
	}
	return w.update(ctx, w.progress, func(context.Context, ports.Tx) error { return nil })
}

func (w *work) saveProgress(ctx context.Context, tx ports.Tx, p progress) error {
	if p == w.progress {
		return nil
	}
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return tx.Cursors().Set(ctx, w.flow.Source, w.stream("progress"), string(text))
}

// succeeded is the progress after something went well.
func (w *work) succeeded() progress {
	p := w.progress
	p.Failures = 0
	return p
}

// stumble decides what a failure means: what a person must mend ends the run,
// anything else is tried again after a pause, though not for ever.
func (w *work) stumble(ctx context.Context, err error) (Next, error) {
	if ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return Next{}, err
	}
	f := fault.Of(err)
	if f == nil {
		return Next{}, err // the store's own trouble: the job queue retries
	}
	if remote.Awaited(f) {
		return Next{Done: true}, w.await(ctx, f)
	}
	switch f.Class {
	case fault.Auth, fault.Validation, fault.NotFound, fault.Conflict, fault.Duplicate:
		return Next{Done: true}, w.finish(ctx, ports.RunFailed, f)
	case fault.RateLimited, fault.Temporary, fault.NotSent, fault.Unknown:
	}
	p := w.progress
	p.Failures++
	if p.Failures >= w.options.Attempts {
		gaveUp := fault.New(CodeGaveUp, fault.Temporary, f.Error()).From(f.Source).
			WithRemedy("look at the remote system and the connector, then start a run")
		return Next{Done: true}, w.finish(ctx, ports.RunFailed, gaveUp)
	}
	keep := w.update(ctx, p, func(context.Context, ports.Tx) error { return nil })
	pause := max(w.backoff(p.Failures), f.RetryAfter)
	w.log.Warn("work stopped and goes on after a pause", "flow", w.flow.ID, "run", w.run.ID, "failures", p.Failures, "pause", pause,
		"source", f.Source, "class", f.Class, "error", f)
	return Next{After: pause}, keep
}

func (w *work) backoff(failures int) time.Duration {
	pause := w.options.Backoff
	for range failures - 1 {
		if pause *= 2; pause >= time.Minute {
			return time.Minute
		}
	}
	return pause
}

// await leaves the run as it is, with the reason why it waits, which is told once.
// What it waits for wakes the flow.
func (w *work) await(ctx context.Context, f *fault.Error) error {
	if w.run.Fault != nil && w.run.Fault.Code == f.Code && w.run.Fault.Reason == f.Reason {
		return w.keepTally(ctx)
	}
	w.log.Warn("run waits for somebody to act", "flow", w.flow.ID, "run", w.run.ID, "source", f.Source, "class", f.Class, "error", f)
	why := w.record(f)
	err := w.update(ctx, w.progress, func(ctx context.Context, tx ports.Tx) error { return tx.Runs().Wait(ctx, w.run.ID, why) })
	w.run.Fault = why
	return err
}

// finish closes the run.
func (w *work) finish(ctx context.Context, state ports.RunState, f *fault.Error) error {
	if f != nil {
		w.log.Error("run failed", "flow", w.flow.ID, "run", w.run.ID, "source", f.Source, "class", f.Class, "error", f, "remedy", f.Remedy)
	} else {
		w.log.Info("run done", "flow", w.flow.ID, "run", w.run.ID)
	}
	return w.update(ctx, w.progress, func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Runs().Finish(ctx, w.run.ID, state, w.machine().UTC(), w.record(f)); err != nil {
			return err
		}
		if _, err := tx.Runs().Current(ctx, w.flow.ID); err != nil { // no other run was waiting for this one to end
			return ignoreNotFound(err)
		}
		return tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.AdvanceFlow, Subject: w.flow.ID})
	})
}

func ignoreNotFound(err error) error {
	if fault.CodeOf(err) == ports.CodeNotFound {
		return nil
	}
	return err
}

// record turns a fault into what is kept of it.
func (s *Service) record(f *fault.Error) *ports.FaultRecord { return ports.Recorded(f, s.clock.Now()) }
