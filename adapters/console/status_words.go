package console

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/flow/sight"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// troubleState names what is wrong with a connection, the worst first.
func troubleState(l sight.Lane) string {
	switch record := l.Connection; {
	case !record.Pause.Since.IsZero():
		return "paused"
	case record.State != merchant.Verified:
		return string(record.State)
	case l.Running == "":
		return "not_served"
	case l.State != nil && !l.State.Paused.IsZero():
		return "resting"
	}
	return "waiting"
}

// troubleWords says everything of it.
func troubleWords(l sight.Lane) string {
	var parts []string
	record := l.Connection
	if pause := record.Pause; !pause.Since.IsZero() {
		parts = append(parts, "Paused by "+pause.By+" since "+shownMoment(pause.Since)+": "+pause.Reason)
	}
	switch record.State {
	case merchant.ConsentNeeded:
		parts = append(parts, "The merchant must give consent anew; its flows wait")
	case merchant.Unverified:
		parts = append(parts, "It has not been verified")
	case merchant.Failing:
		parts = append(parts, "Its last verification failed"+firstFailed(record.Checks))
	case merchant.Verified, merchant.Disconnected:
	}
	if l.Running == "" {
		parts = append(parts, "No version of the connector serves it")
	}
	if s := l.State; s != nil {
		if !s.Paused.IsZero() {
			parts = append(parts, "The remote system wants to be left alone until "+s.Paused.UTC().Format("15:04:05Z"))
		}
		if s.Waiting > 0 {
			parts = append(parts, fmt.Sprintf("%d call(s) under way, %d waiting for their turn", s.Running, s.Waiting))
		}
	}
	return strings.Join(parts, ". ") + "."
}

func firstFailed(checks []ports.Check) string {
	for _, c := range checks {
		if c.State == ports.CheckFailed {
			return ": " + c.Name + ", " + c.Detail
		}
	}
	return ""
}

// swapSteps are the states that a swap goes through.
var swapSteps = []ports.SwapState{ports.SwapChecking, ports.SwapComparing, ports.SwapHandingOver, ports.SwapDraining, ports.SwapWatching}

func (v *statusView) addSwap(s ports.Swap) {
	shown := swapView{Swap: s, Words: swapWords(s), Mood: swapMood(s.State)}
	if s.State.Ended() {
		v.Past = append(v.Past, shown)
		return
	}
	mark := "done"
	for _, step := range swapSteps {
		if step == s.State {
			mark = "next"
			shown.Steps = append(shown.Steps, stepView{words(string(step)), "now"})
			continue
		}
		shown.Steps = append(shown.Steps, stepView{words(string(step)), mark})
	}
	v.Live = append(v.Live, shown)
}

func swapMood(state ports.SwapState) string {
	switch state {
	case ports.SwapDone:
		return "good"
	case ports.SwapRefused, ports.SwapReturned:
		return "bad"
	case ports.SwapCancelled:
		return "soft"
	case ports.SwapChecking, ports.SwapComparing, ports.SwapHandingOver, ports.SwapDraining, ports.SwapWatching:
	}
	return "amber"
}

func swapWords(s ports.Swap) string {
	flying := ""
	if s.InFlight > 0 {
		flying = "; " + strconv.Itoa(s.InFlight) + " call(s) under way are waited for"
	}
	switch s.State {
	case ports.SwapChecking:
		return fmt.Sprintf("%d connection(s) checked with %s.", len(s.Checks), s.To)
	case ports.SwapComparing:
		return fmt.Sprintf("%d payout(s) with %d line(s) read again, %d otherwise.", s.Payouts, s.Lines, s.Differ)
	case ports.SwapHandingOver:
		return fmt.Sprintf("%d of %d lane(s) moved%s.", s.Moved, s.Lanes, flying)
	case ports.SwapDraining:
		return fmt.Sprintf("%s ends its last calls%s.", s.From, flying)
	case ports.SwapWatching:
		return fmt.Sprintf("%s serves and is watched until %s.", s.To, s.WatchUntil.UTC().Format("15:04:05Z"))
	case ports.SwapDone, ports.SwapRefused, ports.SwapCancelled, ports.SwapReturned:
	}
	if s.Fault != nil {
		return s.Fault.Reason
	}
	return s.Reason
}

func mebibytes(n int64) string {
	const mebi = 1 << 20
	return strconv.FormatInt((n+mebi/2)/mebi, 10) + " MiB"
}

func shownLatency(d time.Duration) string {
	if d < time.Second {
		return strconv.FormatInt(max(d.Milliseconds(), 1), 10) + " ms"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
}

func shownMoment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

func shownSpan(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day:
		return strconv.Itoa(int(d/day)) + " days"
	case d >= time.Hour:
		return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
	case d >= time.Minute:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d <= 0:
		return "–"
	}
	return strconv.Itoa(int(d.Seconds())) + " s"
}
