package registration_test

import (
	"fmt"
	"maps"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/flow/registration"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

// history is a set of events, legal and illegal, and what was sold.
type history struct {
	orders []order.Order
	facts  []registration.Fact
}

func drawHistory(rt *rapid.T) history {
	var h history
	methods := []string{"card", "swish", "gift"}
	n := rapid.IntRange(1, 2).Draw(rt, "orders")
	for i := range n {
		number := fmt.Sprint(i + 1)
		o := order.Order{Number: number, Country: "SE", Date: civil.Date{Year: 2026, Month: 4, Day: 2}}
		for _, rate := range []uint8{25, 12, 6, 0} {
			if gross := rapid.Int64Range(0, 900).Draw(rt, "part"); gross > 0 {
				o.Parts = append(o.Parts, part(rate, gross))
			}
		}
		o.Parts = append(o.Parts, part(25, 7))
		if len(o.Parts) > 1 {
			o.Parts = o.Parts[:len(o.Parts)-1]
		}
		h.orders = append(h.orders, o)
		for j := range rapid.IntRange(1, 2).Draw(rt, "transactions") {
			method := rapid.SampledFrom(methods).Draw(rt, "method")
			for k := range rapid.IntRange(1, 7).Draw(rt, "events") {
				h.facts = append(h.facts, drawFact(rt, number, method, fmt.Sprint(number, "-", j), k, o))
			}
		}
	}
	return h
}

func drawFact(rt *rapid.T, number, method, transaction string, k int, o order.Order) registration.Fact {
	kinds := []payment.Kind{payment.Prepare, payment.Payment, payment.Payment, payment.Refund, payment.Cancel, payment.Deposit, payment.Credit}
	if method == "gift" {
		kinds = kinds[:5]
	}
	kind := rapid.SampledFrom(kinds).Draw(rt, "kind")
	f := by(fact(kind, number, rapid.Int64Range(0, 1200).Draw(rt, "amount")), method, transaction)
	f.Key = fmt.Sprint(transaction, "/", k)
	f = after(f, rapid.IntRange(0, 30).Draw(rt, "hours"))
	if method != "gift" && (kind == payment.Deposit || kind == payment.Credit || kind == payment.Payment) && rapid.Bool().Draw(rt, "has fee") {
		fee := rapid.Int64Range(0, f.Amount.Minor()/4).Draw(rt, "fee")
		f = withFee(f, fee, fee/5)
	}
	if kind == payment.Payment && !f.Amount.IsZero() && rapid.IntRange(0, 5).Draw(rt, "states parts") == 0 {
		p := rapid.SampledFrom(o.Parts).Draw(rt, "stated")
		f.Parts = []order.Part{part(uint8(p.Rate.Percent().IntPart()), f.Amount.Minor())} //nolint:gosec // at most 25
	}
	return f
}

// told registers a history in some order, in pieces, and posts in between.
func told(rt *rapid.T, h history, settings, label string) (balances map[ledger.Account]int64, states map[string]ports.EventState) {
	folder, err := os.MkdirTemp("", "kvitt-shop-")
	require.NoError(rt, err)
	s := newShop(rt, folder, settings)
	defer func() {
		require.NoError(rt, s.close())
		require.NoError(rt, os.RemoveAll(folder))
	}()
	facts := rapid.Permutation(h.facts).Draw(rt, label)
	orders := h.orders
	for i, f := range facts {
		if len(orders) > 0 && rapid.Bool().Draw(rt, "order comes") {
			s.orders(orders[0])
			orders = orders[1:]
		}
		s.register(f)
		if i%3 == 2 && rapid.Bool().Draw(rt, "posts") {
			s.post()
		}
	}
	for _, o := range orders {
		s.orders(o)
	}
	s.post()
	require.Equal(rt, s.planned(), s.balances(), "what is planned is written")
	states = map[string]ports.EventState{}
	for _, f := range h.facts {
		states[f.Key] = s.event(f.Key).State
	}
	formulas(rt, s, h)
	return s.balances(), states
}

// formulas holds the debt of refunds to its definition, and the books to balance.
func formulas(rt *rapid.T, s *shop, h history) {
	var debt, sum int64
	for _, f := range h.facts {
		if s.event(f.Key).State != ports.EventBooked || f.Method == "gift" {
			continue
		}
		gross, err := f.Gross()
		require.NoError(rt, err)
		switch f.Kind {
		case payment.Refund:
			debt -= gross.Minor()
		case payment.Credit:
			debt += gross.Minor()
		case payment.Payment, payment.Deposit, payment.Prepare, payment.Cancel:
		}
	}
	balances := s.balances()
	require.Equal(rt, debt, balances["2490"], "sum(refund) − sum(gross of credits) is owed")
	for balance := range maps.Values(balances) {
		sum += balance
	}
	require.Zero(rt, sum)
}

func TestTheOrderOfArrivalChangesNoAccountTotal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		h := drawHistory(rt)
		settings := rapid.SampledFrom([]string{
			usual,
			`{"sales_shape":"day","refunds":"owed","accounts":{"refund_debt":"2490"}}`,
			`{"fee_moment":"capture","refunds":"owed","accounts":{"refund_debt":"2490"}}`,
			`{"refunds":"owed","accounts":{"refund_debt":"2490"},"methods":{"swish":{"sales":[{"rate":"25","revenue":"3051","vat":"2611"},{"rate":"12","revenue":"3052","vat":"2621"}]}}}`,
		}).Draw(rt, "settings")
		first, states := told(rt, h, settings, "first")
		second, others := told(rt, h, settings, "second")
		require.Equal(rt, states, others)
		require.Equal(rt, first, second)
	})
}
