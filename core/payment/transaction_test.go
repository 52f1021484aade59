package payment_test

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payment"
)

// at gives events their transaction and, minute by minute, their moments and keys.
func at(events ...payment.Event) []payment.Event {
	for i := range events {
		events[i].Transaction = "T1"
		events[i].At = time.Date(2026, 3, 30, 12, i, 0, 0, time.UTC)
		events[i].Key = "key " + strconv.Itoa(i)
	}
	return events
}

func event(kind payment.Kind, amount int64) payment.Event {
	return payment.Event{Kind: kind, Amount: sek(amount)}
}

// withFee puts a fee without VAT on an event.
func withFee(kind payment.Kind, amount, fee int64) payment.Event {
	return payment.Event{Kind: kind, Amount: sek(amount), Fee: sek(fee), FeeVAT: sek(0)}
}

const (
	accepted = payment.Accepted
	pending  = payment.Pending
	flagged  = payment.Flagged
)

func standings(verdicts []payment.Verdict) []payment.Standing {
	var out []payment.Standing
	for _, v := range verdicts {
		out = append(out, v.Standing)
	}
	return out
}

func TestHowEventsStand(t *testing.T) {
	t.Parallel()
	const prepare, paid, deposit, refund, credit, cancel = payment.Prepare, payment.Payment,
		payment.Deposit, payment.Refund, payment.Credit, payment.Cancel
	direct := card()
	direct.Authorised = false
	cases := map[string]struct {
		method payment.Method
		events []payment.Event
		want   []payment.Standing
	}{
		"the whole way": {
			card(),
			at(event(prepare, 100_00), event(paid, 100_00), withFee(deposit, 90_00, 10_00), event(refund, 100_00), withFee(credit, 95_00, -5_00)),
			[]payment.Standing{accepted, accepted, accepted, accepted, accepted},
		},
		"cancelled": {card(), at(event(prepare, 100_00), event(cancel, 100_00)), []payment.Standing{accepted, accepted}},
		"captured in parts, the rest cancelled": {
			card(), at(event(prepare, 300_00), event(paid, 100_00), event(paid, 120_00), event(cancel, 80_00)),
			[]payment.Standing{accepted, accepted, accepted, accepted},
		},
		"cancelled beyond the rest": {
			card(), at(event(prepare, 300_00), event(paid, 220_00), event(cancel, 80_01)),
			[]payment.Standing{accepted, accepted, flagged},
		},
		"captured after the rest was cancelled": {
			card(), at(event(prepare, 300_00), event(cancel, 300_00), event(paid, 100_00)),
			[]payment.Standing{accepted, flagged, accepted},
		},
		"a cancel of what was never reserved":  {card(), at(event(cancel, 1)), []payment.Standing{pending}},
		"a capture of what was never reserved": {card(), at(event(paid, 100_00)), []payment.Standing{pending}},
		"a reservation that comes late": {
			card(), at(event(paid, 100_00), event(prepare, 100_00)), []payment.Standing{accepted, accepted},
		},
		"a method that reserves nothing": {
			direct, at(event(paid, 100_00), event(deposit, 100_00)), []payment.Standing{accepted, accepted},
		},
		"captured too much": {
			card(), at(event(prepare, 100_00), event(paid, 80_00), event(paid, 30_00), event(paid, 20_00)),
			[]payment.Standing{accepted, accepted, flagged, accepted},
		},
		"everything waits for the reservation": {
			card(), at(event(paid, 100_00), event(deposit, 100_00), event(refund, 50_00), event(credit, 50_00)),
			[]payment.Standing{pending, pending, pending, pending},
		},
		"paid out more than was captured": {
			direct, at(event(paid, 100_00), withFee(deposit, 90_00, 10_01)), []payment.Standing{accepted, flagged},
		},
		"paid out before the second capture is heard of": {
			direct, at(event(paid, 40_00), event(deposit, 40_00), event(deposit, 60_00)), []payment.Standing{accepted, accepted, flagged},
		},
		"the fee is stated with the capture": {
			direct, at(withFee(paid, 100_00, 10_00), event(deposit, 90_00)), []payment.Standing{accepted, accepted},
		},
		"the fee is stated twice": {
			direct, at(withFee(paid, 100_00, 10_00), withFee(deposit, 90_00, 10_00)), []payment.Standing{accepted, flagged},
		},
		"refunded before the payout": {
			direct, at(event(paid, 100_00), event(refund, 100_00)), []payment.Standing{accepted, accepted},
		},
		"refunded twice": {
			direct, at(event(paid, 100_00), event(refund, 60_00), event(refund, 60_00)), []payment.Standing{accepted, accepted, flagged},
		},
		"a credit without its refund": {direct, at(event(paid, 100_00), event(credit, 10_00)), []payment.Standing{accepted, pending}},
		"credited with an extra fee": {
			direct, at(event(paid, 100_00), event(refund, 100_00), withFee(credit, 105_00, 5_00)), []payment.Standing{accepted, accepted, accepted},
		},
		"credited too much": {
			direct, at(event(paid, 100_00), event(refund, 50_00), event(credit, 50_01)), []payment.Standing{accepted, accepted, flagged},
		},
		"a fee alone needs nothing": {
			direct, at(withFee(credit, 3_00, 3_00), withFee(deposit, 3_00, -3_00)), []payment.Standing{accepted, accepted},
		},
		"a gift card": {
			giftCard(), at(event(prepare, 100_00), event(paid, 100_00), event(deposit, 100_00), event(refund, 100_00)),
			[]payment.Standing{accepted, accepted, flagged, accepted},
		},
		"an own invoice": {
			ownInvoice(), at(event(paid, 100_00), event(deposit, 100_00)), []payment.Standing{accepted, accepted},
		},
		"another currency than the first": {
			direct, at(event(paid, 100_00), payment.Event{Kind: paid, Amount: money.New(1, "EUR")}, event(deposit, 100_00)),
			[]payment.Standing{accepted, flagged, accepted},
		},
		"no sense at all": {
			direct, at(event(paid, 100_00), event(deposit, -1), event("", 1)), []payment.Standing{accepted, flagged, flagged},
		},
		"beyond 64 bits": {
			direct, at(event(paid, math.MaxInt64), event(paid, 1)), []payment.Standing{accepted, flagged},
		},
		"nothing": {direct, nil, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verdicts := payment.Judge(c.method, c.events)
			require.Equal(t, c.want, standings(verdicts))
			for i, v := range verdicts {
				require.Equal(t, c.events[i], v.Event, "verdicts come in the order given")
				require.Equal(t, v.Standing == accepted, v.Fault == nil, "what is not accepted says why")
			}
		})
	}
}

