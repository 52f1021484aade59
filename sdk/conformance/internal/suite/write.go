package suite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/simulator"
)

// writing is one document that the connector can be asked to make.
type writing struct {
	method string
	// about says what it makes, such as "of a credit invoice", or is empty.
	about string
	// begin does on a stage what the write presupposes.
	begin func(context.Context, *stage) (try, error)
}

// try makes one attempt.
type try func(context.Context, ports.Connector, ports.Write) (made, error)

// made is what an attempt says that it has made.
type made struct {
	number  string
	outcome ports.Outcome
	usage   ports.Usage
}

func (w writing) String() string { return strings.TrimSpace(w.method + " " + w.about) }

// key is that of the document: the same in every attempt.
func (w writing) key() string {
	return "kv:conformance:" + strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return '-'
	}, w.String()) + ";"
}

// writings lists every write that there is.
func (s *Session) writings() []writing {
	var all []writing
	for _, c := range s.own() {
		if c.writings != nil && s.setup.Plan.Writing != nil && s.known != nil {
			all = append(all, c.writings(s, s.known)...)
		}
	}
	return all
}

// attempt makes one attempt with what the connector declares for it.
func (st *stage) attempt(ctx context.Context, w writing, do try, attempt int) (made, error) {
	return st.attemptWith(ctx, w, do, attempt, st.grant(w.method, attempt))
}

func (st *stage) attemptWith(ctx context.Context, w writing, do try, attempt, grant int) (made, error) {
	inner, cancel := st.within(ctx)
	defer cancel()
	call := ports.Call{Connection: st.connection, Grant: grant}
	m, err := do(inner, st.c.Connector, ports.Write{Call: call, Key: w.key(), Attempt: attempt})
	st.listen(w.method, err)
	return m, err
}

// once makes a document undisturbed.
func (st *stage) once(ctx context.Context, w writing) (made, error) {
	do, err := w.begin(ctx, st)
	if err != nil {
		return made{}, err
	}
	m, err := st.attempt(ctx, w, do, 1)
	if err != nil {
		return made{}, wrong(w.String(), err, "a document")
	}
	return m, nil
}

// ready prepares a write on a new simulator, with an empty request log.
func (st *stage) ready(ctx context.Context, w writing) (*stage, try, error) {
	other, err := st.fresh(ctx)
	if err != nil {
		return nil, nil, err
	}
	do, err := w.begin(ctx, other)
	if err != nil {
		return nil, nil, err
	}
	return other, do, other.far.Forget(ctx)
}

// snapshot is what the remote system holds, as far as it can be seen: by the
// connector's own reads, and by the plan's state path.
func (st *stage) snapshot(ctx context.Context) ([]string, error) {
	state, err := st.far.State(ctx, st.setup.Plan.Simulator.State)
	if err != nil {
		return nil, err
	}
	lines := []string{"the simulator's state is " + state}
	for _, c := range st.own() {
		if c.traces == nil {
			continue
		}
		more, err := c.traces(ctx, st)
		if err != nil {
			return nil, err
		}
		lines = append(lines, more...)
	}
	return lines, nil
}

// unchanged says that the remote system holds what it held before.
func (st *stage) unchanged(ctx context.Context, before []string, after string) error {
	now, err := st.snapshot(ctx)
	if err != nil {
		return err
	}
	if diff := firstDifference(before, now); diff != "" {
		return wrong("the remote system after "+after, diff, "no change")
	}
	return nil
}

// firstDifference says what is in one snapshot alone, or "".
func firstDifference(want, got []string) string {
	left := slices.Clone(want)
	for _, line := range got {
		i := slices.Index(left, line)
		if i < 0 {
			return line
		}
		left = slices.Delete(left, i, i+1)
	}
	if len(left) > 0 {
		return "no longer that " + left[0]
	}
	return ""
}

