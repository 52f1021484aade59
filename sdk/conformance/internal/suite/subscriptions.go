package suite

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"slices"
	"unicode/utf8"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/simulator"
)

// theURL and otherURL are addresses of a hub.
const (
	theURL   = "https://hub.example/v1/callbacks/conformance/dG9rZW4tb2YtdGhlLXN1aXRl"
	otherURL = "https://hub.example/v1/callbacks/another/b3RoZXItdG9rZW4"
)

func subscriptions() capability {
	without := lacks(ports.CapabilitySubscribe)
	return capability{
		name:  ports.CapabilitySubscribe,
		reads: []string{"CheckSubscription"}, registers: []string{"EnsureSubscription", "EnsureUnsubscribed"},
		opening:   func(*Session) []question { return []question{checkingSubscription()} },
		questions: func(*Session, *facts) []question { return []question{checkingSubscription()} },
		cases: []Case{
			{
				ID: "subscriptions.declared", Level: 1, After: []string{"callbacks.declared", "describe.operations"}, unfit: without, run: checkGrantedNames,
				Title: "A connector that subscribes reads callbacks too, and what a subscription brings opens no account.",
				Why:   "What is sent and not read is of no use. What a provider hands out must never take the place of what a merchant has entered.",
			},
			{
				ID: "subscriptions.made", Level: 3, After: []string{"subscriptions.declared", "merchants.apart"}, unfit: without, run: checkSubscribed,
				Title: "EnsureSubscription says created, names the subscription and brings the credentials that the description names, all of them. CheckSubscription then lists it as active, and did not before.",
				Why:   "A secret that the hub does not have makes it refuse every message.",
			},
			{
				ID: "subscriptions.kept", Level: 3, After: []string{"subscriptions.made"}, unfit: without, run: checkSubscriptionKept,
				Title: "Asked again for a subscription that is known, with other subjects too, the connector says found and names it the same. There is one for the URL, and it is active.",
				Why:   "The hub asks again whenever flows change. Each time another one would have messages come twice, or under a secret that nobody knows.",
			},
			{
				ID: "subscriptions.once", Level: 3, After: []string{"subscriptions.made"}, unfit: without, run: checkSubscribedOnce,
				Title: "Asked again for a URL whose subscription the hub does not know, the connector leaves one for the URL, active, with the credentials that belong to it.",
				Why:   "A hub that crashed in between has lost the secret, which many providers tell once.",
			},
			{
				ID: "subscriptions.recovered", Level: 3, After: []string{"subscriptions.once"}, unfit: without, run: checkSubscriptionRecovered,
				Title: "EnsureSubscription is cut off after it has taken effect, before it has, or answered 500, at each of its requests. The later attempts leave one for the URL, active.",
				Why:   "Each forgotten subscription sends every message once more, until somebody looks.",
			},
			{
				ID: "subscriptions.ended", Level: 3, After: []string{"subscriptions.made"}, unfit: without, run: checkUnsubscribed,
				Title: "EnsureUnsubscribed leaves none for the URL, says so again when there is none, and leaves those of other URLs.",
				Why:   "Opting out is repeated until it is done. The shop has subscriptions of its own with the same provider.",
			},
			{
				ID: "subscriptions.counted", Level: 3, After: []string{"subscriptions.made"}, unfit: without, run: checkSubscriptionCounted,
				Title: "Both writes say how many requests they have sent, and send no more than they declare.",
				Why:   "The hub keeps the limits of a remote account by these numbers.",
			},
			{
				ID: "subscriptions.hidden", Level: 3, After: []string{"subscriptions.made", "secrets.hidden"}, unfit: without, run: checkSubscriptionHidden,
				Title: "Neither the credentials that a subscription brings nor its URL stand in a log or an error.",
				Why:   "Whoever knows the one can forge messages; whoever knows the other can send some.",
			},
		},
	}
}