func TestOfTwoThatDoNotBothFitTheEarlierStands(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 30, 12, 0, 0, 0, time.UTC)
	capture := func(key string, moment time.Time) payment.Event {
		return payment.Event{Kind: payment.Payment, Transaction: "T1", Amount: sek(60_00), Key: key, At: moment}
	}
	reserved := payment.Event{Kind: payment.Prepare, Transaction: "T1", Amount: sek(100_00), At: noon}
	cases := map[string][2]payment.Event{
		"by moment, whatever the keys":         {capture("a", noon.Add(time.Second)), capture("b", noon)},
		"by key at the same moment":            {capture("b", noon), capture("a", noon)},
		"by moment, whatever zone it is in":    {capture("a", noon.Add(time.Second)), capture("b", noon.In(time.FixedZone("", 7200)))},
		"by moment, even before it is allowed": {capture("a", noon), capture("b", noon.Add(-time.Hour))},
	}
	for name, captures := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verdicts := payment.Judge(card(), []payment.Event{reserved, captures[0], captures[1]})
			require.Equal(t, []payment.Standing{accepted, flagged, accepted}, standings(verdicts))
		})
	}
}

func TestAVerdictSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	direct := card()
	direct.Authorised = false
	cases := map[string]struct {
		method payment.Method
		events []payment.Event
		code   fault.Code
		reason string
	}{
		"no prepare": {
			card(), at(event(payment.Payment, 100_00)), payment.CodeEventPending,
			"a payment of 100.00 waits for a prepare",
		},
		"no refund, gross of the credit": {
			direct, at(event(payment.Payment, 100_00), withFee(payment.Credit, 95_00, -5_00)), payment.CodeEventPending,
			"a credit of 100.00 waits for a refund",
		},
		"too much captured": {
			card(), at(event(payment.Prepare, 100_00), event(payment.Payment, 60_00), event(payment.Payment, 40_01)),
			payment.CodeEventOutOfBounds, "captured 100.01 exceeds authorised 100.00",
		},
		"too much cancelled": {
			card(), at(event(payment.Prepare, 100_00), event(payment.Payment, 60_00), event(payment.Cancel, 40_01)),
			payment.CodeEventOutOfBounds, "cancelled 40.01 exceeds authorised 100.00 less captured 60.00",
		},
		"a fee stated twice": {
			direct, at(withFee(payment.Payment, 100_00, 10_00), withFee(payment.Deposit, 90_00, 10_00)),
			payment.CodeEventOutOfBounds, "settled 100.00 exceeds captured 100.00 less fees stated with captures 10.00",
		},
		"another currency": {
			direct, at(event(payment.Payment, 100_00), payment.Event{Kind: payment.Deposit, Amount: money.New(1, "EUR")}),
			payment.CodeEventOutOfBounds, "the transaction is in SEK, the deposit in EUR",
		},
		"a deposit of a gift card": {
			giftCard(), at(event(payment.Payment, 100_00), event(payment.Deposit, 100_00)),
			payment.CodeEventInvalid, "no money moves when a gift card is used, so there is no deposit",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verdicts := payment.Judge(c.method, c.events)
			last := verdicts[len(verdicts)-1].Fault
			require.Equal(t, c.code, last.Code)
			require.Equal(t, c.reason, last.Reason)
		})
	}
}