// undisturbed is how a write looks when nothing goes wrong.
type undisturbed struct {
	requests simulator.RequestLog
	before   []string
	after    []string
}

// untouched is what the remote system holds before a write.
func (st *stage) untouched(ctx context.Context, w writing) ([]string, error) {
	other, _, err := st.ready(ctx, w)
	if err != nil {
		return nil, err
	}
	return other.snapshot(ctx)
}

func (st *stage) undisturbed(ctx context.Context, w writing) (u undisturbed, err error) {
	if u.before, err = st.untouched(ctx, w); err != nil {
		return u, err
	}
	// The look has warmed the connector up; what a first attempt takes is seen on a
	// simulator of its own.
	other, do, err := st.ready(ctx, w)
	if err != nil {
		return u, err
	}
	if _, err = other.attempt(ctx, w, do, 1); err != nil {
		return u, wrong(w.String(), err, "a document")
	}
	if u.requests, err = other.far.Requests(ctx); err != nil {
		return u, err
	}
	u.after, err = other.snapshot(ctx)
	return u, err
}

func writingCases() []Case {
	return []Case{
		{
			ID: "write.created", Level: 3, After: []string{"merchants.apart"}, unfit: writesNothing, run: checkCreated,
			Title: "A first attempt makes the document, names it and says created; the connector's own reads show it.",
			Why:   "The number is how people and kvitt find the document again.",
		},
		{
			ID: "write.counted", Level: 3, After: []string{"write.created"}, unfit: writesNothing, run: checkWriteCounted,
			Title: "A write says exactly how many requests it has sent, and sends no more than it declares, in a first and in a second attempt.",
			Why:   "The hub keeps the limits of a remote account by these numbers.",
		},
		{
			ID: "write.found", Level: 3, After: []string{"write.created"}, unfit: writesNothing, run: checkFound,
			Title: "A second attempt with the same key finds the document, says found and names it the same; nothing is made.",
			Why:   "Whatever crashes between hub and remote system, nothing is booked twice.",
		},
		{
			ID: "write.granted", Level: 3, After: []string{"write.counted"}, unfit: writesNothing, run: checkWriteGranted,
			Title: "With a grant that is too small a first attempt sends no more than it may, and is not_sent only if nothing was made.",
			Why:   "What is not_sent the hub makes again without looking.",
		},
		{
			ID: "write.refused", Level: 3, After: []string{"write.created"}, unfit: writesNothing, run: checkWriteRefused,
			Title: "While the remote system refuses the credentials or wants fewer calls, a write is a fault of class auth or rate_limited, and nothing is made.",
			Why:   "These two classes promise that nothing has happened; any other sends the hub looking, or a person.",
		},
	}
}

func writesNothing(s *Session) string {
	for _, c := range s.own() {
		if len(c.writes) > 0 {
			return ""
		}
	}
	return "the connector does not write"
}

// untried gives a method for which plan and world offer nothing to write, or "".
func (s *Session) untried() string {
	tried := map[string]bool{}
	for _, w := range s.writings() {
		tried[w.method] = true
	}
	for _, c := range s.own() {
		for _, method := range c.writes {
			if !tried[method] {
				return method
			}
		}
	}
	return ""
}

// eachWriting puts something to every write.
func (st *stage) eachWriting(do func(writing) error) error {
	for _, w := range st.writings() {
		if err := do(w); err != nil {
			return err
		}
	}
	return nil
}

func checkCreated(ctx context.Context, st *stage) error {
	if method := st.untried(); method != "" {
		return wrong("the plan", "nothing to try "+method+" with", "\"writing\" with account, counter_account and sales_account, and open invoices in the world")
	}
	return st.eachWriting(func(w writing) error {
		other, do, err := st.ready(ctx, w)
		if err != nil {
			return err
		}
		before, err := other.snapshot(ctx)
		if err != nil {
			return err
		}
		m, err := other.attempt(ctx, w, do, 1)
		switch {
		case err != nil:
			return wrong(w.String(), err, "a document")
		case m.outcome != ports.Created || m.number == "":
			return wrong(w.String(), fmt.Sprintf("%s %q", m.outcome, m.number), "created and a number")
		}
		after, err := other.snapshot(ctx)
		if err != nil {
			return err
		}
		if len(before) > 1 && slices.Equal(before, after) {
			return wrong(w.String(), "nothing that can be seen", "a document that the connector's own reads show")
		}
		return nil
	})
}

