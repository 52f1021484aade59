package suite

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

func admitting() []Case {
	return []Case{
		{
			ID: "credentials.accepted", Level: 1, After: []string{"config.credentials-schema", "describe.operations", "describe.identity"}, run: checkAccepted,
			Title: "Verify finds nothing wrong with the plan's connection, and no check is nameless.",
			Why:   "A connection is used only once its check has passed.",
		},
		{
			ID: "credentials.refused", Level: 1, After: []string{"credentials.accepted"}, run: checkRefused,
			Title: "Credentials that the remote system refuses are a fault of class auth, or a failed check of Verify, and are not tried again within the call.",
			Why:   "Only class auth makes the hub ask a person for new credentials; a storm of retries locks accounts.",
		},
		{
			ID: "credentials.missing", Level: 1, After: []string{"credentials.accepted"}, run: checkMissing,
			Title: "Without credentials a call fails with class auth or validation, and nothing is sent.",
			Why:   "A request without credentials tells a stranger who uses the connector and counts against limits.",
		},
		{
			ID: "verify.expected", Level: 1, After: []string{"credentials.accepted"}, run: checkExpected,
			Title: "Verify fails the check of something expected that is not there, such as an account.",
			Why:   "Otherwise a missing account is found out by the first voucher, days after onboarding.",
		},
		{
			ID: "verify.capabilities", Level: 1, After: []string{"credentials.accepted"}, run: checkCapabilities,
			Title: "What Verify says of capabilities concerns the connector's own, each once, verified or refused; one that is refused says why and what to do, and none of the plan's connection is.",
			Why:   "A flow that needs what is refused is not switched on, for the reason that stands there. Of what it cannot tell a connector says nothing.",
		},
		{
			ID: "verify.harmless", Level: 2, After: []string{"read.answers"}, run: checkHarmless,
			Title: "Verify changes nothing at the remote system.",
			Why:   "It is run by people who only want to look, as often as they like.",
		},
	}
}

func (st *stage) verify(ctx context.Context, expect map[string][]string) (ports.VerifyReport, error) {
	inner, cancel := st.within(ctx)
	defer cancel()
	r, err := st.c.Verify(inner, st.verifyRequest(st.granted("Verify", 1), expect))
	st.listen("Verify", err)
	return r, err
}

func checkAccepted(ctx context.Context, st *stage) error {
	r, err := st.verify(ctx, st.setup.Plan.Expect)
	if err != nil {
		return wrong("Verify", err, "a report")
	}
	if len(r.Checks) == 0 {
		return wrong("Verify", "no check", "at least one")
	}
	for _, c := range r.Checks {
		if c.Name == "" || c.State == ports.CheckFailed {
			return wrong("Verify", fmt.Sprintf("the check %q %s: %s", c.Name, c.State, c.Detail), "checks that have names and pass")
		}
	}
	return nil
}

func checkCapabilities(ctx context.Context, st *stage) error {
	r, err := st.verify(ctx, st.setup.Plan.Expect)
	if err != nil {
		return wrong("Verify", err, "a report")
	}
	told := map[ports.Capability]bool{}
	for _, said := range r.Capabilities {
		name := "what it says of " + string(said.Capability)
		switch {
		case !st.description.Has(said.Capability):
			return wrong("Verify", name, "only capabilities that the connector has")
		case told[said.Capability]:
			return wrong("Verify", name+" twice", "each capability once")
		case said.State == ports.CapabilityRefused && (said.Detail == "" || said.Remedy == ""):
			return wrong("Verify", name+": refused", "why, and what to do")
		case said.State == ports.CapabilityRefused:
			return wrong("Verify", name+": refused, "+said.Detail, "a connection of the plan that may use what is tested")
		}
		told[said.Capability] = true
	}
	if len(r.Capabilities) == 0 {
		return &unfit{"Verify says nothing of capabilities"}
	}
	return nil
}

// refused gives the changes of credentials that must be refused.
func (st *stage) refused() []map[string]string {
	if len(st.setup.Plan.Refused) > 0 {
		return st.setup.Plan.Refused
	}
	var changes []map[string]string
	known := properties(st.description.Credentials)
	for _, name := range slices.Sorted(maps.Keys(st.connection.Credentials)) {
		if name == accessToken || known[name].WriteOnly {
			changes = append(changes, map[string]string{name: garble(st.connection.Credentials[name])})
		}
	}
	return changes
}

