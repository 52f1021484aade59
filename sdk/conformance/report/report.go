// Package report is what a run of the conformance suite found: the same bytes for
// the same connector, but for the times.
package report

import "time"

const (
	// Schema is the version of the report's form as JSON. Fields are only added.
	Schema = 1
	// Suite is the version of the cases. It changes when a connector that passed may
	// fail, or the other way round.
	Suite = "1"
)

// Docs is the page that explains every case, with an anchor for each id.
const Docs = "docs/connectors/conformance.md"

// State is the outcome of one case.
type State string

// The states.
const (
	Passed State = "passed"
	Failed State = "failed"
	// NotRun: a case that this one leans on has not passed.
	NotRun State = "not_run"
	// NotApplicable: the connector lacks the capability, or the case cannot be put to
	// a connector that is reached this way.
	NotApplicable State = "not_applicable"
)

// Report is the outcome of all cases up to the level that was asked for.
type Report struct {
	Schema    int       `json:"schema"`
	Suite     string    `json:"suite"`
	Connector Connector `json:"connector"`
	// Claimed is the level of the plan, Tested the highest level whose cases were put,
	// Reached the highest one up to which no case has failed or was not run; 0 if even
	// level 1 was not reached.
	Claimed int    `json:"level_claimed"`
	Tested  int    `json:"level_tested"`
	Reached int    `json:"level_reached"`
	Cases   []Case `json:"cases"`
}

// Connector says what was tested.
type Connector struct {
	ID       string `json:"id"`
	Version  string `json:"version"`
	Protocol int    `json:"protocol"`
	// SHA256 of the binary in lower-case hex, empty if it was tested in process.
	SHA256 string `json:"sha256,omitempty"`
}

// Case is the outcome of one case.
type Case struct {
	ID    string `json:"id"`
	Level int    `json:"level"`
	State State  `json:"state"`
	// Reason says why it did not pass, or is empty. It holds no secret.
	Reason string `json:"reason,omitempty"`
	// Why says what a case is good for, of one that has failed.
	Why  string        `json:"why,omitempty"`
	Took time.Duration `json:"took_ns"`
}
