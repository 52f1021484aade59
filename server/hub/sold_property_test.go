package hub_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// deal is what happened on one order: captures and refunds of 10.00 each, so that every
// line may settle any event of its side.
type deal struct{ captured, refunded, sold, returned int64 }

// Whatever the order in which the shop and the provider tell, lines settle no more than
// was registered, the clearing account has nothing that is not explained, and once
// everything is told what stands there is the difference of the two.
func TestShopAndProviderMeetOnTheClearingAccountInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		deals := make([]deal, 2)
		p := &fakeProvider{pageSize: rapid.IntRange(1, 4).Draw(r, "page"), lines: map[string][]payout.Line{}}
		s := shopOf(newWorld(t, p, newFakeBooks()))
		s.clock.now = payday.Add(time.Duration(rapid.IntRange(1, 9).Draw(r, "days")) * 24 * time.Hour)
		for i := range deals {
			number := strconv.Itoa(1001 + i)
			s.sells(number, 5000)
			s.happens(payment.Prepare, number, "card", "auth "+number, 1, 5000)
		}
		for step := range rapid.IntRange(1, 7).Draw(r, "steps") {
			i := rapid.IntRange(0, 1).Draw(r, "deal")
			switch d := &deals[i]; rapid.SampledFrom([]string{"capture", "refund", "payout", "post", "run"}).Draw(r, "act") {
			case "capture":
				if d.captured < 5 {
					d.captured++
					s.happens(payment.Payment, strconv.Itoa(1001+i), "card", strconv.Itoa(step), 1, 1000)
				}
			case "refund":
				if d.refunded < d.captured {
					d.refunded++
					s.happens(payment.Refund, strconv.Itoa(1001+i), "card", strconv.Itoa(step), 1, 1000)
				}
			case "payout":
				s.pays(r, step, deals)
			case "post":
				s.post()
			case "run":
				s.run()
			}
			s.meets(r)
		}
		s.post()
		s.run()
		s.meets(r)
		s.isSettled(r, deals)
	})
}

// pays adds a payout of some lines.
func (s *shop) pays(r *rapid.T, step int, deals []deal) {
	name := "P" + strconv.Itoa(step)
	var lines []payout.Line
	net := int64(0)
	for n := range rapid.IntRange(1, 4).Draw(r, "lines") {
		i := rapid.IntRange(0, 1).Draw(r, "line")
		number := strconv.Itoa(1001 + i)
		l := sale(number, 1000)
		if rapid.IntRange(0, 2).Draw(r, "back") == 0 {
			l = refund(number, 1000)
			deals[i].returned++
		} else {
			deals[i].sold++
		}
		l.Key, net = strconv.Itoa(n), net+l.Gross.Minor()
		lines = append(lines, l)
	}
	s.provider.payouts = append(s.provider.payouts, paid(name, net))
	s.provider.lines[name] = lines
}

// meets compares the clearing account of the books with what is explained.
func (s *shop) meets(r *rapid.T) {
	if accounts := s.accounts(); len(accounts) == 1 {
		require.Equal(r, s.books.ledger["1686"], accounts[0].Balance.Minor())
		require.Zero(r, accounts[0].Unexplained.Minor(), "%+v", accounts[0])
		require.Equal(r, s.books.ledger["1686"], s.month(flowID, 1, 30).Closing.Minor())
	} else {
		require.Zero(r, s.books.ledger["1686"])
	}
}

// isSettled asks that as many lines as events are settled on each side, and that the
// others are exceptions or wait.
func (s *shop) isSettled(r *rapid.T, deals []deal) {
	settled, left := int64(0), int64(0)
	for _, p := range s.provider.payouts {
		for _, l := range s.lines(p.Reference) {
			if l.State == ports.LineNoDocument {
				settled++
			} else {
				left++
			}
		}
	}
	want, all := int64(0), int64(0)
	for _, d := range deals {
		want += min(d.captured, d.sold) + min(d.refunded, d.returned)
		all += d.sold + d.returned
	}
	require.Equal(r, []int64{want, all - want}, []int64{settled, left})
	for _, e := range s.exceptions() { // what a payout proves beyond the shop's events is flagged as well
		require.Contains(r, []fault.Code{settlement.CodeExceedsEvents, matching.CodeNoDocument, payment.CodeEventOutOfBounds}, e.Code)
	}
}
