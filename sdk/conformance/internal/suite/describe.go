package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/conformance/internal/launch"
)

func describing() []Case {
	return []Case{
		{
			ID: "describe.handshake", Level: 1, run: checkHandshake,
			Title: "The connector comes up and says what it is.",
			Why:   "What does not shake hands cannot be installed.",
		},
		{
			ID: "describe.static", Level: 1, After: []string{"describe.handshake"}, run: checkStatic,
			Title: "The description is the same every time: from one connector, from the next, and from the program with the argument describe.",
			Why:   "The hub reads it before the connector runs and trusts it afterwards: quotas, hosts and capabilities must not move.",
		},
		{
			ID: "describe.identity", Level: 1, After: []string{"describe.handshake"}, run: checkIdentity,
			Title: "Id, name, version, protocol and hosts are written as the hub needs them, and there is at least one capability.",
			Why:   "The hub refuses to install anything else.",
		},
		{
			ID: "describe.operations", Level: 1, After: []string{"describe.handshake"}, run: checkOperations,
			Title: "Every method of every capability is declared with the calls that it may spend; every write says how its outcome is found out, and what that may spend.",
			Why:   "The hub grants what is declared. A method that is not declared is never called; a write without recovery is never retried.",
		},
		{
			ID: "describe.quota", Level: 1, After: []string{"describe.handshake"}, run: checkQuota,
			Title: "The quota names calls and window together, lets at least one call run, and counts by credentials that there are.",
			Why:   "All calls of one remote account share a limit; connections of one account must be known as such.",
		},
		{
			ID: "describe.grants", Level: 1, After: []string{"describe.operations", "describe.quota"}, run: checkGrants,
			unfit: func(s *Session) string {
				if s.description.Quota.Calls == 0 {
					return "the remote system sets no limit"
				}
				return ""
			},
			Title: "No operation declares more calls, in a first attempt or a later one, than the quota gives in one window.",
			Why:   "A call gets all that it may spend at once. What the window never holds the hub refuses, with lane.grant_too_large.",
		},
	}
}

func checkHandshake(_ context.Context, st *stage) error {
	if d := st.c.Describe(); d.ID != st.description.ID || d.Version != st.description.Version {
		return wrong("Describe", d.ID+" "+d.Version, st.description.ID+" "+st.description.Version+", as before")
	}
	return nil
}

func checkStatic(ctx context.Context, st *stage) error {
	first, err := json.Marshal(st.c.Describe())
	if err != nil {
		return wrong("Describe", err, "a description that JSON can hold")
	}
	compare := func(from string, d ports.Description) error {
		again, err := json.Marshal(d)
		if err != nil {
			return wrong(from, err, "a description that JSON can hold")
		}
		if string(again) != string(first) {
			return wrong(from, string(again), string(first))
		}
		return nil
	}
	if err := compare("Describe of the same connector", st.c.Describe()); err != nil {
		return err
	}
	if st.setup.Program != nil {
		d, err := st.setup.Program.Describe(ctx)
		if err != nil {
			return wrong("the argument describe", err, "the description as JSON")
		}
		return compare("the argument describe", d)
	}
	other, err := st.another(ctx)
	if err != nil {
		return err
	}
	return compare("Describe of another connector", other)
}

// another gives the description of a connector of its own.
func (st *stage) another(ctx context.Context) (ports.Description, error) {
	c, err := st.setup.Way.Start(ctx, launch.Options{})
	if err != nil {
		return ports.Description{}, err
	}
	defer st.retire(c)
	return c.Describe(), nil
}

var (
	idPattern      = regexp.MustCompile(`^[a-z][a-z0-9-]{1,31}$`)
	versionPattern = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$`)
)

func checkIdentity(_ context.Context, st *stage) error {
	d := st.description
	switch {
	case !idPattern.MatchString(d.ID):
		return wrong("Describe", "the id "+d.ID, "2 to 32 lower-case letters, digits and hyphens that begin with a letter")
	case d.Name == "":
		return wrong("Describe", "no name", "a name for people")
	case !versionPattern.MatchString(d.Version):
		return wrong("Describe", "the version "+d.Version, "a version like 1.4.2")
	case d.Protocol != ports.ProtocolVersion && (st.setup.Way.Process() || d.Protocol != 0):
		return wrong("Describe", fmt.Sprintf("protocol %d", d.Protocol), fmt.Sprintf("protocol %d", ports.ProtocolVersion))
	case len(d.Capabilities) == 0:
		return wrong("Describe", "no capability", "at least one")
	case len(d.Hosts) == 0:
		return wrong("Describe", "no host", "every base URL that the connector calls")
	}
	for _, host := range d.Hosts {
		u, err := url.Parse(host)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			return wrong("Describe", "the host "+host, "a base URL like https://api.example.com")
		}
	}
	return nil
}

func checkOperations(_ context.Context, st *stage) error {
	if _, ok := st.description.Operation("Verify"); !ok {
		return wrong("Describe", "no operation Verify", "what it may spend")
	}
	for _, c := range st.own() {
		writes := slices.Concat(c.writes, c.registers)
		for _, method := range slices.Concat(c.reads, writes) {
			op, ok := st.description.Operation(method)
			switch {
			case !ok:
				return wrong("Describe", "no operation "+method, "what it may spend, as it belongs to "+string(c.name))
			case op.Calls < 1:
				return wrong("Describe", fmt.Sprintf("%s with %d calls", method, op.Calls), "at least 1")
			case slices.Contains(writes, method) != (op.Recovery != ports.RecoveryNone):
				return wrong("Describe", fmt.Sprintf("%s with the recovery %q", method, op.Recovery), "a recovery for what writes and none for what reads")
			}
			if op.Recovery != ports.RecoveryNone && !slices.Contains(recoveries(), op.Recovery) {
				return wrong("Describe", "the recovery "+string(op.Recovery), fmt.Sprint("one of ", recoveries()))
			}
		}
	}
	return nil
}

func recoveries() []ports.Recovery {
	return []ports.Recovery{
		ports.RecoveryKeyed, ports.RecoverySearchable, ports.RecoveryByState, ports.RecoveryByDifference, ports.RecoveryUnsafe,
	}
}

func checkQuota(_ context.Context, st *stage) error {
	q := st.description.Quota
	switch {
	case q.Calls < 0 || q.Window < 0:
		return wrong("Describe", "a negative quota", "0 for no limit")
	case (q.Calls > 0) != (q.Window > 0):
		return wrong("Describe", fmt.Sprintf("%d calls in %s", q.Calls, q.Window), "calls and window together")
	case q.InFlight < 1:
		return wrong("Describe", fmt.Sprintf("%d calls in flight", q.InFlight), "at least 1")
	case len(q.Account) == 0:
		return wrong("Describe", "a quota for no account", "the credentials that name the remote account")
	}
	known := properties(st.description.Credentials)
	names := slices.Clone(q.Account)
	if o := st.description.OAuth; o != nil {
		names = append(names, o.ClientID, o.ClientSecret)
	}
	for _, name := range names {
		if _, ok := known[name]; !ok {
			return wrong("Describe", "the credential "+name, "a property of the credentials schema")
		}
	}
	return nil
}

func checkGrants(_ context.Context, st *stage) error {
	quota := st.description.Quota
	for _, op := range st.description.Operations {
		if calls := max(op.Calls, op.RecoveryCalls); calls > quota.Calls {
			return wrong("Describe", fmt.Sprintf("%s with %d calls", op.Name, calls),
				fmt.Sprintf("at most the %d that the quota gives in %s: read less at a time, or correct the quota", quota.Calls, quota.Window))
		}
	}
	return nil
}
