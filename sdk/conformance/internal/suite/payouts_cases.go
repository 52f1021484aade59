package suite

import (
	"context"
	"fmt"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func payoutCases() []Case {
	without := lacks(ports.CapabilityPayouts)
	return []Case{
		{
			ID: "payouts.list", Level: 2, After: []string{"read.again"}, unfit: without, run: checkPayoutList,
			Title: "Payouts have a reference, come oldest first within a page, and none is older than was asked for.",
			Why:   "The hub knows payouts by their reference and goes on from the newest one that it has seen.",
		},
		{
			ID: "payouts.lines", Level: 2, After: []string{"read.again"}, unfit: without, run: checkLines,
			Title: "Every line passes payout.Line.Validate, its key is unique in its payout, and it carries the provider's own type and its moment.",
			Why:   "A line with the wrong sign is booked on the wrong side; two lines with one key are one line to the hub, and money is lost.",
		},
		{
			ID: "payouts.proof", Level: 2, After: []string{"payouts.lines"}, unfit: without, run: checkProof,
			Title: "The lines of a payout add up to its net, and none is of unknown kind.",
			Why:   "The hub books a payout only if it is proven to the last minor unit. One that is not is held until a person has looked.",
		},
		{
			ID: "payouts.unknown", Level: 2, After: []string{"payouts.lines"}, unfit: without, run: checkUnproven,
			Title: "A payout that the plan lists as unproven is not proven: it does not add up, has lines of kind unknown, a hold reason, or cannot be read to its end.",
			Why:   "A connector that guesses the meaning of a row it does not know, or makes a payout add up, hides the very thing a person must see.",
		},
		{
			ID: "payouts.not-found", Level: 2, After: []string{"read.answers"}, unfit: without, run: checkNoPayout,
			Title: "The lines of a payout that the provider does not know are an error of class not_found, or payout.incomplete, not an empty list.",
			Why:   "An empty list would be a payout without lines, which the hub could take for read.",
		},
	}
}

func checkPayoutList(ctx context.Context, st *stage) error {
	since := st.since()
	for cursor := ""; ; {
		inner, cancel := st.within(ctx)
		page, err := askPayouts(inner, st.c.Connector, st.granted("ListPayouts", 1), since, cursor)
		cancel()
		if err != nil {
			return wrong("ListPayouts", err, "a page of payouts")
		}
		for i, p := range page.Payouts {
			switch {
			case p.Reference == "":
				return wrong("ListPayouts", "a payout without a reference", "the provider's own id")
			case p.Date.Before(since):
				return wrong("ListPayouts", fmt.Sprintf("payout %s of %s", p.Reference, p.Date), "payouts from "+since.String()+" on")
			case i > 0 && p.Date.Before(page.Payouts[i-1].Date):
				return wrong("ListPayouts", "payout "+p.Reference+" after a younger one", "the oldest first")
			}
		}
		if page.Next == "" {
			return nil
		}
		cursor = page.Next
	}
}

// readable are the payouts whose lines must be read to the end.
func (st *stage) readable(do func(payout.Payout) error) error {
	for _, p := range st.known.payouts {
		if st.unproven(p.Reference) {
			continue
		}
		if err := do(p); err != nil {
			return err
		}
	}
	return nil
}

func checkLines(ctx context.Context, st *stage) error {
	return st.readable(func(p payout.Payout) error {
		lines, err := st.linesOf(ctx, p.Reference)
		if err != nil {
			return err
		}
		keys := map[string]bool{}
		for _, l := range lines {
			call := describeLine(p.Reference, l)
			if err := l.Validate(); err != nil {
				return wrong(call, err, "a line that payout.Line.Validate accepts")
			}
			switch {
			case keys[l.Key]:
				return wrong(call, "the key twice", "a key for each line")
			case l.RawType == "":
				return wrong(call, "no raw type", "the provider's own name of the type")
			case l.OccurredAt.IsZero() && !l.Synthesised:
				return wrong(call, "no moment", "when it happened: the day on which it is booked follows from it")
			case currencyOf(l) != p.Net.Currency():
				return wrong(call, "amounts in "+string(currencyOf(l)), "the currency of the payout, "+string(p.Net.Currency()))
			}
			keys[l.Key] = true
		}
		return nil
	})
}

// currencyOf gives the currency of a line, which any of its amounts may carry.
func currencyOf(l payout.Line) money.Currency {
	net, err := l.Net()
	if err != nil {
		return "" // Validate has refused it
	}
	return net.Currency()
}

// prove adds up a payout as the hub does.
func prove(p payout.Payout, lines []payout.Line) error {
	sums := map[payout.Kind]payout.KindSum{}
	for _, l := range lines {
		sum, err := sums[l.Kind].Add(l)
		if err != nil {
			return err
		}
		sums[l.Kind] = sum
	}
	var list []payout.KindSum
	for _, kind := range payout.Kinds() {
		if sum, ok := sums[kind]; ok {
			list = append(list, sum)
		}
	}
	proof, err := payout.Prove(p, list)
	if err != nil {
		return err
	}
	return proof.Check(list)
}

func checkProof(ctx context.Context, st *stage) error {
	return st.readable(func(p payout.Payout) error {
		lines, err := st.linesOf(ctx, p.Reference)
		if err != nil {
			return err
		}
		if err := prove(p, lines); err != nil && p.HoldReason == "" {
			return wrong("proving payout "+p.Reference, err, "lines that add up to its net; if the world is wrong on purpose, list it as unproven in the plan")
		}
		return nil
	})
}

func checkUnproven(ctx context.Context, st *stage) error {
	if len(st.setup.Plan.Unproven) == 0 {
		return &unfit{"the plan lists no unproven payout"}
	}
	for _, p := range st.known.payouts {
		if !st.unproven(p.Reference) || p.HoldReason != "" {
			continue
		}
		lines, err := st.linesOf(ctx, p.Reference)
		if err == nil {
			err = prove(p, lines)
		}
		if err == nil {
			return wrong("proving payout "+p.Reference, "a payout that adds up", "one that does not, as the plan says")
		}
	}
	return nil
}

func checkNoPayout(ctx context.Context, st *stage) error {
	const none = "CONFORMANCE-NO-SUCH-PAYOUT"
	q := listLines(none)
	a, err := st.ask(ctx, q, "")
	switch {
	case err == nil:
		return wrong(q.String(), fmt.Sprintf("%d lines and no error", len(a.items)), "an error of class not_found or payout.incomplete")
	case fault.ClassOf(err) == fault.NotFound, fault.CodeOf(err) == payout.CodeIncomplete, fault.ClassOf(err) == fault.Validation:
		return nil
	}
	return wrong(q.String(), err, "class not_found")
}