// garble changes the end of a secret, since its beginning may say what it is for.
func garble(secret string) string {
	const tail = 4
	kept := secret[:max(len(secret)-tail, 0)]
	swap := func(r rune) rune {
		if r == 'A' {
			return 'B'
		}
		return 'A'
	}
	return kept + strings.Map(swap, secret[len(kept):])
}

func (st *stage) changed(change map[string]string) map[string]string {
	all := maps.Clone(st.connection.Credentials)
	maps.Copy(all, change)
	return all
}

func checkRefused(ctx context.Context, st *stage) error {
	changes := st.refused()
	if len(changes) == 0 {
		return &unfit{"no credential is secret"}
	}
	good := st.connection.Credentials
	for _, change := range changes {
		st.connection.Credentials = st.changed(change)
		st.learnSecrets(change)
		for _, q := range st.unlearned() {
			if err := st.mustRefuse(ctx, q, "with a wrong "+strings.Join(slices.Sorted(maps.Keys(change)), " and ")); err != nil {
				return err
			}
		}
		st.connection.Credentials = good
	}
	return nil
}

func (st *stage) mustRefuse(ctx context.Context, q question, when string) error {
	if err := st.far.Forget(ctx); err != nil {
		return err
	}
	a, err := st.ask(ctx, q, "")
	call := q.String() + " " + when
	switch {
	case err == nil && !q.reports(a):
		return wrong(call, "an answer", "class auth")
	case err != nil && fault.ClassOf(err) != fault.Auth:
		return wrong(call, err, "class auth")
	}
	log, err := st.far.Requests(ctx)
	if err != nil {
		return err
	}
	refusals := 0
	for _, r := range log.Requests {
		if r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden {
			refusals++
		}
	}
	// A call may have sent several requests before it knew.
	if most := max(st.description.Quota.InFlight, 1); refusals > most && !q.lenient || refusals > st.grant(q.method, 1) {
		return wrong(call, fmt.Sprintf("%d refused requests", refusals), "no further try: the credentials do not get better")
	}
	return nil
}

func checkMissing(ctx context.Context, st *stage) error {
	st.connection.Credentials = map[string]string{}
	for _, q := range st.unlearned() {
		a, err := st.ask(ctx, q, "")
		class := fault.ClassOf(err)
		switch {
		case err == nil && !q.reports(a):
			return wrong(q.String()+" without credentials", "an answer", "class auth or validation")
		case err != nil && class != fault.Auth && class != fault.Validation:
			return wrong(q.String()+" without credentials", err, "class auth or validation")
		}
	}
	return st.silent(ctx, "without credentials")
}

func checkExpected(ctx context.Context, st *stage) error {
	if len(st.setup.Plan.Expect) == 0 {
		return &unfit{"the plan expects nothing"}
	}
	for _, kind := range slices.Sorted(maps.Keys(st.setup.Plan.Expect)) {
		const none = "CONFORMANCE-NONE"
		r, err := st.verify(ctx, map[string][]string{kind: {none}})
		if err != nil {
			return wrong("Verify expecting the "+kind+" "+none, err, "a report with a failed check")
		}
		if !tellVerify(r).bad {
			return wrong("Verify expecting the "+kind+" "+none, "no failed check", "a failed check that says what is missing")
		}
	}
	return nil
}

func checkHarmless(ctx context.Context, st *stage) error {
	return st.harmless(ctx, "Verify", func() error {
		if _, err := st.verify(ctx, st.setup.Plan.Expect); err != nil {
			return wrong("Verify", err, "a report")
		}
		return nil
	})
}

// harmless has something done that must change nothing. A POST may read as well: what
// it has done is seen in what the remote system holds.
func (st *stage) harmless(ctx context.Context, what string, do func() error) error {
	before, err := st.snapshot(ctx)
	if err != nil {
		return err
	}
	if err := st.far.Forget(ctx); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	log, err := st.far.Requests(ctx)
	if err != nil {
		return err
	}
	for _, r := range log.Requests {
		if r.Method == http.MethodPut || r.Method == http.MethodDelete || r.Method == http.MethodPatch {
			return wrong(what, "the request "+r.Method+" "+r.Path, "requests that only read")
		}
	}
	return st.unchanged(ctx, before, what)
}