// checkingSubscription asks about a URL for which nothing is registered.
func checkingSubscription() question {
	return question{method: "CheckSubscription", finds: true, ask: asking(
		func(ctx context.Context, c ports.Connector, call ports.Call, _ string) (ports.SubscriptionState, error) {
			port, err := as[ports.Subscriptions](c)
			if err != nil {
				return ports.SubscriptionState{}, err
			}
			return port.CheckSubscription(ctx, ports.SubscriptionRequest{Call: call, URL: theURL})
		}, func(s ports.SubscriptionState) answer { return answer{usage: s.Usage} })}
}

func checkGrantedNames(_ context.Context, st *stage) error {
	d := st.description
	if !d.Has(ports.CapabilityCallbacks) || d.Callbacks == nil {
		return wrong("Describe", "no "+string(ports.CapabilityCallbacks), "it, as the connector offers "+string(ports.CapabilitySubscribe))
	}
	for i, name := range d.Callbacks.Granted {
		if d.Opens(name) || required(d.Credentials)[name] || slices.Contains(d.Callbacks.Granted[:i], name) {
			return wrong("Describe", "callbacks.granted with "+name, "names, each once, of no credential that opens the account")
		}
	}
	return nil
}

// subscribing is one attempt of EnsureSubscription.
func (st *stage) subscribing(ctx context.Context, url, known string, attempt int, subjects ...ports.Subject) (ports.Subscription, error) {
	port, err := as[ports.Subscriptions](st.c.Connector)
	if err != nil {
		return ports.Subscription{}, err
	}
	inner, cancel := st.within(ctx)
	defer cancel()
	if len(subjects) == 0 {
		subjects = []ports.Subject{ports.AboutOrder, ports.AboutPayout, ports.AboutRefund}
	}
	s, err := port.EnsureSubscription(inner, ports.SubscribeRequest{
		Call: st.granted("EnsureSubscription", attempt), Attempt: attempt, URL: url, Subjects: subjects, Known: known,
	})
	st.listen("EnsureSubscription", err)
	return s, err
}

func (st *stage) unsubscribing(ctx context.Context, url, id string, attempt int) (ports.Unsubscribed, error) {
	port, err := as[ports.Subscriptions](st.c.Connector)
	if err != nil {
		return ports.Unsubscribed{}, err
	}
	inner, cancel := st.within(ctx)
	defer cancel()
	gone, err := port.EnsureUnsubscribed(inner, ports.UnsubscribeRequest{Call: st.granted("EnsureUnsubscribed", attempt), Attempt: attempt, URL: url, ID: id})
	st.listen("EnsureUnsubscribed", err)
	return gone, err
}

// standing requires what CheckSubscription says of a URL: one active subscription, or
// none for an empty id.
func (st *stage) standing(ctx context.Context, url, id, after string) error {
	port, err := as[ports.Subscriptions](st.c.Connector)
	if err != nil {
		return err
	}
	inner, cancel := st.within(ctx)
	defer cancel()
	state, err := port.CheckSubscription(inner, ports.SubscriptionRequest{Call: st.granted("CheckSubscription", 1), URL: url})
	st.listen("CheckSubscription", err)
	var want []string
	if id != "" {
		want = []string{id}
	}
	call := "CheckSubscription after " + after
	if err != nil {
		return wrong(call, err, fmt.Sprintf("the subscriptions %q", want))
	}
	if !slices.Equal(state.IDs, want) || state.Active != (id != "") {
		return wrong(call, fmt.Sprintf("the subscriptions %q, active %t", state.IDs, state.Active), fmt.Sprintf("%q, active %t", want, id != ""))
	}
	return nil
}

