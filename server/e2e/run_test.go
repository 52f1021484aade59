package e2e_test

import (
	"errors"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/server/client"
)

// settle brings the flow's first run to its end. A hub that may die is started
// again when it has; from then on the run must go on by itself. Only if the death
// took the request for the run along is it asked for once more.
func (s *stage) settle(c cast) api.Run {
	s.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(glance) {
		runs, err := client.List[api.Run](s.t.Context(), s.client, "/v1/merchants/"+c.merchant+"/runs")
		if err == nil && len(runs) == 0 {
			err = s.client.Post(s.t.Context(), "/v1/flows/"+c.flow+"/runs", nil, nil)
		}
		if err != nil {
			s.excuse(err)
			continue
		}
		if len(runs) == 0 || runs[0].State == api.RunStateRunning {
			continue
		}
		require.Len(s.t, runs, 1)
		require.EqualValues(s.t, api.RunStateDone, runs[0].State, "%+v", runs[0].Fault)
		return runs[0]
	}
	s.t.Fatal("the run never came to an end")
	return api.Run{}
}

// excuse accepts that the hub gives no answer if it was to die, and starts it again.
func (s *stage) excuse(err error) {
	s.t.Helper()
	var answered *client.Problem
	require.False(s.t, errors.As(err, &answered) && !foreign(answered), "%v", err)
	require.NotEmpty(s.t, s.fate, "the hub died of itself: %v", err)
	s.reopen()
}

// foreign reports whether an answer is another program's, which the system has given the
// dead hub's port: another test's simulator or hub.
func foreign(p *client.Problem) bool { return p.Code == "" || p.Code == "access.unauthenticated" }

// runAgain makes a further run and waits for its end.
func (s *stage) runAgain(c cast) api.Run {
	s.t.Helper()
	var run api.Run
	s.post("/v1/flows/"+c.flow+"/runs", nil, &run)
	s.until("the run ends", func() bool {
		s.get("/v1/runs/"+run.ID, &run)
		return run.State != api.RunStateRunning
	})
	require.EqualValues(s.t, api.RunStateDone, run.State, "%+v", run.Fault)
	return run
}
