// Package suite holds the cases of the conformance suite and puts them to one
// connector, reached in one way.
//
// What is particular to a capability stands in one file of its name: how to find
// out what can be asked, the questions, the writes, and its own cases. A new
// capability is one more of these files and its line in capabilities. All other
// cases are put to every question and every write there is.
package suite

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Case is one thing that a connector must do.
type Case struct {
	// ID is stable: area.what. It names the section of the documentation.
	ID    string
	Level int
	// Title says what the connector must do, Why what happens if it does not.
	Title string
	Why   string
	// After lists the cases that this one leans on.
	After []string
	// unfit says why the case cannot be put to this connector in this way, or "".
	unfit func(*Session) string
	run   func(context.Context, *stage) error
}

// mismatch is what a connector did wrong.
type mismatch struct{ call, got, want string }

// Error gives "call: got …, want …".
func (m *mismatch) Error() string { return fmt.Sprintf("%s: got %s, want %s", m.call, m.got, m.want) }

// wrong reports a mismatch; got may be an error, a text or any value.
func wrong(call string, got any, want string) error {
	text := fmt.Sprint(got)
	if err, ok := got.(error); ok {
		text = "the error " + describeError(err)
	}
	return &mismatch{call: call, got: text, want: want}
}

// unfit says that a case cannot be put, with the reason.
type unfit struct{ reason string }

// Error gives the reason.
func (u *unfit) Error() string { return u.reason }

func isUnfit(err error) (string, bool) {
	var u *unfit
	if errors.As(err, &u) {
		return u.reason, true
	}
	return "", false
}

// needsProcess is the unfit of cases that ask something of the operating system.
func needsProcess(s *Session) string {
	if !s.setup.Way.Process() {
		return "this is only seen of a connector that is a process"
	}
	return ""
}

// Cases lists all cases in the order in which they are put.
func Cases() []Case {
	var all []Case
	for _, group := range [][]Case{
		describing(), configuring(), admitting(), reading(), paging(), spending(), failing(), obeying(), reaching(), serving(),
		writingCases(), recovering(), upgrading(), loading(),
	} {
		all = append(all, group...)
	}
	for _, c := range capabilities() {
		all = append(all, c.cases...)
	}
	return inOrder(all)
}

// inOrder puts the cases of a level together and each after those it leans on.
func inOrder(cases []Case) []Case {
	const levels = 4
	var ordered []Case
	placed := map[string]bool{}
	for level := 1; level <= levels; level++ {
		for {
			c, found := first(cases, func(c Case) bool { return c.Level == level && !placed[c.ID] && allIn(placed, c.After) })
			if !found {
				break
			}
			ordered, placed[c.ID] = append(ordered, c), true
		}
	}
	return ordered
}

func first(cases []Case, is func(Case) bool) (Case, bool) {
	if i := slices.IndexFunc(cases, is); i >= 0 {
		return cases[i], true
	}
	return Case{}, false
}

func allIn(set map[string]bool, names []string) bool {
	for _, name := range names {
		if !set[name] {
			return false
		}
	}
	return true
}
