package dev

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// most is how many findings, and changes of one kind, are shown; who has more has
// one cause.
const most = 20

// show prints what a trial came to, and what is different from the one before.
func show(out io.Writer, r, before *Result, took time.Duration) {
	verdict := "all well"
	if n := len(r.Findings); n > 0 {
		verdict = fmt.Sprintf("%d wrong", n)
	}
	fmt.Fprintf(out, "%s: %s (%.1f s)\n", r.Connector, verdict, took.Seconds())
	for _, line := range r.Done {
		fmt.Fprintf(out, "  ok     %s\n", line)
	}
	for i, f := range r.Findings {
		if i == most {
			fmt.Fprintf(out, "  ... and %d more\n", len(r.Findings)-most)
			break
		}
		showFinding(out, f, i > 0 && remedyOf(f) == remedyOf(r.Findings[i-1]))
	}
	if before != nil {
		showChange(out, r.Since(before))
	}
	fmt.Fprintln(out)
}

func remedyOf(f Finding) string {
	_, _, remedy := sentences(f.Err)
	return remedy
}

// showFinding leaves the remedy out if it has just been said.
func showFinding(out io.Writer, f Finding, said bool) {
	rule, reason, remedy := sentences(f.Err)
	if rule != "" {
		rule += ": "
	}
	fmt.Fprintf(out, "  WRONG  %s\n         %s%s\n", f.Where, rule, reason)
	if f.Raw != "" {
		fmt.Fprintf(out, "         read from  %s\n", f.Raw)
	}
	if remedy != "" && !said {
		fmt.Fprintf(out, "         do         %s\n", remedy)
	}
}

func showChange(out io.Writer, c Change) {
	if c.Empty() {
		fmt.Fprintln(out, "  nothing read differs from the run before")
		return
	}
	fmt.Fprintf(out, "  since the run before: %d added, %d removed, %d changed\n", len(c.Added), len(c.Removed), len(c.Changed))
	for _, group := range []struct {
		sign  string
		lines []string
	}{{"+", c.Added}, {"-", c.Removed}, {"~", c.Changed}} {
		for i, line := range group.lines {
			if i == most {
				fmt.Fprintf(out, "  %s ... and %d more\n", group.sign, len(group.lines)-most)
				break
			}
			fmt.Fprintf(out, "  %s %s\n", group.sign, line)
		}
	}
}

// showBuild prints what the compiler said as it said it.
func showBuild(out io.Writer, f *buildFailure, kept bool) {
	fmt.Fprintf(out, "%s does not build (%s)%s\n%s\n", f.what, f.cause, keeps(kept), strings.TrimRight(string(f.output), "\n"))
	fmt.Fprintln(out)
}

func showError(out io.Writer, err error, kept bool) {
	rule, reason, remedy := sentences(err)
	if rule != "" {
		rule += ": "
	}
	fmt.Fprintf(out, "%s%s%s\n", rule, reason, keeps(kept))
	if remedy != "" {
		fmt.Fprintf(out, "  %s\n", remedy)
	}
	fmt.Fprintln(out)
}

func keeps(kept bool) string {
	if kept {
		return "; the connector of before keeps running"
	}
	return ""
}
