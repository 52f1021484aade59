package suite

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/simulator"
)

func loading() []Case {
	return []Case{
		{
			ID: "load.concurrent", Level: 4, After: []string{"merchants.at-once"}, run: checkConcurrent,
			Title: "Some two hundred calls at once get the answers that they get alone, or are refused for exceeding a limit.",
			Why:   "All merchants of a hub share one process.",
		},
		{
			ID: "load.leaks", Level: 4, After: []string{"read.answers"}, run: checkLeaks,
			Title: "Goroutines of a connector in process, file descriptors and memory of a process, do not grow with the number of calls.",
			Why:   "A connector runs for months.",
		},
		{
			ID: "load.faults", Level: 4, After: []string{"read.again", "merchants.apart"}, run: checkFaults,
			Title: "Whatever befalls whichever request of a reading call, it gives the right answer or an error, never another answer; and afterwards the right one.",
			Why:   "A wrong answer is booked. An error is tried again.",
		},
	}
}

func checkConcurrent(ctx context.Context, st *stage) error {
	const calls = 200
	return st.atOnce(ctx, []*stage{st}, max(calls/len(st.sound()), 1))
}

// burden is what a connector holds.
type burden struct{ goroutines, files, kilobytes int }

func (st *stage) burden() burden {
	if st.c.PID == 0 {
		return burden{goroutines: runtime.NumGoroutine()}
	}
	var b burden
	if files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", st.c.PID)); err == nil {
		b.files = len(files)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", st.c.PID))
	if err != nil {
		return b // not Linux
	}
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			b.kilobytes, _ = strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "kB")))
		}
	}
	return b
}

func checkLeaks(ctx context.Context, st *stage) error {
	const (
		warmUp, rounds = 20, 100
		mostThings     = rounds / 2
		mostKilobytes  = 64 << 10
	)
	q := st.sound()[min(1, len(st.sound())-1)]
	ask := func(times int) error {
		for range times {
			if _, err := st.ask(ctx, q, ""); err != nil && fault.ClassOf(err) != fault.RateLimited {
				return asMismatch(q, err, "an answer")
			}
		}
		return nil
	}
	if err := ask(warmUp); err != nil {
		return err
	}
	before := st.burden()
	if err := ask(rounds); err != nil {
		return err
	}
	after := st.burden()
	call := fmt.Sprintf("%s, %d times", q, rounds)
	switch {
	case after.goroutines-before.goroutines > mostThings:
		return wrong(call, fmt.Sprintf("%d goroutines, %d before", after.goroutines, before.goroutines), "as many as before")
	case after.files-before.files > mostThings:
		return wrong(call, fmt.Sprintf("%d file descriptors, %d before", after.files, before.files), "as many as before")
	case after.kilobytes-before.kilobytes > mostKilobytes:
		return wrong(call, fmt.Sprintf("%d KiB of memory, %d before", after.kilobytes, before.kilobytes), "about as much as before")
	}
	return nil
}

func anyFault() []simulator.Fault {
	return []simulator.Fault{
		{Kind: simulator.KindStatus, Status: http.StatusInternalServerError},
		{Kind: simulator.KindStatus, Status: http.StatusServiceUnavailable},
		{Kind: simulator.KindStatus, Status: http.StatusTooManyRequests},
		{Kind: simulator.KindStatus, Status: http.StatusOK, Body: "{}"},
		{Kind: simulator.KindCutBefore},
		{Kind: simulator.KindCutAfter},
		{Kind: simulator.KindTruncate},
	}
}

func checkFaults(ctx context.Context, st *stage) error {
	for _, q := range st.sound() {
		alone, err := st.ask(ctx, q, "")
		if err != nil {
			return asMismatch(q, err, "an answer")
		}
		needs, err := st.needs(ctx, q)
		if err != nil {
			return err
		}
		for request := 1; request <= needs; request++ {
			for _, f := range anyFault() {
				if err := st.faultAt(ctx, q, request, f, alone.said()); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (st *stage) faultAt(ctx context.Context, q question, request int, f simulator.Fault, want string) error {
	other, err := st.fresh(ctx)
	if err != nil {
		return err
	}
	f.Request = request
	if err := other.far.Fault(ctx, f); err != nil {
		return err
	}
	call := fmt.Sprintf("%s, request %d struck by %s %d", q, request, f.Kind, f.Status)
	a, err := other.ask(ctx, q, "")
	if err == nil && a.said() != want && !q.reports(a) {
		return wrong(call, "another answer", "the right one or an error")
	}
	if err := other.far.Heal(ctx); err != nil {
		return err
	}
	a, err = other.ask(ctx, q, "")
	switch {
	case err != nil:
		return wrong(call+", asked again", err, "the right answer")
	case a.said() != want:
		return wrong(call+", asked again", "another answer", "the right one")
	}
	return nil
}