// drawEvents draws events that may follow from each other or not.
func drawEvents(t *rapid.T) []payment.Event {
	kinds := []payment.Kind{payment.Prepare, payment.Payment, payment.Deposit, payment.Refund, payment.Credit, payment.Cancel}
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) payment.Event {
		e := event(rapid.SampledFrom(kinds).Draw(t, "kind"), rapid.Int64Range(-1, 5).Draw(t, "amount"))
		e.Amount = money.New(e.Amount.Minor(), rapid.SampledFrom([]money.Currency{"SEK", "SEK", "SEK", "EUR"}).Draw(t, "currency"))
		e.Fee = money.New(rapid.Int64Range(-1, 1).Draw(t, "fee"), e.Amount.Currency())
		e.FeeVAT = money.Zero(e.Amount.Currency())
		e.Transaction = "T1"
		e.At = time.Date(2026, 3, 30, 12, rapid.IntRange(0, 3).Draw(t, "minute"), 0, 0, time.UTC)
		e.Key = rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "key")
		return e
	}), 0, 12).Draw(t, "events")
}

func TestVerdictsDoNotDependOnTheOrderGiven(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		method := card()
		method.Authorised = rapid.Bool().Draw(t, "authorised")
		events := drawEvents(t)
		shuffled := rapid.Permutation(events).Draw(t, "shuffled")
		require.ElementsMatch(t, payment.Judge(method, events), payment.Judge(method, shuffled))
	})
}

func TestWhatIsAcceptedKeepsTheBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		verdicts := payment.Judge(card(), drawEvents(t))
		var events []payment.Event
		kept := int64(0)
		for _, v := range verdicts {
			if v.Standing != accepted {
				continue
			}
			events = append(events, v.Event)
			if v.Event.Kind == payment.Payment {
				kept += v.Event.Fee.Minor()
			}
		}
		s, err := payment.StateOf(events)
		require.NoError(t, err)
		require.LessOrEqual(t, s.Captured.Minor(), s.Authorised.Minor())
		require.LessOrEqual(t, s.Refunded.Minor(), s.Captured.Minor())
		require.LessOrEqual(t, s.Credited.Minor(), s.Refunded.Minor())
		require.LessOrEqual(t, s.Cancelled.Minor(), s.Authorised.Minor()-s.Captured.Minor())
		require.LessOrEqual(t, s.Settled.Minor(), max(0, s.Captured.Minor()-kept))
	})
}

func TestLegalTransactionsAreAcceptedInAnyOrderOfArrival(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		upTo := func(most int64, name string) int64 { return rapid.Int64Range(0, most).Draw(t, name) }
		authorised := rapid.Int64Range(1, 1000_00).Draw(t, "authorised")
		first := upTo(authorised, "first capture")
		captured := first + upTo(authorised-first, "second capture")
		settled, refunded := upTo(captured, "settled"), upTo(captured, "refunded")
		credited := upTo(refunded, "credited")
		fee := upTo(settled, "fee")
		returned := upTo(credited, "fee returned")
		events := rapid.Permutation(at(
			event(payment.Prepare, authorised), event(payment.Payment, first), event(payment.Payment, captured-first),
			withFee(payment.Deposit, settled-fee, fee), event(payment.Refund, refunded),
			withFee(payment.Credit, credited-returned, -returned), event(payment.Cancel, authorised-captured),
		)).Draw(t, "arrival")

		for _, v := range payment.Judge(card(), events) {
			require.Equal(t, accepted, v.Standing, "%v", v.Fault)
		}
		s, err := payment.StateOf(events)
		require.NoError(t, err)
		require.Equal(t, payment.State{
			Authorised: sek(authorised), Captured: sek(captured), Settled: sek(settled), Refunded: sek(refunded),
			Credited: sek(credited), Cancelled: sek(authorised - captured), Fee: sek(fee - returned), FeeVAT: sek(0),
			OpenAtProvider: sek(captured - settled), RefundDebt: sek(refunded - credited),
			Bank: sek(settled - fee - credited + returned),
		}, s)
	})
}
