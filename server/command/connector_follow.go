package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/server/client"
)

var errUnfollowed = errors.New("the swap is no longer followed: it goes on in the hub")

// look is how often a swap that is followed is looked at.
const look = 300 * time.Millisecond

// follow tells how a swap goes until it is in a state that is wanted, or has ended: then it
// fails. Who interrupts it ends the following alone.
func follow(ctx context.Context, out io.Writer, hub *client.Client, swap api.Swap, asJSON bool, wanted ...api.SwapState) error {
	said := teller{out: out}
	if asJSON {
		said.out = io.Discard
	}
	there := func() bool { return swap.EndedAt != nil || slices.Contains(wanted, swap.State) }
	for said.tell(swap); !there(); said.tell(swap) {
		err := hub.Get(ctx, swapPath(swap.ID), &swap)
		if err == nil && !there() {
			err = pause(ctx)
		}
		if ctx.Err() != nil {
			fmt.Fprintf(said.out, "\nThe swap goes on. To end it: kvitt connector cancel %s --reason ...\n", swap.ID)
			return errUnfollowed
		}
		if err != nil {
			return err
		}
	}
	if asJSON {
		if err := printJSON(out, swap); err != nil {
			return err
		}
	} else if err := showFindings(out, swap); err != nil {
		return err
	}
	if slices.Contains(wanted, swap.State) {
		return nil
	}
	return unlike(swap)
}

func pause(ctx context.Context) error {
	timer := time.NewTimer(look)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// unlike is the fault of a swap that has not ended as it was wanted.
func unlike(swap api.Swap) error {
	if swap.Fault == nil {
		return fmt.Errorf("the swap %s has ended as %s", swap.ID, swap.State)
	}
	return fault.New(fault.Code(swap.Fault.Code), fault.Conflict, swap.Fault.Reason).WithField(swap.Fault.Field).WithRemedy(swap.Fault.Remedy)
}

func title(swap api.Swap) string {
	act := "Swap"
	if swap.Undo {
		act = "Undo"
	}
	whom := ""
	if n := len(swap.Connections); n > 0 {
		whom = fmt.Sprintf(", for %d connection(s)", n)
	}
	return fmt.Sprintf("%s %s of %s: %s → %s%s", act, swap.ID, swap.Connector, swap.From, swap.To, whom)
}

// teller writes each state of a swap once, and how far it has come when that changes.
type teller struct {
	out   io.Writer
	told  int
	known string
}

func (t *teller) tell(swap api.Swap) {
	if t.told == 0 {
		fmt.Fprintln(t.out, title(swap))
	}
	for ; t.told < len(swap.Entered); t.told++ {
		if t.told > 0 {
			t.add(passed(swap, api.SwapState(swap.Entered[t.told-1].State)))
		}
		entry := swap.Entered[t.told]
		t.known = howFar(swap)
		if t.told < len(swap.Entered)-1 {
			t.known = passed(swap, api.SwapState(entry.State))
		}
		t.line(entry.At.UTC().Format("15:04:05Z"), entry.State, t.known)
	}
	t.add(howFar(swap))
}

// add tells more of the state that was told last, if there is more.
func (t *teller) add(progress string) {
	if progress != "" && progress != t.known {
		t.known = progress
		t.line("", "", progress)
	}
}

func (t *teller) line(at, state, progress string) {
	fmt.Fprintln(t.out, strings.TrimRight(fmt.Sprintf("  %-9s  %-12s  %s", at, state, progress), " "))
}

// howFar says in words how far a swap has come.
func howFar(swap api.Swap) string {
	flying := ""
	if swap.InFlight > 0 {
		flying = fmt.Sprintf(", %d call(s) under way are waited for", swap.InFlight)
	}
	switch swap.State {
	case api.SwapStateHandingOver:
		return fmt.Sprintf("%d of %d lane(s) moved%s", swap.Moved, swap.Lanes, flying)
	case api.SwapStateDraining:
		return fmt.Sprintf("%s ends its last calls%s", swap.From, flying)
	case api.SwapStateWatching:
		if swap.WatchUntil != nil {
			return fmt.Sprintf("%s serves, watched until %s", swap.To, swap.WatchUntil.UTC().Format("15:04:05Z"))
		}
	case api.SwapStateRefused, api.SwapStateCancelled, api.SwapStateReturned:
		return swap.From + " serves"
	case api.SwapStateDone:
		return swap.To + " serves"
	case api.SwapStateChecking, api.SwapStateComparing:
		return passed(swap, swap.State)
	}
	return ""
}

// passed says what came of a state that is over, or how far it has come.
func passed(swap api.Swap, state api.SwapState) string {
	switch state {
	case api.SwapStateChecking:
		if len(swap.Checks) == 0 {
			return ""
		}
		failed := 0
		for _, c := range swap.Checks {
			if c.State == api.SwapCheckStateFailed {
				failed++
			}
		}
		return fmt.Sprintf("%d connection(s) checked with %s, %d failed", len(swap.Checks), swap.To, failed)
	case api.SwapStateComparing:
		if swap.Payouts == 0 && swap.State == api.SwapStateComparing {
			return ""
		}
		return fmt.Sprintf("%d payout(s) read again, %d line(s), %d otherwise than stored", swap.Payouts, swap.Lines, swap.Differ)
	case api.SwapStateHandingOver:
		return fmt.Sprintf("%d of %d lane(s) moved", swap.Moved, swap.Lanes)
	case api.SwapStateDraining, api.SwapStateWatching, api.SwapStateDone, api.SwapStateRefused, api.SwapStateCancelled, api.SwapStateReturned:
	}
	return ""
}

// showFindings lists what the checks and the comparison have found.
func showFindings(out io.Writer, swap api.Swap) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, c := range swap.Checks {
		if c.State != api.SwapCheckStateOk {
			fmt.Fprintf(w, "check %s\t%s\t%s\n", c.State, c.ConnectionID, c.Detail)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(swap.Differences) > 0 {
		fmt.Fprintln(w, "PAYOUT\tLINE\tFIELD\tSTORED\tREAD\tBLOCKS")
	}
	for _, d := range swap.Differences {
		blocks := "no"
		if d.Blocks {
			blocks = "yes"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", d.PayoutID, d.Line, d.Field, orDash(d.Stored), orDash(d.Read), blocks)
	}
	return w.Flush()
}
