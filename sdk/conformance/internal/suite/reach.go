package suite

import (
	"context"
	"net/http"
	"strings"

	"github.com/kvitt/kvitt/sdk/conformance/internal/launch"
	"github.com/kvitt/kvitt/sdk/conformance/internal/remote"
	"github.com/kvitt/kvitt/sdk/simulator"
)

func reaching() []Case {
	return []Case{
		{
			ID: "hosts.declared", Level: 2, After: []string{"read.answers"}, unfit: needsProcess, run: checkHosts,
			Title: "The connector calls no host that it has not declared.",
			Why:   "An operator reads the list of hosts before installing, and closes the firewall for the rest.",
		},
		{
			ID: "hosts.redirects", Level: 2, After: []string{"read.answers"}, run: checkRedirects,
			Title: "A redirect to another host is not followed with credentials.",
			Why:   "Whoever can make the remote system redirect would be handed the merchant's credentials.",
		},
	}
}

// checkHosts gives the process a proxy that stands for all the world but the
// simulator, which it reaches by its loopback address.
func checkHosts(ctx context.Context, st *stage) error {
	trap, err := remote.SetTrap()
	if err != nil {
		return err
	}
	st.later(trap.Close)
	env := map[string]string{}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		env[name], env[strings.ToLower(name)] = trap.URL, trap.URL
	}
	env["NO_PROXY"], env["no_proxy"] = "127.0.0.1,localhost", "127.0.0.1,localhost"
	if err := st.restart(ctx, launch.Options{Env: env}); err != nil {
		return err
	}
	for _, q := range st.sound() {
		_, err := st.readAll(ctx, q)
		if calls := trap.Calls(); len(calls) > 0 {
			method, rest, _ := strings.Cut(calls[0], " ")
			host, _, _ := strings.Cut(rest, " ")
			return wrong(q.String(), "a request to a host that is not declared: "+method+" "+host, "requests to declared hosts alone")
		}
		if err != nil {
			return asMismatch(q, err, "an answer")
		}
	}
	return nil
}

func checkRedirects(ctx context.Context, st *stage) error {
	trap, err := remote.SetTrap()
	if err != nil {
		return err
	}
	st.later(trap.Close)
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect} {
		redirect := simulator.Fault{Kind: simulator.KindStatus, Status: status, Headers: map[string]string{"Location": trap.URL + "/elsewhere"}}
		for _, q := range st.sound() {
			if err := st.strikeWith(ctx, redirect); err != nil {
				return err
			}
			_, _ = st.ask(ctx, q, "") // what it makes of the answer, errors.* look at
			for _, call := range trap.Calls() {
				if name, found := st.reveals(call); found {
					return wrong(q.String()+", redirected", "a request to the other host with the credential "+name, "no request there")
				}
			}
		}
	}
	return nil
}
