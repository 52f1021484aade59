package e2e_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/server/config"
)

// TestWorkWaitsForAConnectorInQuarantine kills a connector more often than it may exit: the
// run waits and says why, and goes on once the connector is released. Another quarantine
// ends with a swap.
func TestWorkWaitsForAConnectorInQuarantine(t *testing.T) {
	t.Parallel()
	s := raise(t, "")
	s.change = func(c *config.Config) {
		c.Restarts = config.Restarts{First: time.Millisecond, Longest: time.Millisecond, Budget: 1, Window: time.Hour}
	}
	s.open()
	c := s.onboard()
	s.quarantine(c, "klarna")
	var run, waiting api.Run
	s.post("/v1/flows/"+c.flow+"/runs", nil, &run)
	s.until("the run waits", func() bool {
		s.get("/v1/runs/"+run.ID, &run)
		return run.Fault != nil
	})
	require.Equal(t, api.RunStateRunning, run.State, "it has not failed")
	require.Equal(t, "connector.quarantined", run.Fault.Code)
	var health api.Health
	s.get("/v1/health", &health)
	require.Equal(t, api.HealthStatusDegraded, health.Status)
	var work api.WorkList
	s.get("/v1/merchants/"+c.merchant+"/work?state=waiting", &work)
	require.NotEmpty(t, work.Items)

	var released api.ConnectorVersion
	s.post("/v1/connectors/klarna/versions/0.1.0/reset", map[string]any{"reason": "it was killed by hand"}, &released)
	s.until("the run ends", func() bool {
		s.get("/v1/runs/"+run.ID, &run)
		return run.State == api.RunStateDone
	})
	require.NotEmpty(t, list[api.Payout](s, "/v1/merchants/"+c.merchant+"/payouts"))
	var log api.ConnectorLog
	s.get("/v1/connectors/klarna/versions/0.1.0/log", &log)
	var said []string
	for _, line := range log.Items {
		said = append(said, line.Message)
	}
	require.Contains(t, strings.Join(said, "\n"), "quarantine")

	s.quarantine(c, "klarna")
	s.post("/v1/flows/"+c.flow+"/runs", nil, &waiting)
	s.until("the next run waits", func() bool {
		s.get("/v1/runs/"+waiting.ID, &waiting)
		return waiting.Fault != nil
	})
	s.install(buildVersion(t, "klarna", "0.1.1"))
	s.swapTo("klarna", "0.1.1")
	s.until("the next run ends", func() bool {
		s.get("/v1/runs/"+waiting.ID, &waiting)
		return waiting.State == api.RunStateDone
	})
}

// quarantine kills a connector's processes until it may not start again.
func (s *stage) quarantine(c cast, connector string) {
	s.t.Helper()
	s.until(connector+" is in quarantine", func() bool {
		var versions api.ConnectorVersionList
		s.get("/v1/connectors/"+connector+"/versions", &versions)
		for _, v := range versions.Items {
			node := v.Nodes[0]
			if node.State == api.NodeVersionStateQuarantined {
				return true
			}
			if node.Pid != 0 {
				_ = syscall.Kill(-node.Pid, syscall.SIGKILL) // it may have gone already
			} else if node.Serves {
				_ = s.client.Post(s.t.Context(), "/v1/connections/"+c.klarna+"/verify", nil, nil) // a call starts it, and fails if it may not
			}
		}
		return false
	})
}
