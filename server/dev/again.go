package dev

import (
	"context"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
)

// CodeUnstable: a second reading of the same data gives something else.
const CodeUnstable fault.Code = "dev.unstable"

// again reads everything a second time, from a process started anew where that is
// ours to do, and compares. A hub knows rows by their keys: one that is another at the
// next reading is booked twice. It gives what the second process printed.
func (t *trial) again(ctx context.Context, running *Running) (texts []string) {
	if running.again != nil {
		anew, err := running.again(ctx)
		if err != nil {
			t.result.wrong("second reading", "", err)
			return nil
		}
		defer func() {
			if err := anew.Stop(); err != nil {
				t.result.wrong("second reading", "", err)
			}
			texts = anew.printed.take()
		}()
		running = anew
	}
	second := newTrial(t.stage, running.Connector)
	second.read(ctx)
	if n := len(second.result.Findings); len(second.result.unread) > 0 && n > 0 {
		failed := second.result.Findings[n-1]
		t.result.wrong("second reading, "+failed.Where, failed.Raw, failed.Err)
	}
	t.compare(second.result)
	return nil
}

func (t *trial) compare(second *Result) {
	second.unread = append(second.unread, "check ") // verified once
	second.carry(t.result)
	change := second.Since(t.result)
	for _, name := range change.Removed {
		t.result.wrong(name, "", unstable("a second reading does not find it any more"))
	}
	for _, name := range change.Added {
		t.result.wrong(name, "", unstable("only a second reading finds it"))
	}
	for _, line := range change.Changed {
		name, what, _ := strings.Cut(line, ": ")
		t.result.wrong(name, "", unstable("a second reading gives something else: "+what))
	}
}

func unstable(reason string) error {
	return fault.New(CodeUnstable, fault.Validation, reason).
		WithRemedy("make keys, kinds and amounts of the provider's row alone, never of the clock, chance, a counter or the order of a map")
}
