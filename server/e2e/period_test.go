package e2e_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
)

// Fortnox locks the month: nothing is written, and what waits is booked by the first
// run after somebody has opened it.
func TestPayoutsInALockedPeriodWaitUntilFortnoxOpensIt(t *testing.T) {
	t.Parallel()
	s := raise(t, "")
	s.open()
	c := s.onboard()
	s.lock(t, "2026-04-30")
	before := s.counts(t)
	s.settle(c)
	require.Equal(t, before, s.counts(t))
	waiting := list[api.Exception](s, "/v1/merchants/"+c.merchant+"/exceptions?state=open&code=period.locked")
	require.NotEmpty(t, waiting)
	for _, e := range waiting {
		require.Zero(t, e.LineID)
	}

	s.lock(t, "")
	s.runAgain(c)
	require.Empty(t, list[api.Exception](s, "/v1/merchants/"+c.merchant+"/exceptions?state=open&code=period.locked"))
	undisturbed := raise(t, "")
	undisturbed.open()
	d := undisturbed.onboard()
	undisturbed.settle(d)
	require.Equal(t, undisturbed.ledger(t), s.ledger(t), "the waiting leaves no trace")
}

func (s *stage) lock(t *testing.T, until string) {
	t.Helper()
	s.fortnox.control(t, http.MethodPut, "/_sim/fortnox/lock", map[string]string{"until": until}, nil)
}
