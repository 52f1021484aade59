package suite

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/conformance/internal/launch"
	"github.com/kvitt/kvitt/sdk/conformance/internal/remote"
	"github.com/kvitt/kvitt/sdk/conformance/plan"
	"github.com/kvitt/kvitt/sdk/conformance/report"
)

// Setup is a connector and what it is held against.
type Setup struct {
	Way launch.Way
	// Program is the connector's file, nil if there is none.
	Program *launch.Program
	// Previous is an earlier build, nil if there is none.
	Previous launch.Way
	Plan     plan.Plan
	Remote   *remote.Spec
	// Level is the highest level whose cases are put.
	Level int
	// Patience is how long to wait for what must come; it measures nothing.
	Patience time.Duration
}

// Session puts the cases to one connector, one after the other.
type Session struct {
	setup       Setup
	description ports.Description
	sha256      string
	results     map[string]report.Case
	done        []report.Case
	// known is what read.answers has found out, and idle the questions for which the
	// connector need not ask the remote system.
	known *facts
	idle  map[string]bool

	mu      sync.Mutex
	stages  int
	secrets map[string]string
	// heard is everything that connectors have logged and failed with, by where.
	heard []utterance
}

// utterance is a text of the connector's that people may come to read.
type utterance struct{ where, text string }

// Where nothing of the remote system is repeated.
const (
	inLog    = "the log"
	inOutput = "standard output"
)

// Open asks the connector what it is.
func Open(ctx context.Context, setup Setup) (*Session, error) {
	s := &Session{setup: setup, results: map[string]report.Case{}, idle: map[string]bool{}, secrets: map[string]string{}}
	c, err := setup.Way.Start(ctx, launch.Options{})
	if err != nil {
		return nil, err
	}
	s.description = c.Describe()
	s.retire(c)
	s.learnSecrets(setup.Plan.Credentials)
	if setup.Program != nil {
		if s.sha256, err = setup.Program.SHA256(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Close waits until all that the session has started has ended.
func (s *Session) Close() { s.setup.Remote.Wait() }

// Cases lists the cases that the session puts, in order.
func (s *Session) Cases() []Case {
	var cases []Case
	for _, c := range Cases() {
		if c.Level <= s.setup.Level {
			cases = append(cases, c)
		}
	}
	return cases
}

// Do puts one case.
func (s *Session) Do(ctx context.Context, c Case) report.Case {
	began := time.Now()
	state, reason := s.decide(ctx, c)
	result := report.Case{
		ID: c.ID, Level: c.Level, State: state, Reason: s.presentable(reason), Took: time.Since(began),
	}
	if state == report.Failed {
		result.Why = c.Why
	}
	s.results[c.ID] = result
	s.done = append(s.done, result)
	return result
}

func (s *Session) decide(ctx context.Context, c Case) (report.State, string) {
	for _, id := range c.After {
		switch before := s.results[id]; before.State {
		case report.Passed:
		case report.NotApplicable:
			return report.NotApplicable, before.Reason
		case report.Failed:
			return report.NotRun, id + " has failed"
		default:
			return report.NotRun, id + " was not run"
		}
	}
	if c.unfit != nil {
		if reason := c.unfit(s); reason != "" {
			return report.NotApplicable, reason
		}
	}
	err := s.put(ctx, c)
	if reason, ok := isUnfit(err); ok {
		return report.NotApplicable, reason
	}
	if err != nil {
		return report.Failed, describeError(err)
	}
	return report.Passed, ""
}

// put runs a case on a stage of its own. A connector in the suite's own process
// that panics has failed the case.
func (s *Session) put(ctx context.Context, c Case) (err error) {
	st, err := s.stage(ctx)
	if err != nil {
		return err
	}
	defer st.strike()
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("the connector panicked: %v", value)
		}
	}()
	return c.run(ctx, st)
}

// Report gives what has been found so far.
func (s *Session) Report() report.Report {
	return report.New(report.Connector{
		ID: s.description.ID, Version: s.description.Version, Protocol: s.description.Protocol, SHA256: s.sha256,
	}, s.setup.Plan.Level, s.setup.Level, s.done)
}

var port = regexp.MustCompile(`127\.0\.0\.1:[0-9]+`)

// presentable is a reason without secrets, at a length that people read, and the
// same in every run.
func (s *Session) presentable(reason string) string {
	const most = 1000
	reason = port.ReplaceAllString(s.withoutSecrets(reason), "127.0.0.1")
	if len(reason) > most {
		reason = strings.ToValidUTF8(reason[:most], "") + "…"
	}
	return reason
}

// hear keeps a text for the cases about secrets.
func (s *Session) hear(where, text string) {
	if text == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, utterance{where, text})
}

// retire ends a connector and keeps what it has written.
func (s *Session) retire(c *launch.Connector) {
	c.Stop()
	s.hear(inLog, c.Log())
	s.hear(inOutput, c.Stray())
}

// describeError gives an error's text, with class and remedy if it is a fault.
func describeError(err error) string {
	f := fault.Of(err)
	if f == nil {
		return err.Error()
	}
	text := err.Error()
	if !strings.Contains(text, string(f.Code)) {
		text = string(f.Code) + ": " + text
	}
	return fmt.Sprintf("%q of class %s", text, f.Class)
}