// complete requires of a subscription what the hub needs of it.
func (st *stage) complete(call string, s ports.Subscription, err error) error {
	if err != nil {
		return wrong(call, err, "a subscription")
	}
	if length := utf8.RuneCountInString(s.ID); length == 0 || length > ports.MaxSubscriptionID {
		return wrong(call, fmt.Sprintf("an id of %d characters", length), fmt.Sprintf("1 to %d", ports.MaxSubscriptionID))
	}
	declared := st.description.Callbacks.Granted
	missing := slices.ContainsFunc(declared, func(name string) bool { return s.Granted[name] == "" })
	if missing || len(s.Granted) != len(declared) {
		return wrong(call, fmt.Sprintf("%d credentials", len(s.Granted)), fmt.Sprintf("those that callbacks.granted names: %q", declared))
	}
	return nil
}

func checkSubscribed(ctx context.Context, st *stage) error {
	st, err := st.fresh(ctx)
	if err != nil {
		return err
	}
	if err := st.standing(ctx, theURL, "", "nothing"); err != nil {
		return err
	}
	s, err := st.subscribing(ctx, theURL, "", 1)
	if err := st.complete("EnsureSubscription", s, err); err != nil {
		return err
	}
	if s.Outcome != ports.Created {
		return wrong("EnsureSubscription", string(s.Outcome), "created")
	}
	return st.standing(ctx, theURL, s.ID, "EnsureSubscription")
}

func checkSubscriptionKept(ctx context.Context, st *stage) error {
	st, err := st.fresh(ctx)
	if err != nil {
		return err
	}
	first, err := st.subscribing(ctx, theURL, "", 1)
	if err != nil {
		return wrong("EnsureSubscription", err, "a subscription")
	}
	for _, subjects := range [][]ports.Subject{nil, {ports.AboutPayout}} {
		call := fmt.Sprintf("EnsureSubscription of one that is known, about %v", subjects)
		again, err := st.subscribing(ctx, theURL, first.ID, 1, subjects...)
		switch {
		case err != nil:
			return wrong(call, err, "found "+first.ID)
		case again.ID != first.ID || again.Outcome != ports.Found:
			return wrong(call, fmt.Sprintf("%s %q", again.Outcome, again.ID), fmt.Sprintf("found %q", first.ID))
		}
		if err := st.standing(ctx, theURL, first.ID, call); err != nil {
			return err
		}
	}
	return nil
}

func checkSubscribedOnce(ctx context.Context, st *stage) error {
	st, err := st.fresh(ctx)
	if err != nil {
		return err
	}
	if _, err := st.subscribing(ctx, theURL, "", 1); err != nil {
		return wrong("EnsureSubscription", err, "a subscription")
	}
	for attempt := 1; attempt <= 2; attempt++ {
		call := fmt.Sprintf("EnsureSubscription of a URL that is registered, attempt %d", attempt)
		again, err := st.subscribing(ctx, theURL, "", attempt)
		if err := st.complete(call, again, err); err != nil {
			return err
		}
		if err := st.standing(ctx, theURL, again.ID, call); err != nil {
			return err
		}
	}
	return nil
}

func checkSubscriptionRecovered(ctx context.Context, st *stage) error {
	for _, f := range []simulator.Fault{
		{Kind: simulator.KindCutAfter}, {Kind: simulator.KindCutBefore}, {Kind: simulator.KindStatusAfter, Status: http.StatusInternalServerError},
	} {
		const most = 20 // far beyond what a registration takes
		for f.Request = 1; f.Request <= most; f.Request++ {
			struck, err := st.strikeSubscribing(ctx, f)
			if err != nil {
				return err
			}
			if !struck {
				break
			}
		}
	}
	return nil
}

// strikeSubscribing disturbs one request and goes on as the hub does. It says whether
// there was such a request.
func (st *stage) strikeSubscribing(ctx context.Context, f simulator.Fault) (bool, error) {
	st, err := st.fresh(ctx)
	if err != nil {
		return false, err
	}
	if err := st.far.Forget(ctx); err != nil {
		return false, err
	}
	if err := st.far.Fault(ctx, f); err != nil {
		return false, err
	}
	s, err := st.subscribing(ctx, theURL, "", 1)
	sent, errLog := st.count(ctx)
	if errLog != nil || sent < f.Request {
		return false, errLog
	}
	if err := st.far.Heal(ctx); err != nil {
		return false, err
	}
	call := fmt.Sprintf("EnsureSubscription, its request %d %s", f.Request, f.Kind)
	const tries = 3
	for attempt, n := 1, 0; err != nil && n < tries; n++ {
		if !closes(fault.ClassOf(err)) {
			attempt++
		}
		s, err = st.subscribing(ctx, theURL, "", attempt)
	}
	if err := st.complete(call+", and tried again", s, err); err != nil {
		return false, err
	}
	return true, st.standing(ctx, theURL, s.ID, call+", and tried again")
}

