package conformance

import (
	"testing"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/conformance/report"
	"github.com/kvitt/kvitt/sdk/simulator"
)

// Subject is a connector whose source is at hand, and what to hold it against.
type Subject struct {
	// New makes the connector as its main function does. The suite makes many: one
	// for each case, and another one where a case asks what a restart changes.
	New func() ports.Connector
	// Small makes the connector with the smallest pages that it can ask for, so that
	// lists of the plan's world take several. It may be nil.
	Small func() ports.Connector
	// Simulator makes the remote system. Each case has one of its own.
	Simulator simulator.Build
	// Plan is the path of the plan file; see package plan.
	Plan string
	// Binary is the path of the connector as a program. If it is set, all cases are
	// run on a process of it as well.
	Binary string
	// Previous is the path of an earlier build to compare with, or empty.
	Previous string
}

// Test runs the suite as subtests of t: "direct/<case>" on the value itself,
// "wire/<case>" through gRPC in memory and, if there is a binary,
// "process/<case>". Cases that are not applicable or not run are skipped with the
// reason. It fails if the plan is wrong or a case fails up to the level that the
// plan claims.
func Test(t *testing.T, s Subject) {
	t.Helper()
	for _, door := range s.ways() {
		t.Run(door.name, func(t *testing.T) {
			session, err := s.common().open(t.Context(), door.way, door.program, idOf(s.New))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(session.Close)
			for _, c := range session.Cases() {
				t.Run(c.ID, func(t *testing.T) { tell(t, c.Why, session.Do(t.Context(), c)) })
			}
		})
	}
}

func (s Subject) common() subject {
	return subject{planFile: s.Plan, build: s.Simulator, previous: s.Previous}
}

// tell says how a case ended.
func tell(t *testing.T, why string, result report.Case) {
	t.Helper()
	switch result.State {
	case report.Passed:
	case report.Failed:
		t.Errorf("%s\n\nwhy it matters: %s\nread on: %s#%s", result.Reason, why, Docs, result.ID)
	case report.NotRun:
		t.Skip("not run: " + result.Reason)
	case report.NotApplicable:
		t.Skip("not applicable: " + result.Reason)
	}
}
