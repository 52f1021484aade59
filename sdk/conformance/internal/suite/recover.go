package suite

import (
	"context"
	"fmt"
	"net/http"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/simulator"
)

// disturbance is what befalls one request of a write.
type disturbance struct {
	id, when string
	fault    simulator.Fault
	title    string
	why      string
	after    []string // besides write.found
}

func disturbances() []disturbance {
	again := "The attempt leaves its outcome open; the next one finds what is there, or makes it, by the declared recovery. In the end there is exactly one document."
	return []disturbance{
		{
			id: "recovery.cut-after", when: "cut off after its effect", fault: simulator.Fault{Kind: simulator.KindCutAfter},
			title: "A write is cut off after it has taken effect, at each of its requests. " + again,
			why:   "This is the ordinary way in which invoices are paid twice.",
		},
		{
			id: "recovery.error-after", when: "answered 500 after its effect", fault: simulator.Fault{Kind: simulator.KindStatusAfter, Status: http.StatusInternalServerError},
			title: "A write is answered 500 although it has taken effect, at each of its requests. " + again,
			why:   "A 500 proves nothing: many systems answer it after they have booked.",
		},
		{
			after: []string{"recovery.cut-after"},
			id:    "recovery.half-answer", when: "answered by half after its effect", fault: simulator.Fault{Kind: simulator.KindTruncate},
			title: "The answer to a write breaks off, at each of its requests. " + again,
			why:   "The document is there, and its number is lost.",
		},
		{
			after: []string{"recovery.cut-after"},
			id:    "recovery.cut-before", when: "cut off before its effect", fault: simulator.Fault{Kind: simulator.KindCutBefore},
			title: "A write is cut off before it takes effect, at each of its requests. " + again,
			why:   "From here it looks the same as a cut after the effect, but now the document must be made.",
		},
		{
			after: []string{"recovery.error-after", "recovery.cut-before"},
			id:    "recovery.error-before", when: "answered 500 before its effect", fault: simulator.Fault{Kind: simulator.KindStatus, Status: http.StatusInternalServerError},
			title: "A write is answered 500 and has not taken effect, at each of its requests. " + again,
			why:   "From here it looks the same as a 500 after the effect, but now the document must be made.",
		},
	}
}

func recovering() []Case {
	var cases []Case
	for _, d := range disturbances() {
		cases = append(cases, Case{
			ID: d.id, Level: 3, After: append([]string{"write.found"}, d.after...), unfit: writesNothing, Title: d.title, Why: d.why,
			run: func(ctx context.Context, st *stage) error { return st.eachRequest(ctx, d) },
		})
	}
	return append(cases, Case{
		ID: "recovery.deadline", Level: 3, After: []string{"recovery.cut-after"}, unfit: writesNothing, run: checkWriteDeadline,
		Title: "The time of a write ends after it has taken effect, at each of its requests. The next attempt finds what is there.",
		Why:   "A slow system books as well as a fast one.",
	}, Case{
		ID: "recovery.unsafe", Level: 3, After: []string{"write.created"}, run: checkUnsafe,
		unfit: func(s *Session) string {
			for _, op := range s.description.Operations {
				if op.Recovery == ports.RecoveryUnsafe {
					return ""
				}
			}
			return "no operation is declared unsafe"
		},
		Title: "A second attempt of an operation that is declared unsafe makes nothing.",
		Why:   "If the outcome cannot be found out, a person must look; the connector may not try its luck.",
	})
}

// eachRequest disturbs each request of each write in turn.
func (st *stage) eachRequest(ctx context.Context, d disturbance) error {
	return st.eachWriting(func(w writing) error {
		if op, _ := st.description.Operation(w.method); op.Recovery == ports.RecoveryUnsafe {
			return nil // recovery.unsafe
		}
		u, err := st.undisturbed(ctx, w)
		if err != nil {
			return err
		}
		for i, r := range u.requests.Requests {
			call := fmt.Sprintf("%s, %s %s (request %d) %s", w, r.Method, r.Path, i+1, d.when)
			other, do, err := st.ready(ctx, w)
			if err != nil {
				return err
			}
			f := d.fault
			f.Request = i + 1
			if err := other.far.Fault(ctx, f); err != nil {
				return err
			}
			_, err = other.attempt(ctx, w, do, 1)
			if err := other.settle(ctx, w, do, call, err); err != nil {
				return err
			}
			if err := other.mustEqual(ctx, u, call); err != nil {
				return err
			}
		}
		return nil
	})
}

