package suite

import (
	"context"
	"fmt"
	"slices"

	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func choices() capability {
	return capability{
		name:    ports.CapabilityChoices,
		reads:   []string{"ListChoices"},
		opening: func(s *Session) []question { return []question{s.listChoices(choiceKinds()[0])} },
		questions: func(s *Session, _ *facts) []question {
			var all []question
			for _, kind := range choiceKinds() {
				all = append(all, s.listChoices(kind))
			}
			return all
		},
		cases: []Case{{
			ID: "choices.valid", Level: 2, After: []string{"read.answers"}, unfit: lacks(ports.CapabilityChoices), run: checkChoices,
			Title: "Every choice has a value, no value is listed twice, and what the plan expects is among them.",
			Why:   "People pick accounts from this list; what is missing there cannot be set up.",
		}},
	}
}

func choiceKinds() []ports.ChoiceKind {
	return []ports.ChoiceKind{ports.ChooseAccount, ports.ChooseVoucherSeries, ports.ChooseModeOfPayment}
}

func (s *Session) listChoices(kind ports.ChoiceKind) question {
	return question{method: "ListChoices", about: "of " + string(kind), paged: true, ask: asking(
		func(ctx context.Context, c ports.Connector, call ports.Call, cursor string) (ports.ChoicesPage, error) {
			source, err := as[ports.Choices](c)
			if err != nil {
				return ports.ChoicesPage{}, err
			}
			return source.ListChoices(ctx, ports.ChoicesRequest{Call: call, Kind: kind, On: s.setup.Plan.Today, Cursor: cursor})
		}, func(page ports.ChoicesPage) answer {
			a := answer{next: page.Next, usage: page.Usage}
			for _, c := range page.Choices {
				a.entry(c.Value, payout.Raw{}, c)
			}
			return a
		})}
}

func checkChoices(ctx context.Context, st *stage) error {
	expected := map[ports.ChoiceKind][]string{
		ports.ChooseAccount: st.setup.Plan.Expect["account"], ports.ChooseVoucherSeries: st.setup.Plan.Expect["voucher_series"],
	}
	for _, kind := range choiceKinds() {
		q := st.listChoices(kind)
		items, err := st.readAll(ctx, q)
		if err != nil {
			return wrong(q.String(), err, "a list")
		}
		var values []string
		for _, i := range items {
			if i.key == "" || slices.Contains(values, i.key) {
				return wrong(q.String(), fmt.Sprintf("the value %q", i.key), "values that are neither empty nor listed twice")
			}
			values = append(values, i.key)
		}
		for _, want := range expected[kind] {
			if !slices.Contains(values, want) {
				return wrong(q.String(), "no "+want, "what the plan expects to be there")
			}
		}
	}
	return nil
}
