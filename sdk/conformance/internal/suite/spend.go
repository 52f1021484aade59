package suite

import (
	"context"
	"fmt"
	"net/http"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/simulator"
)

func spending() []Case {
	return []Case{
		{
			ID: "grant.counted", Level: 2, After: []string{"read.answers"}, run: checkCounted,
			Title: "A call says exactly how many requests it has sent, and sends no more than it declares.",
			Why:   "The hub keeps the limits of a remote account by these numbers. Wrong ones get all merchants of an integration refused.",
		},
		{
			ID: "grant.failures", Level: 2, After: []string{"grant.counted"}, run: checkFailureCounted,
			Title: "A call that fails says as well how many requests it has sent.",
			Why:   "If it does not, the hub must assume that the whole grant was spent, and waits for nothing.",
		},
		{
			ID: "grant.exhausted", Level: 2, After: []string{"grant.counted", "merchants.apart"}, run: checkExhausted,
			Title: "With a smaller grant than it needs a call stops with connector.grant_exhausted, of class not_sent, before it exceeds it, or gives what it can and a cursor.",
			Why:   "What is sent beyond the grant breaks the remote limit for everybody.",
		},
	}
}

func checkCounted(ctx context.Context, st *stage) error {
	for _, q := range st.sound() {
		cursor := ""
		for range mostPages {
			if err := st.far.Forget(ctx); err != nil {
				return err
			}
			a, err := st.ask(ctx, q, cursor)
			if err != nil {
				return asMismatch(q, err, "an answer")
			}
			log, err := st.far.Requests(ctx)
			if err != nil {
				return err
			}
			if a.usage.Calls != log.Total {
				return wrong(q.String(), fmt.Sprintf("%d calls", a.usage.Calls), fmt.Sprintf("the %d requests that arrived (%s)", log.Total, listing(log)))
			}
			if grant := st.grant(q.method, 1); log.Total > grant {
				return wrong(q.String(), fmt.Sprintf("%d requests", log.Total), fmt.Sprintf("at most the %d that it declares", grant))
			}
			if cursor = a.next; cursor == "" {
				break
			}
		}
	}
	return nil
}

func checkFailureCounted(ctx context.Context, st *stage) error {
	for _, q := range st.sound() {
		if q.lenient {
			continue
		}
		if err := st.strikeWith(ctx, simulator.Fault{Kind: simulator.KindStatus, Status: http.StatusInternalServerError}); err != nil {
			return err
		}
		_, err := st.ask(ctx, q, "")
		if err == nil {
			continue // errors.server-error reports it
		}
		sent, errLog := st.count(ctx)
		if errLog != nil {
			return errLog
		}
		usage, known := ports.UsageOf(err)
		if !known || usage.Calls != sent {
			return wrong(q.String()+" while the remote system answers 500", fmt.Sprintf("an error that knows of %d calls (known: %t)", usage.Calls, known),
				fmt.Sprintf("ports.WithUsage with %d calls", sent))
		}
	}
	return nil
}

func checkExhausted(ctx context.Context, st *stage) error {
	for _, q := range st.sound() {
		needs, err := st.needs(ctx, q)
		if err != nil {
			return err
		}
		for grant := range needs {
			if err := st.exhaust(ctx, q, grant); err != nil {
				return err
			}
		}
	}
	return nil
}

// needs tells how many requests the first page of a question takes of a connector
// that has asked nothing of this connection yet.
func (st *stage) needs(ctx context.Context, q question) (int, error) {
	other, err := st.fresh(ctx)
	if err != nil {
		return 0, err
	}
	if _, err := other.ask(ctx, q, ""); err != nil {
		return 0, asMismatch(q, err, "an answer")
	}
	return other.count(ctx)
}

func (st *stage) exhaust(ctx context.Context, q question, grant int) error {
	other, err := st.fresh(ctx)
	if err != nil {
		return err
	}
	call := other.granted(q.method, 1)
	call.Grant = grant
	a, err := other.askWith(ctx, q, call, "")
	sent, errLog := other.count(ctx)
	if errLog != nil {
		return errLog
	}
	what := fmt.Sprintf("%s with a grant of %d", q, grant)
	switch {
	case sent > grant:
		return wrong(what, fmt.Sprintf("%d requests", sent), "no more requests than were granted")
	case err == nil:
		if grant == 0 && !q.reports(a) {
			return wrong(what, "an answer", string(ports.CodeGrantExhausted))
		}
		return nil
	case fault.CodeOf(err) != ports.CodeGrantExhausted || fault.ClassOf(err) != fault.NotSent:
		return wrong(what, err, string(ports.CodeGrantExhausted)+" of class not_sent")
	}
	return nil
}
