package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/server/config"
)

// An undisturbed run records every commit and every remote request. Each of them is
// then the point at which something goes wrong, in a world of its own, so that a
// new step is tried without anybody thinking of it.
func TestAPayoutIsBookedExactlyOnceWhateverHappens(t *testing.T) {
	t.Parallel()
	r := rehearse(t, booking.Clearing)
	t.Run("the hub is killed at a commit", func(t *testing.T) { try(t, r.everyCommit()) })
	t.Run("the hub is killed at a commit and the next one recovering", func(t *testing.T) { try(t, r.everyCommitAndRecovery()) })
	t.Run("the hub is killed at a request", func(t *testing.T) { try(t, r.killAtRequests("hub", r.killHub)) })
	t.Run("the connector is killed at a request", func(t *testing.T) { try(t, r.killAtRequests("connector", r.killConnector)) })
	t.Run("a request fails", func(t *testing.T) { try(t, r.everyMisfortune()) })
}

// everyCommit kills the hub before and after each commit.
func (r rehearsal) everyCommit() []point {
	var points []point
	for i, what := range r.commits {
		for _, when := range []string{"before", "after"} {
			points = append(points, r.die(what, fmt.Sprintf("%s %d", when, i+1)))
		}
	}
	return points
}

// everyCommitAndRecovery kills the hub after each commit, and the next one while it
// finds out what the first one has done: when it has stored that it tries an open
// write again, and before it stores what came of it.
func (r rehearsal) everyCommitAndRecovery() []point {
	// The next hub commits that the operator may enter and that it owns both lanes.
	const preparations = 3
	var points []point
	for i, what := range r.commits {
		first := fmt.Sprintf("before %d", i+1)
		points = append(points,
			r.die(what, first, fmt.Sprintf("after %d", preparations+1)),
			r.die(what, first, fmt.Sprintf("before %d", preparations+2)))
	}
	return points
}

// die lets hubs die one after the other. Several writes are under way at a time, so
// that several are open when they do.
func (r rehearsal) die(what string, fates ...string) point {
	return point{name: strings.Join(fates, ", then ") + ", " + what, try: func(t *testing.T) {
		s := raise(t, r.template)
		s.fates, s.change = fates, func(c *config.Config) { widen(c, 3) }
		s.open()
		run := s.settle(r.cast)
		for s.fate != "" { // only the end of the hub is left to die at
			require.NoError(t, s.hub.Stop(patience))
			s.open()
		}
		require.Contains(t, s.commits(), lastWords)
		s.judge(r.cast, r, run)
	}}
}

func widen(c *config.Config, inFlight int) {
	for connector, quota := range c.Quotas {
		quota.InFlight = inFlight
		c.Quotas[connector] = quota
	}
}

func (r rehearsal) killAtRequests(whom string, kill func(t *testing.T, s *stage, system string, q request)) []point {
	var points []point
	for _, when := range []string{"before", "after"} {
		points = append(points, r.everyRequest(when, func(t *testing.T, system string, q request) {
			s := raise(t, r.template)
			s.open()
			remote := s.system(system)
			remote.inflict(t, misfortune{Request: q.Number, Kind: "hold_" + when})
			s.post("/v1/flows/"+r.cast.flow+"/runs", nil, nil)
			s.until("the request comes", func() bool { return remote.holds(t) })
			kill(t, s, system, q)
			s.judge(r.cast, r, s.settle(r.cast))
		})...)
	}
	return points
}

// killHub kills the hub. Its connectors go with it, and the request with them.
func (r rehearsal) killHub(t *testing.T, s *stage, system string, _ request) {
	t.Helper()
	require.NoError(t, s.hub.Kill())
	s.until("the request ends with its client", func() bool { return !s.system(system).holds(t) })
	s.system(system).relent(t)
	s.reopen()
}

// killConnector kills the process that made the request; the hub lives on. Tokens
// are the hub's own work: such a request survives the connector.
func (r rehearsal) killConnector(t *testing.T, s *stage, system string, q request) {
	t.Helper()
	require.NoError(t, syscall.Kill(s.connectorPID(t, system), syscall.SIGKILL))
	if q.Path != "/oauth-v1/token" {
		s.until("the request ends with its client", func() bool { return !s.system(system).holds(t) })
	}
	s.system(system).relent(t)
}

// everyMisfortune has each request fail once in each way there is.
func (r rehearsal) everyMisfortune() []point {
	var points []point
	for _, m := range []struct {
		name string
		misfortune
	}{
		{"429 instead of", misfortune{Kind: "status", Status: http.StatusTooManyRequests}},
		{"500 instead of", misfortune{Kind: "status", Status: http.StatusInternalServerError}},
		{"500 after", misfortune{Kind: "status_after", Status: http.StatusInternalServerError}},
		{"cut before", misfortune{Kind: "cut_before"}},
		{"cut after", misfortune{Kind: "cut_after"}},
		{"half an answer to", misfortune{Kind: "truncate"}},
	} {
		points = append(points, r.everyRequest(m.name, func(t *testing.T, system string, q request) {
			s := raise(t, r.template)
			s.open()
			m.Request = q.Number
			s.system(system).inflict(t, m.misfortune)
			run := s.settle(r.cast)
			require.True(t, s.system(system).struck(t))
			s.judge(r.cast, r, run)
		})...)
	}
	return points
}