func checkUnsubscribed(ctx context.Context, st *stage) error {
	st, err := st.fresh(ctx)
	if err != nil {
		return err
	}
	other, err := st.subscribing(ctx, otherURL, "", 1)
	if err != nil {
		return wrong("EnsureSubscription", err, "a subscription")
	}
	for _, named := range []bool{true, false} {
		s, err := st.subscribing(ctx, theURL, "", 1)
		if err != nil {
			return wrong("EnsureSubscription", err, "a subscription")
		}
		if !named {
			s.ID = "" // the attempt that made it was cut off
		}
		for attempt := 1; attempt <= 2; attempt++ {
			call := fmt.Sprintf("EnsureUnsubscribed %q, attempt %d", s.ID, attempt)
			if _, err := st.unsubscribing(ctx, theURL, s.ID, attempt); err != nil {
				return wrong(call, err, "no error: nothing is there any more")
			}
			if err := st.standing(ctx, theURL, "", call); err != nil {
				return err
			}
		}
	}
	return st.standing(ctx, otherURL, other.ID, "EnsureUnsubscribed of another URL")
}

func checkSubscriptionCounted(ctx context.Context, st *stage) error {
	st, err := st.fresh(ctx)
	if err != nil {
		return err
	}
	var s ports.Subscription
	for _, write := range []struct {
		method string
		try    func() (ports.Usage, error)
	}{
		{"EnsureSubscription", func() (u ports.Usage, err error) { s, err = st.subscribing(ctx, theURL, "", 1); return s.Usage, err }},
		{"EnsureUnsubscribed", func() (ports.Usage, error) {
			gone, err := st.unsubscribing(ctx, theURL, s.ID, 1)
			return gone.Usage, err
		}},
	} {
		if err := st.far.Forget(ctx); err != nil {
			return err
		}
		usage, err := write.try()
		if err != nil {
			return wrong(write.method, err, "no error")
		}
		log, err := st.far.Requests(ctx)
		if err != nil {
			return err
		}
		if usage.Calls != log.Total || log.Total > st.grant(write.method, 1) {
			return wrong(write.method, fmt.Sprintf("%d calls", usage.Calls), fmt.Sprintf("the %d requests that arrived, of at most %d", log.Total, st.grant(write.method, 1)))
		}
	}
	return nil
}

func checkSubscriptionHidden(ctx context.Context, st *stage) error {
	st, err := st.fresh(ctx)
	if err != nil {
		return err
	}
	s, err := st.subscribing(ctx, theURL, "", 1)
	if err != nil {
		return wrong("EnsureSubscription", err, "a subscription")
	}
	for name, value := range s.Granted {
		st.learnSecret(name, value)
	}
	st.learnSecret("the token of the URL", path.Base(theURL))
	if err := st.far.Fault(ctx, simulator.Fault{Kind: simulator.KindStatus, Status: http.StatusForbidden}); err != nil {
		return err
	}
	_, _ = st.subscribing(ctx, theURL, s.ID, 1) // what these say is heard
	_, _ = st.unsubscribing(ctx, theURL, s.ID, 1)
	if err := st.far.Heal(ctx); err != nil {
		return err
	}
	if _, err := st.subscribing(ctx, theURL, s.ID, 1); err != nil {
		return wrong("EnsureSubscription", err, "a subscription")
	}
	st.hear(inLog, st.c.Log())
	return st.searchHeard()
}
