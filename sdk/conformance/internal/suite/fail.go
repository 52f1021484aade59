package suite

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/simulator"
)

// failure is a way in which a remote system fails a reading call.
type failure struct {
	id, when  string
	fault     simulator.Fault
	classes   []fault.Class // any of them will do; none: any error will
	title     string
	why       string
	after     []string // besides read.answers
	afterward func(ctx context.Context, st *stage, q question, err error) error
}

const retryAfter = 7 * time.Second

func failures() []failure {
	status := func(code int) simulator.Fault { return simulator.Fault{Kind: simulator.KindStatus, Status: code} }
	limited := status(http.StatusTooManyRequests)
	limited.Headers = map[string]string{"Retry-After": "7"}
	nonsense := status(http.StatusOK)
	nonsense.Body, nonsense.Headers = "<html>maintenance</html>", map[string]string{"Content-Type": "text/html"}
	return []failure{
		{
			id: "errors.unauthorised", when: "while the remote system answers 401", fault: status(http.StatusUnauthorized), classes: []fault.Class{fault.Auth},
			after: []string{"credentials.refused"},
			title: "401 is class auth.", why: "The hub then pauses the connection and asks for new credentials; it also buys a new token.",
		},
		{
			id: "errors.forbidden", when: "while the remote system answers 403", fault: status(http.StatusForbidden), classes: []fault.Class{fault.Auth},
			title: "403 is class auth.", why: "A right is missing; trying again does not help.",
		},
		{
			id: "errors.not-found", when: "while the remote system answers 404", fault: status(http.StatusNotFound),
			title: "404 is an error and not an empty list.",
			why:   "A moved address would look like a merchant without payouts.",
		},
		{
			after: []string{"grant.failures"},
			id:    "errors.rate-limited", when: "while the remote system answers 429", fault: limited, classes: []fault.Class{fault.RateLimited},
			title: "429 is class rate_limited with the time of Retry-After, is counted as such, and is not tried again within the call.",
			why:   "The hub waits as long as it is asked to, with all calls of the account.", afterward: mustWait,
		},
		{
			id: "errors.server-error", when: "while the remote system answers 500", fault: status(http.StatusInternalServerError), classes: []fault.Class{fault.Temporary},
			title: "500 is class temporary when something is read.", why: "The hub tries again later by itself.",
		},
		{
			id: "errors.cut", when: "while connections are cut", fault: simulator.Fault{Kind: simulator.KindCutBefore}, classes: []fault.Class{fault.Temporary},
			title: "A connection that is cut is class temporary when something is read.", why: "The hub tries again later by itself.",
		},
		{
			after: []string{"errors.cut"},
			id:    "errors.half-answer", when: "while answers break off", fault: simulator.Fault{Kind: simulator.KindTruncate}, classes: []fault.Class{fault.Temporary},
			title: "Half an answer is class temporary and never taken for the whole.", why: "Half a list looks like a list.",
		},
		{
			id: "errors.nonsense", when: "while the remote system answers 200 with a web page", fault: nonsense,
			title: "An answer that is not what was asked for is an error.", why: "A proxy's maintenance page would look like a merchant without payouts.",
		},
	}
}

func failing() []Case {
	var cases []Case
	for _, f := range failures() {
		cases = append(cases, Case{
			ID: f.id, Level: 2, After: append([]string{"read.answers"}, f.after...), Title: f.title, Why: f.why,
			run: func(ctx context.Context, st *stage) error { return st.failWith(ctx, f) },
		})
	}
	return append(cases, Case{
		ID: "errors.unreachable", Level: 2, After: []string{"read.answers"}, run: checkUnreachable,
		Title: "If no connection can be made, the fault is of class not_sent.",
		Why:   "Nothing has happened; the hub may repeat even a write.",
	})
}

func (st *stage) failWith(ctx context.Context, f failure) error {
	for _, q := range st.sound() {
		if q.finds && f.fault.Status == http.StatusNotFound {
			continue
		}
		if err := st.strikeWith(ctx, f.fault); err != nil {
			return err
		}
		a, err := st.ask(ctx, q, "")
		what := q.String() + " " + f.when
		if err == nil && q.reports(a) {
			continue
		}
		if err == nil {
			return wrong(what, fmt.Sprintf("an answer with %d items", len(a.items)), expected(f.classes))
		}
		if len(f.classes) > 0 && !slices.Contains(f.classes, fault.ClassOf(err)) {
			return wrong(what, err, expected(f.classes))
		}
		if f.afterward == nil {
			continue
		}
		if err := f.afterward(ctx, st, q, err); err != nil {
			return err
		}
	}
	return nil
}

func expected(classes []fault.Class) string {
	if len(classes) == 0 {
		return "an error"
	}
	return fmt.Sprint("an error of class ", classes[0])
}

func mustWait(ctx context.Context, st *stage, q question, err error) error {
	usage, _ := ports.UsageOf(err)
	what := q.String() + " while the remote system answers 429"
	wait := usage.RetryAfter
	if f := fault.Of(err); f != nil {
		wait = max(wait, f.RetryAfter)
	}
	sent, errLog := st.count(ctx)
	switch {
	case errLog != nil:
		return errLog
	case wait != retryAfter:
		return wrong(what, "to wait for "+wait.String(), retryAfter.String()+", as Retry-After says")
	case usage.RateLimited < 1:
		return wrong(what, "a usage without a refused call", "Usage.RateLimited")
	case sent > max(st.description.Quota.InFlight, 1):
		return wrong(what, fmt.Sprintf("%d requests", sent), "no further try within the call")
	}
	return nil
}

// nowhere is an address at which nobody listens: port 1 belongs to a service that no
// machine runs any more. A port that was free a moment ago may be taken by now.
const nowhere = "http://127.0.0.1:1"

func checkUnreachable(ctx context.Context, st *stage) error {
	st.connection.Hosts = st.hosts(nowhere)
	for _, q := range st.sound() {
		a, err := st.ask(ctx, q, "")
		what := q.String() + " while nothing listens"
		switch {
		case err == nil && !q.reports(a):
			return wrong(what, "an answer", "class not_sent")
		case err != nil && fault.ClassOf(err) != fault.NotSent:
			return wrong(what, err, "class not_sent")
		}
	}
	return nil
}