func checkWriteCounted(ctx context.Context, st *stage) error {
	return st.eachWriting(func(w writing) error {
		other, do, err := st.ready(ctx, w)
		if err != nil {
			return err
		}
		for _, attempt := range []int{1, 2} {
			if op, _ := st.description.Operation(w.method); attempt > 1 && op.Recovery == ports.RecoveryUnsafe {
				return nil
			}
			if err := other.far.Forget(ctx); err != nil {
				return err
			}
			m, err := other.attempt(ctx, w, do, attempt)
			if err != nil {
				return nil //nolint:nilerr // write.found reports it
			}
			log, err := other.far.Requests(ctx)
			if err != nil {
				return err
			}
			call := fmt.Sprintf("%s, attempt %d", w, attempt)
			if m.usage.Calls != log.Total {
				return wrong(call, fmt.Sprintf("%d calls", m.usage.Calls), fmt.Sprintf("the %d requests that arrived (%s)", log.Total, listing(log)))
			}
			if grant := st.grant(w.method, attempt); log.Total > grant {
				return wrong(call, fmt.Sprintf("%d requests", log.Total), fmt.Sprintf("at most the %d that it declares", grant))
			}
		}
		return nil
	})
}

func checkFound(ctx context.Context, st *stage) error {
	return st.eachWriting(func(w writing) error {
		if op, _ := st.description.Operation(w.method); op.Recovery == ports.RecoveryUnsafe {
			return nil
		}
		other, do, err := st.ready(ctx, w)
		if err != nil {
			return err
		}
		first, err := other.attempt(ctx, w, do, 1)
		if err != nil {
			return wrong(w.String(), err, "a document")
		}
		before, err := other.snapshot(ctx)
		if err != nil {
			return err
		}
		for attempt := 2; attempt <= 3; attempt++ {
			again, err := other.attempt(ctx, w, do, attempt)
			call := fmt.Sprintf("%s, attempt %d", w, attempt)
			switch {
			case err != nil:
				return wrong(call, err, "found "+first.number)
			case again.outcome != ports.Found || again.number != first.number:
				return wrong(call, fmt.Sprintf("%s %q", again.outcome, again.number), "found "+first.number)
			}
		}
		return other.unchanged(ctx, before, w.String()+" tried again")
	})
}

func checkWriteGranted(ctx context.Context, st *stage) error {
	return st.eachWriting(func(w writing) error {
		u, err := st.undisturbed(ctx, w)
		if err != nil {
			return err
		}
		for grant := range u.requests.Total {
			other, do, err := st.ready(ctx, w)
			if err != nil {
				return err
			}
			_, err = other.attemptWith(ctx, w, do, 1, grant)
			call := fmt.Sprintf("%s with a grant of %d", w, grant)
			if err == nil {
				return wrong(call, "a document", "an error")
			}
			sent, errLog := other.count(ctx)
			if errLog != nil {
				return errLog
			}
			if sent > grant {
				return wrong(call, fmt.Sprintf("%d requests", sent), "no more requests than were granted")
			}
			if closes(fault.ClassOf(err)) {
				if err := other.unchanged(ctx, u.before, call+", which failed with class "+string(fault.ClassOf(err))); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// closes tells whether a class proves that nothing was made.
func closes(class fault.Class) bool {
	switch class {
	case fault.Unknown, fault.Temporary:
		return false
	default:
		return true
	}
}
