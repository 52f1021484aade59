package report_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/sdk/conformance/report"
)

func connector() report.Connector {
	return report.Connector{ID: "acorn", Version: "1.0.0", Protocol: 1, SHA256: "abc"}
}

func cases(states ...report.State) []report.Case {
	var list []report.Case
	for i, state := range states {
		list = append(list, report.Case{ID: "case." + string(rune('a'+i)), Level: i + 1, State: state})
	}
	return list
}

func TestALevelIsReachedIfNothingUpToItHasFailedOrWasNotRun(t *testing.T) {
	t.Parallel()
	const ok, bad, left, none = report.Passed, report.Failed, report.NotRun, report.NotApplicable
	tests := map[string]struct {
		states          []report.State
		tested, reached int
	}{
		"everything passes":          {[]report.State{ok, ok, ok, ok}, 4, 4},
		"the last level fails":       {[]report.State{ok, ok, ok, bad}, 4, 3},
		"a case in between not run":  {[]report.State{ok, left, ok, ok}, 4, 1},
		"the first level fails":      {[]report.State{bad, ok, ok, ok}, 4, 0},
		"what is lacking is no harm": {[]report.State{ok, ok, none, none}, 4, 4},
		"only two levels were put":   {[]report.State{ok, ok}, 2, 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := report.New(connector(), 4, test.tested, cases(test.states...))
			require.Equal(t, test.reached, r.Reached)
			require.Equal(t, test.reached >= test.tested, r.Passes())
		})
	}
}

func TestTheReportAsJSONHasItsForm(t *testing.T) {
	t.Parallel()
	list := cases(report.Passed, report.Failed)
	list[0].Took, list[1].Reason = time.Second, "got 1, want 2"
	text, err := json.Marshal(report.New(connector(), 3, 2, list))
	require.NoError(t, err)
	require.JSONEq(t, `{"schema":1,"suite":"1","connector":{"id":"acorn","version":"1.0.0","protocol":1,"sha256":"abc"},
		"level_claimed":3,"level_tested":2,"level_reached":1,"cases":[
		{"id":"case.a","level":1,"state":"passed","took_ns":1000000000},
		{"id":"case.b","level":2,"state":"failed","reason":"got 1, want 2","took_ns":0}]}`, string(text))
}

func TestTheTableShowsEveryCaseAndWhyOneFailed(t *testing.T) {
	t.Parallel()
	list := cases(report.Passed, report.Failed, report.NotRun, report.NotApplicable)
	list[1].Reason, list[2].Reason, list[3].Reason = "ListPayouts: got 1, want 2", "case.b has failed", "no capability"
	list[1].Why = "Rows get lost."
	var out strings.Builder
	require.NoError(t, report.New(connector(), 4, 4, list).Table(&out))
	require.Equal(t, `acorn 1.0.0, protocol 1, suite 1
sha256 abc

level 1
  case.a  passed          0s
level 2
  case.b  FAILED          0s  see below
level 3
  case.c  not run         0s  case.b has failed
level 4
  case.d  not applicable  0s  no capability

case.b
  ListPayouts: got 1, want 2
  why it matters: Rows get lost.
  read on: docs/connectors/conformance.md#case.b

level 1 reached, level 4 claimed
`, out.String())
}
