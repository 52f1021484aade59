package main

import (
	"time"
	_ "time/tzdata" // Fortnox's time must be known on any machine

	"github.com/kvitt/kvitt/core/fault"
)

// CodeWatermark: the watermark was not made by this connector.
const CodeWatermark fault.Code = "fortnox.watermark_invalid"

// stampLayout is how Fortnox takes a moment, without a zone (developer guide,
// parameters: lastmodified).
const stampLayout = "2006-01-02 15:04"

const (
	// lookback is how far a watermark lies before the moment at which the list was
	// begun. Fortnox documents no zone for its stamps: they are believed to be
	// Swedish local time, at most two hours ahead of UTC. Three hours cover either
	// answer, and changes that are stamped a little before they can be seen.
	lookback = 3 * time.Hour
	// blindLookback is used when Fortnox's own clock is not known.
	blindLookback = 48 * time.Hour
)

// zoneOfFortnox is where every company that uses Fortnox keeps its time.
const zoneOfFortnox = "Europe/Stockholm"

// watermark gives what to pass as Since so that no change is missed which happens
// after the answer at that moment. The moment is Fortnox's, told by the Date of
// its answer, since the stamps are made by its clock and not by ours; if the
// answer has none, the machine's clock must do.
func watermark(answered, machine time.Time) (string, error) {
	zone, err := time.LoadLocation(zoneOfFortnox)
	if err != nil {
		return "", fault.New(CodeWatermark, fault.Temporary, "Swedish time is not known on this machine").From(fault.Connector)
	}
	if answered.IsZero() {
		return earliestStamp(machine.Add(-blindLookback).In(zone)), nil
	}
	return earliestStamp(answered.Add(-lookback).In(zone)), nil
}

// earliestStamp is the smallest stamp of any moment from at on. When summer time
// ends, the clock shows one hour twice: what happens in the second one is stamped
// earlier than what happened in the first.
func earliestStamp(at time.Time) string {
	stamp := at.Format(stampLayout)
	if _, end := at.ZoneBounds(); !end.IsZero() {
		if after := end.Format(stampLayout); after < stamp {
			return after
		}
	}
	return stamp
}

// checkWatermark refuses what this connector cannot have returned.
func checkWatermark(text string) error {
	if _, err := time.Parse(stampLayout, text); err != nil {
		return fault.Invalid(CodeWatermark, "since", "the watermark was not made by this connector").From(fault.Connector)
	}
	return nil
}
