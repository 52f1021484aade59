package suite

import (
	"context"

	"github.com/kvitt/kvitt/sdk/simulator"
)

func obeying() []Case {
	return []Case{{
		ID: "calls.cancelled", Level: 2, After: []string{"read.answers"}, run: checkCancelled,
		Title: "A call gives up, with its request to the remote system, when its context ends.",
		Why:   "The hub's deadlines keep one slow system from holding up all others, and a hub that stops from hanging.",
	}}
}

func checkCancelled(ctx context.Context, st *stage) error {
	for _, q := range st.sound() {
		if err := st.strikeWith(ctx, simulator.Fault{Kind: simulator.KindHoldBefore}); err != nil {
			return err
		}
		if err := st.cancel(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// cancel ends the context of a call while its first request is held.
func (st *stage) cancel(ctx context.Context, q question) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	returned := make(chan error, 1)
	go func() {
		_, err := st.ask(inner, q, "")
		returned <- err
	}()
	held, err := st.await(ctx, func() (bool, error) {
		n, err := st.far.Held(ctx)
		return n > 0, err
	})
	if err != nil {
		return err
	}
	cancel()
	what := q.String() + ", cancelled while the remote system keeps it waiting"
	// The hub's end of a call returns in any case. Whether the connector has given
	// up as well is seen at the remote system, where its request is gone.
	gone, err := st.await(ctx, func() (bool, error) {
		n, err := st.far.Held(ctx)
		return n == 0, err
	})
	if err != nil {
		return err
	}
	if err := st.far.Heal(ctx); err != nil {
		return err
	}
	got := <-returned
	switch {
	case !held:
		return wrong(what, "no request", "a request")
	case !gone:
		return wrong(what, "a request that goes on", "a request that is given up")
	case got == nil && !q.lenient:
		return wrong(what, "an answer", "an error")
	}
	return nil
}
