package suite

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func payouts() capability {
	return capability{
		name:    ports.CapabilityPayouts,
		reads:   []string{"ListPayouts", "ListPayoutLines"},
		learn:   learnPayouts,
		opening: func(s *Session) []question { return []question{listPayouts(s.since())} },
		questions: func(s *Session, f *facts) []question {
			all := []question{listPayouts(s.since())}
			for _, p := range f.payouts {
				all = append(all, listLines(p.Reference))
			}
			return all
		},
		cases: payoutCases(),
	}
}

func (s *Session) since() time.Time {
	d := s.setup.Plan.Since
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}

func askPayouts(ctx context.Context, c ports.Connector, call ports.Call, since time.Time, cursor string) (ports.PayoutPage, error) {
	source, err := as[ports.PayoutSource](c)
	if err != nil {
		return ports.PayoutPage{}, err
	}
	return source.ListPayouts(ctx, ports.ListPayoutsRequest{Call: call, Since: since, Cursor: cursor})
}

func listPayouts(since time.Time) question {
	return question{method: "ListPayouts", paged: true, kept: true, pointed: true, ask: asking(
		func(ctx context.Context, c ports.Connector, call ports.Call, cursor string) (ports.PayoutPage, error) {
			return askPayouts(ctx, c, call, since, cursor)
		}, tellPayouts)}
}

func tellPayouts(page ports.PayoutPage) answer {
	a := answer{raw: page.Raw, next: page.Next, usage: page.Usage}
	for _, p := range page.Payouts {
		a.moment("the date of payout "+p.Reference, p.Date)
		a.amount("the net of payout "+p.Reference, p.Net)
		from := p.Raw
		p.Raw, p.Date = payout.Raw{}, p.Date.UTC()
		a.entry(p.Reference, from, p)
	}
	return a
}

func askLines(ctx context.Context, c ports.Connector, call ports.Call, reference, cursor string) (ports.LinePage, error) {
	source, err := as[ports.PayoutSource](c)
	if err != nil {
		return ports.LinePage{}, err
	}
	return source.ListPayoutLines(ctx, ports.ListPayoutLinesRequest{Call: call, Reference: reference, Cursor: cursor})
}

func listLines(reference string) question {
	return question{method: "ListPayoutLines", about: "of payout " + reference, paged: true, kept: true, pointed: true, ask: asking(
		func(ctx context.Context, c ports.Connector, call ports.Call, cursor string) (ports.LinePage, error) {
			return askLines(ctx, c, call, reference, cursor)
		}, tellLines)}
}

func tellLines(page ports.LinePage) answer {
	a := answer{raw: page.Raw, next: page.Next, usage: page.Usage}
	for _, l := range page.Lines {
		a.moment("the moment of line "+l.Key, l.OccurredAt)
		a.amount("the gross of line "+l.Key, l.Gross)
		from := l.Raw
		l.Raw, l.OccurredAt = payout.Raw{}, l.OccurredAt.UTC()
		a.entry(l.Key, from, l)
	}
	return a
}

func learnPayouts(ctx context.Context, st *stage, f *facts) error {
	known := map[string]bool{}
	for cursor := ""; ; {
		inner, cancel := st.within(ctx)
		page, err := askPayouts(inner, st.c.Connector, st.granted("ListPayouts", 1), st.since(), cursor)
		cancel()
		if err != nil {
			return wrong("ListPayouts", err, "the payouts of the world")
		}
		for _, p := range page.Payouts {
			if !known[p.Reference] {
				known[p.Reference] = true
				f.payouts = append(f.payouts, p)
			}
		}
		if page.Next == "" || page.Next == cursor {
			break
		}
		cursor = page.Next
	}
	if len(f.payouts) == 0 {
		return wrong("ListPayouts", "no payout since "+st.setup.Plan.Since.String(), "at least one: the plan's world must have payouts")
	}
	return nil
}

// linesOf reads all lines of a payout as the nouns that they are.
func (st *stage) linesOf(ctx context.Context, reference string) ([]payout.Line, error) {
	var lines []payout.Line
	for cursor, pages := "", 0; ; pages++ {
		inner, cancel := st.within(ctx)
		page, err := askLines(inner, st.c.Connector, st.granted("ListPayoutLines", 1), reference, cursor)
		cancel()
		st.listen("ListPayoutLines", err)
		if err != nil {
			return nil, wrong("ListPayoutLines of payout "+reference, err, "its lines")
		}
		lines = append(lines, page.Lines...)
		if page.Next == "" || pages == mostPages {
			return lines, nil
		}
		cursor = page.Next
	}
}

// unproven tells the payouts that the world has wrong on purpose.
func (s *Session) unproven(reference string) bool {
	return slices.Contains(s.setup.Plan.Unproven, reference)
}

func describeLine(reference string, l payout.Line) string {
	return fmt.Sprintf("line %q of payout %s", l.Key, reference)
}
