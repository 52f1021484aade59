package suite

import (
	"context"
	"fmt"
	"slices"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func payments() capability {
	return capability{
		name:   ports.CapabilityPayments,
		reads:  []string{"ListPayments"},
		writes: []string{"EnsurePayment"},
		questions: func(_ *Session, f *facts) []question {
			if f.open == nil {
				return nil
			}
			return []question{listPayments(f.open.Number)}
		},
		writings: func(s *Session, f *facts) []writing {
			var all []writing
			for _, d := range payable(f) {
				all = append(all, s.paying(d))
			}
			return all
		},
		traces: tracePayments,
		cases:  paymentCases(),
	}
}

func payable(f *facts) []invoice.Document {
	var docs []invoice.Document
	for _, d := range []*invoice.Document{f.open, f.credit} {
		if d != nil {
			docs = append(docs, *d)
		}
	}
	return docs
}

func askPayments(ctx context.Context, c ports.Connector, call ports.Call, number string) (ports.PaymentList, error) {
	source, err := as[ports.PaymentSource](c)
	if err != nil {
		return ports.PaymentList{}, err
	}
	return source.ListPayments(ctx, ports.ListPaymentsRequest{Call: call, DocumentNumber: number})
}

func listPayments(number string) question {
	return question{method: "ListPayments", about: "of document " + number, ask: asking(
		func(ctx context.Context, c ports.Connector, call ports.Call, _ string) (ports.PaymentList, error) {
			return askPayments(ctx, c, call, number)
		}, func(list ports.PaymentList) answer {
			a := answer{usage: list.Usage}
			for _, p := range list.Payments {
				a.amount("the amount of payment "+p.Number, p.Amount)
				a.entry(p.Number, payout.Raw{}, p)
			}
			return a
		})}
}

func ensurePayment(ctx context.Context, c ports.Connector, req ports.PaymentRequest) (made, error) {
	writer, err := as[ports.InvoicePayments](c)
	if err != nil {
		return made{}, err
	}
	result, err := writer.EnsurePayment(ctx, req)
	return made{result.Number, result.Outcome, result.Usage}, err
}

// payment is money against a document, to the plan's account.
func (s *Session) payment(d invoice.Document, amount money.Amount) ports.Payment {
	w := s.setup.Plan.Writing
	return ports.Payment{
		DocumentNumber: d.Number, DocumentKind: d.Kind, Amount: amount, Account: ledger.Account(w.Account), Date: w.Date,
		Text: "conformance",
	}
}

// paying pays a document in full.
func (s *Session) paying(d invoice.Document) writing {
	kind := "an invoice"
	if d.Kind == invoice.Credit {
		kind = "a credit invoice"
	}
	return writing{method: "EnsurePayment", about: "of " + kind, begin: func(context.Context, *stage) (try, error) {
		return func(ctx context.Context, c ports.Connector, w ports.Write) (made, error) {
			return ensurePayment(ctx, c, ports.PaymentRequest{Write: w, Payment: s.payment(d, d.Balance), BalanceBefore: d.Balance})
		}, nil
	}}
}

func tracePayments(ctx context.Context, st *stage) ([]string, error) {
	var lines []string
	for _, d := range payable(st.known) {
		inner, cancel := st.within(ctx)
		list, err := askPayments(inner, st.c.Connector, st.granted("ListPayments", 1), d.Number)
		cancel()
		if err != nil {
			return nil, wrong("ListPayments of document "+d.Number, err, "its payments")
		}
		for _, p := range list.Payments {
			lines = append(lines, fmt.Sprintf("document %s has a payment of %s on %s of %s, booked %t", d.Number, p.Amount, p.Account, p.Date, p.Booked))
		}
	}
	slices.Sort(lines)
	return lines, nil
}

func paymentCases() []Case {
	return []Case{
		{
			ID: "payments.ambiguous", Level: 3, After: []string{"write.found"}, run: checkAmbiguous,
			unfit: func(s *Session) string {
				op, _ := s.description.Operation("EnsurePayment")
				if op.Recovery != ports.RecoveryByDifference {
					return "the connector does not find payments by difference"
				}
				return ""
			},
			Title: "If two payments fit the one that is looked for, the connector fails with class duplicate and makes nothing.",
			Why:   "Whichever it took, it might be the other one, and a real payment would be taken for ours.",
		},
		{
			ID: "payments.known", Level: 3, After: []string{"recovery.cut-before"}, unfit: lacks(ports.CapabilityPayments), run: checkKnown,
			Title: "A payment that the hub lists as known is not taken for the one that is looked for.",
			Why:   "Two equal parts of one invoice would become one, and the second never be paid.",
		},
	}
}

// half is a part of a document that can be paid twice.
func (st *stage) half() (invoice.Document, money.Amount, error) {
	if st.known.open == nil {
		return invoice.Document{}, money.Amount{}, &unfit{"the world has no open invoice"}
	}
	d := *st.known.open
	return d, money.New(d.Balance.Minor()/2, d.Balance.Currency()), nil
}

// payHalf pays a half under a key of its own or, for connectors that tell writes apart
// by other means, always under the same one.
func (st *stage) payHalf(ctx context.Context, attempt int, before money.Amount, known ...string) (made, error) {
	d, part, err := st.half()
	if err != nil {
		return made{}, err
	}
	inner, cancel := st.within(ctx)
	defer cancel()
	key := "kv:conformance:half;"
	if op, _ := st.description.Operation("EnsurePayment"); op.Recovery != ports.RecoveryByDifference && len(known) > 0 {
		key = "kv:conformance:rest;"
	}
	m, err := ensurePayment(inner, st.c.Connector, ports.PaymentRequest{
		Write:   ports.Write{Call: st.granted("EnsurePayment", attempt), Key: key, Attempt: attempt},
		Payment: st.payment(d, part), Known: known, BalanceBefore: before,
	})
	st.listen("EnsurePayment", err)
	return m, err
}

func checkAmbiguous(ctx context.Context, st *stage) error {
	d, part, err := st.half()
	if err != nil {
		return err
	}
	rest, err := d.Balance.Sub(part)
	if err != nil {
		return err
	}
	for _, before := range []money.Amount{d.Balance, rest} {
		if _, err := st.payHalf(ctx, 1, before); err != nil {
			return wrong("EnsurePayment of half an invoice", err, "a payment")
		}
	}
	was, err := st.snapshot(ctx)
	if err != nil {
		return err
	}
	m, err := st.payHalf(ctx, 2, d.Balance)
	if err == nil {
		return wrong("EnsurePayment, second attempt, two payments fit", string(m.outcome)+" "+m.number, "class duplicate")
	}
	if fault.ClassOf(err) != fault.Duplicate {
		return wrong("EnsurePayment, second attempt, two payments fit", err, "class duplicate")
	}
	return st.unchanged(ctx, was, "EnsurePayment, second attempt, two payments fit")
}

func checkKnown(ctx context.Context, st *stage) error {
	d, part, err := st.half()
	if err != nil {
		return err
	}
	first, err := st.payHalf(ctx, 1, d.Balance)
	if err != nil {
		return wrong("EnsurePayment of half an invoice", err, "a payment")
	}
	rest, err := d.Balance.Sub(part)
	if err != nil {
		return err
	}
	second, err := st.payHalf(ctx, 2, rest, first.number)
	switch {
	case err != nil:
		return wrong("EnsurePayment of the other half, second attempt", err, "a payment")
	case second.outcome != ports.Created || second.number == first.number:
		return wrong("EnsurePayment of the other half, second attempt", string(second.outcome)+" "+second.number,
			"a payment of its own: "+first.number+" is known")
	}
	return nil
}
