package suite

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/redact"
	"github.com/kvitt/kvitt/sdk/simulator"
	"github.com/kvitt/kvitt/sdk/wire"
)

func serving() []Case {
	return []Case{
		{
			ID: "merchants.apart", Level: 2, After: []string{"credentials.refused", "grant.counted"}, run: checkApart,
			Title: "What a call needs it takes from its request: the next call, for another merchant or with other credentials, goes where and as whom that one says.",
			Why:   "One process serves all merchants. What one leaves behind there, another would be booked with.",
		},
		{
			ID: "merchants.at-once", Level: 2, After: []string{"merchants.apart", "read.again"}, run: checkAtOnce,
			Title: "Calls for several merchants at once get the answers that they get alone.",
			Why:   "One process serves all merchants, at the same time.",
		},
		{
			ID: "output.silent", Level: 2, After: []string{"read.answers"}, unfit: needsProcess, run: checkSilent,
			Title: "The connector prints nothing to standard output.",
			Why:   "Standard output belongs to the handshake; what is printed there is lost or breaks the start. Log to standard error, or with sdk.Logger.",
		},
		{
			ID: "secrets.hidden", Level: 2, After: []string{"read.answers"}, run: checkSecrets,
			Title: "No credential stands in a log, an error or an answer, in whatever encoding, not even if the remote system repeats it.",
			Why:   "Logs and errors are read, copied and sent by people who may not know the credentials.",
		},
	}
}

func checkApart(ctx context.Context, st *stage) error {
	for _, q := range st.unlearned() {
		if err := st.apart(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// apart asks for two merchants in turn, then for the first with credentials that
// are refused.
func (st *stage) apart(ctx context.Context, q question) error {
	first, err := st.fresh(ctx)
	if err != nil {
		return err
	}
	second, err := st.fresh(ctx)
	if err != nil {
		return err
	}
	if _, err := first.ask(ctx, q, ""); err != nil {
		return asMismatch(q, err, "an answer")
	}
	before, err := first.count(ctx)
	if err != nil {
		return err
	}
	if _, err := second.ask(ctx, q, ""); err != nil {
		return asMismatch(q, err, "an answer for another merchant")
	}
	after, err := first.count(ctx)
	if err != nil {
		return err
	}
	if after != before {
		return wrong(q.String()+" for a second merchant", fmt.Sprintf("%d requests to the host of the first", after-before), "requests to the host that the call names")
	}
	for _, change := range st.refused() {
		first.connection.Credentials = first.changed(change)
		a, err := first.ask(ctx, q, "")
		if err == nil && !q.reports(a) || err != nil && fault.ClassOf(err) != fault.Auth {
			return wrong(q.String()+" with refused credentials after good ones", fmt.Sprintf("error %v", err), "class auth: the credentials of the call count")
		}
	}
	return nil
}

func checkAtOnce(ctx context.Context, st *stage) error {
	const merchants, each = 2, 2
	var stages []*stage
	for range merchants {
		other, err := st.fresh(ctx)
		if err != nil {
			return err
		}
		stages = append(stages, other)
	}
	return st.atOnce(ctx, stages, each)
}

// atOnce puts every question many times at once on each stage and compares the
// answers with those that it gets alone.
func (st *stage) atOnce(ctx context.Context, stages []*stage, each int) error {
	alone := map[string]string{}
	for _, q := range st.sound() {
		a, err := st.ask(ctx, q, "")
		if err != nil {
			return asMismatch(q, err, "an answer")
		}
		alone[q.String()] = a.said()
	}
	var all sync.WaitGroup
	failures := make(chan error, len(stages)*each*len(alone))
	for _, other := range stages {
		for range each {
			for _, q := range st.sound() {
				all.Go(func() { failures <- other.compare(ctx, q, alone[q.String()]) })
			}
		}
	}
	all.Wait()
	close(failures)
	// Of several the same one each time, whichever came first.
	var least error
	for err := range failures {
		if err != nil && (least == nil || err.Error() < least.Error()) {
			least = err
		}
	}
	return least
}

func (st *stage) compare(ctx context.Context, q question, want string) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = wrong(q.String()+", many at once", fmt.Sprint("a panic: ", value), "an answer")
		}
	}()
	a, err := st.ask(ctx, q, "")
	switch {
	case fault.ClassOf(err) == fault.RateLimited && err != nil:
		return nil // the hub keeps the limit, the suite does not
	case err != nil:
		return wrong(q.String()+", many at once", err, "the answer that it gets alone")
	case a.said() != want:
		return wrong(q.String()+", many at once", "another answer", "the answer that it gets alone")
	}
	return nil
}

func checkSilent(ctx context.Context, st *stage) error {
	for _, q := range st.sound() {
		if _, err := st.readAll(ctx, q); err != nil {
			return asMismatch(q, err, "an answer")
		}
	}
	// What a connector with the Go SDK prints, the SDK turns into a log entry.
	const guarded = "connector printed to standard output"
	if text := st.c.Stray(); text != "" {
		return wrong("standard output", fmt.Sprintf("%.80q", text), "nothing")
	}
	for line := range strings.Lines(st.c.Log()) {
		if strings.Contains(line, guarded) {
			return wrong("standard output", fmt.Sprintf("%.300q", line), "nothing")
		}
	}
	return nil
}

func checkSecrets(ctx context.Context, st *stage) error {
	// The remote system can only repeat what the call brings.
	var carried []string
	for _, value := range slices.Sorted(maps.Values(st.connection.Credentials)) {
		if _, secret := st.secrets[value]; secret {
			carried = append(carried, value)
		}
	}
	echo := strings.Join(carried, " ")
	for _, status := range []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusInternalServerError} {
		body := fmt.Sprintf(`{"message":"credentials %s","error":"%s"}`, echo, echo)
		if err := st.strikeWith(ctx, simulator.Fault{
			Kind: simulator.KindStatus, Status: status, Body: body, Headers: map[string]string{"Content-Type": "application/json"},
		}); err != nil {
			return err
		}
		for _, q := range st.sound() {
			a, err := st.ask(ctx, q, "")
			if err == nil {
				st.hear("an answer of "+q.method, a.text())
			}
		}
	}
	if err := st.far.Heal(ctx); err != nil {
		return err
	}
	for _, q := range st.sound() {
		a, err := st.ask(ctx, q, "")
		if err != nil {
			return asMismatch(q, err, "an answer")
		}
		st.hear("an answer of "+q.method, a.text())
	}
	st.hear(inLog, st.c.Log())
	return st.searchHeard()
}

// searchHeard looks for credentials in all that was heard. What the connector has
// taken out of the remote system's words itself is hidden; what the wire had to take
// out is not, nor is anything in a log, where nobody repeats the remote system.
func (st *stage) searchHeard() error {
	for _, u := range st.heard {
		if name, found := st.reveals(u.text); found {
			return wrong(u.where, "the credential "+name, "no credential")
		}
		logged := u.where == inLog || u.where == inOutput
		if strings.Contains(u.text, wire.Redacted) || logged && strings.Contains(u.text, redact.Mark) {
			return wrong(u.where, "a credential that the SDK had to take out", "no credential in the first place")
		}
	}
	return nil
}
