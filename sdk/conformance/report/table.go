package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// Table writes a report for people: one line for each case, and what to read of
// those that have failed.
func (r Report) Table(to io.Writer) error {
	out := &strings.Builder{}
	fmt.Fprintf(out, "%s %s, protocol %d, suite %s", r.Connector.ID, r.Connector.Version, r.Connector.Protocol, r.Suite)
	if r.Connector.SHA256 != "" {
		fmt.Fprintf(out, "\nsha256 %s", r.Connector.SHA256)
	}
	out.WriteString("\n\n")
	list, err := r.lines()
	if err != nil {
		return err
	}
	out.WriteString(list)
	for _, c := range r.Cases {
		if c.State == Failed {
			fmt.Fprintf(out, "\n%s\n  %s\n  why it matters: %s\n  read on: %s#%s\n", c.ID, c.Reason, c.Why, Docs, c.ID)
		}
	}
	fmt.Fprintf(out, "\nlevel %d reached, level %d claimed\n", r.Reached, r.Claimed)
	_, err = io.WriteString(to, out.String())
	return err
}

// lines gives the cases in columns, level by level.
func (r Report) lines() (string, error) {
	var text strings.Builder
	columns := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	level := 0
	for _, c := range r.Cases {
		if c.Level != level {
			level = c.Level
			fmt.Fprintf(columns, "level %d\t\t\t\n", level) // columns go on below it
		}
		fmt.Fprintf(columns, "  %s\t%s\t%s\t%s\n", c.ID, c.State.words(), c.Took.Round(time.Millisecond), reasonOf(c))
	}
	if err := columns.Flush(); err != nil {
		return "", err
	}
	var trimmed strings.Builder
	for line := range strings.Lines(text.String()) {
		trimmed.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return trimmed.String(), nil
}

func reasonOf(c Case) string {
	if c.State == Failed {
		return "see below"
	}
	return c.Reason
}

// words is a state as people say it.
func (s State) words() string {
	switch s {
	case Failed:
		return "FAILED"
	case NotRun:
		return "not run"
	case NotApplicable:
		return "not applicable"
	case Passed:
	}
	return string(s)
}