// settle goes on after a disturbed first attempt as the hub does.
func (st *stage) settle(ctx context.Context, w writing, do try, call string, err error) error {
	if err := st.far.Heal(ctx); err != nil {
		return err
	}
	const most = 3
	for attempt, tries := 1, 0; err != nil; tries++ {
		switch class := fault.ClassOf(err); class {
		case fault.NotSent, fault.RateLimited, fault.Auth: // the same attempt again
		case fault.Temporary, fault.Unknown:
			attempt++
		default:
			return wrong(call, err, "a class that leaves the outcome open, unknown or temporary: the hub gives up at "+string(class))
		}
		if tries == most {
			return wrong(call, err, "a later attempt that finds or makes the document")
		}
		_, err = st.attempt(ctx, w, do, attempt)
	}
	return nil
}

func (st *stage) mustEqual(ctx context.Context, u undisturbed, call string) error {
	now, err := st.snapshot(ctx)
	if err != nil {
		return err
	}
	if diff := firstDifference(u.after, now); diff != "" {
		return wrong(call+", and tried again", diff, "what there is after one undisturbed write")
	}
	return nil
}

func checkWriteDeadline(ctx context.Context, st *stage) error {
	return st.eachWriting(func(w writing) error {
		if op, _ := st.description.Operation(w.method); op.Recovery == ports.RecoveryUnsafe {
			return nil
		}
		u, err := st.undisturbed(ctx, w)
		if err != nil {
			return err
		}
		for i, r := range u.requests.Requests {
			call := fmt.Sprintf("%s, its time ends during %s %s (request %d)", w, r.Method, r.Path, i+1)
			other, do, err := st.ready(ctx, w)
			if err != nil {
				return err
			}
			if err := other.far.Fault(ctx, simulator.Fault{Kind: simulator.KindHoldAfter, Request: i + 1}); err != nil {
				return err
			}
			got, err := other.cancelWhenHeld(ctx, w, do)
			if err != nil {
				return err
			}
			if got == nil {
				return wrong(call, "a document", "an error")
			}
			if err := other.settle(ctx, w, do, call, got); err != nil {
				return err
			}
			if err := other.mustEqual(ctx, u, call); err != nil {
				return err
			}
		}
		return nil
	})
}

// cancelWhenHeld ends the time of a first attempt once a fault holds its request.
func (st *stage) cancelWhenHeld(ctx context.Context, w writing, do try) (got, err error) {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	returned := make(chan error, 1)
	go func() {
		_, err := st.attempt(inner, w, do, 1)
		returned <- err
	}()
	_, err = st.await(ctx, func() (bool, error) {
		n, err := st.far.Held(ctx)
		return n > 0, err
	})
	cancel()
	if err == nil {
		// The connector must be done with the attempt before the next one begins.
		_, err = st.await(ctx, func() (bool, error) {
			n, err := st.far.Held(ctx)
			return n == 0, err
		})
	}
	return <-returned, err
}

func checkWriteRefused(ctx context.Context, st *stage) error {
	refusals := []struct {
		status int
		class  fault.Class
	}{{http.StatusUnauthorized, fault.Auth}, {http.StatusTooManyRequests, fault.RateLimited}}
	return st.eachWriting(func(w writing) error {
		u, err := st.undisturbed(ctx, w)
		if err != nil {
			return err
		}
		for _, refusal := range refusals {
			status, class := refusal.status, refusal.class
			other, do, err := st.ready(ctx, w)
			if err != nil {
				return err
			}
			call := fmt.Sprintf("%s while the remote system answers %d", w, status)
			if err := other.far.Fault(ctx, simulator.Fault{Kind: simulator.KindStatus, Status: status}); err != nil {
				return err
			}
			_, err = other.attempt(ctx, w, do, 1)
			if err == nil || fault.ClassOf(err) != class {
				return wrong(call, fmt.Sprintf("error %v", err), "class "+string(class))
			}
			if err := other.far.Heal(ctx); err != nil {
				return err
			}
			if err := other.unchanged(ctx, u.before, call); err != nil {
				return err
			}
		}
		return nil
	})
}

func checkUnsafe(ctx context.Context, st *stage) error {
	return st.eachWriting(func(w writing) error {
		if op, _ := st.description.Operation(w.method); op.Recovery != ports.RecoveryUnsafe {
			return nil
		}
		other, do, err := st.ready(ctx, w)
		if err != nil {
			return err
		}
		if _, err := other.attempt(ctx, w, do, 1); err != nil {
			return wrong(w.String(), err, "a document")
		}
		before, err := other.snapshot(ctx)
		if err != nil {
			return err
		}
		_, _ = other.attempt(ctx, w, do, 2) // whatever it says, it makes nothing
		return other.unchanged(ctx, before, w.String()+", a second attempt of an unsafe operation")
	})
}
