package hub_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

// chargeback is a line that takes an amount back, or gives it if that is positive.
func chargeback(key, dispute string, minor int64) payout.Line {
	l := payout.Line{
		Key: key, Kind: payout.Chargeback, RawType: "CHARGEBACK", Gross: sek(minor), FeeExVAT: sek(0), FeeVAT: sek(0), OccurredAt: payday,
		References: map[payout.Reference]string{payout.DisputeReference: dispute, payout.MerchantReference1: "1001"},
	}
	if minor > 0 {
		l.Kind, l.RawType = payout.ChargebackReversal, "CHARGEBACK_WON"
	}
	return l
}

// disputed is a world with one payout: a sale of 1000.00, a chargeback of 125.00.
func disputed(t *testing.T, settings string, more ...payout.Line) *world {
	t.Helper()
	lines := append([]payout.Line{sale("1001", 100000), chargeback("cb/1", "D1", -12500)}, more...)
	net := int64(0)
	for _, l := range lines {
		net += l.Gross.Minor()
	}
	w := newWorld(t, provider(10, paid("P1", net), lines...), newFakeBooks(invoiced("1", "1001", 100000)))
	w.choose(settings)
	w.run()
	return w
}

func (w *world) lose(line int, confirm bool, parts ...booking.Share) (settlement.Loss, error) {
	w.t.Helper()
	return w.service.LoseDispute(w.t.Context(), settlement.Lost{LineID: w.lines("P1")[line].ID, Parts: parts}, confirm, "anna")
}

// open lists what stands on an account, and holds the list to the accounting system's own
// balance of the account.
func (w *world) open(list func(context.Context, string) ([]settlement.Standing, error), account ledger.Account) []settlement.StandingItem {
	w.t.Helper()
	found, err := list(w.t.Context(), flowID)
	require.NoError(w.t, err)
	if len(found) == 0 {
		require.Zero(w.t, w.books.standing()[account])
		return nil
	}
	require.Len(w.t, found, 1)
	require.Equal(w.t, account, found[0].Account)
	require.Equal(w.t, sek(w.books.standing()[account]), found[0].Balance)
	require.Equal(w.t, found[0].Balance, found[0].Open)
	require.True(w.t, found[0].Unexplained.IsZero())
	return found[0].Items
}

func TestALostDisputeIsClosedOnceByTheMerchantsChoice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings string
		parts    []booking.Share
		// closed is what the loss comes to, by account in öre, debit positive.
		closed map[ledger.Account]int64
	}{
		"as a loss":           {`{}`, nil, map[ledger.Account]int64{"6380": 12500, "1516": -12500}},
		"in the direct shape": {direct, nil, map[ledger.Account]int64{"6380": 12500, "1516": -12500}},
		"as a sale back":      {`{"lost_dispute":"reverse_sale"}`, []booking.Share{{Rate: tax.Percent(25), Gross: sek(12500)}}, map[ledger.Account]int64{"3001": 10000, "2611": 2500, "1516": -12500}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := disputed(t, c.settings)
			require.Equal(t, map[ledger.Account]int64{"1930": 87500, "1516": 12500}, w.books.standing())
			items := w.open(w.service.Disputes, "1516")
			require.Len(t, items, 1)
			require.Equal(t, "D1", items[0].Reference)
			require.Equal(t, sek(12500), items[0].Amount)
			require.Equal(t, 18, items[0].Days)
			require.Equal(t, civil.Date{Year: 2026, Month: 4, Day: 2}, items[0].Since)
			require.Equal(t, w.lines("P1")[1].ID, items[0].LineID)

			proposed, err := w.lose(1, false, c.parts...)
			require.NoError(t, err)
			require.False(t, proposed.Confirmed)
			require.Len(t, w.books.vouchers, 1, "a proposal books nothing")
			rows := map[ledger.Account]int64{}
			for _, r := range proposed.Rows {
				rows[r.Account] += r.Amount.Minor()
			}
			require.Equal(t, c.closed, rows)

			confirmed, err := w.lose(1, true, c.parts...)
			require.NoError(t, err)
			require.True(t, confirmed.Confirmed)
			require.Equal(t, proposed.Rows, confirmed.Rows, "what was shown is what is done")
			require.True(t, w.open(w.service.Disputes, "1516")[0].Closing)
			again, err := w.lose(1, true, c.parts...)
			require.NoError(t, err)
			require.Equal(t, confirmed.Key, again.Key)
			require.Equal(t, sek(12500), again.Amount)

			w.finish(w.current().ID)
			require.Len(t, w.books.vouchers, 2)
			require.Equal(t, payout.Closed, w.payout("P1").State)
			want := map[ledger.Account]int64{"1930": 87500, "1516": 12500}
			for account, minor := range c.closed {
				if want[account] += minor; want[account] == 0 {
					delete(want, account)
				}
			}
			require.Equal(t, want, w.books.standing())
			require.Empty(t, w.open(w.service.Disputes, "1516"))
			w.explained(0)
			again, err = w.lose(1, true, c.parts...)
			require.NoError(t, err)
			require.Equal(t, ports.StepDone, again.State)
			require.NotEmpty(t, again.Number)
			w.agrees(2)

			w.undo("all wrong")
			w.finish(w.current().ID)
			require.Empty(t, w.books.standing(), "the loss is taken back with its payout")
			require.Empty(t, w.open(w.service.Disputes, "1516"))
			_, err = w.lose(1, true, c.parts...)
			require.Equal(t, settlement.CodeDisputeNotOpen, fault.CodeOf(err))
		})
	}
}

func TestADisputeThatIsWonIsNotLost(t *testing.T) {
	t.Parallel()
	w := disputed(t, `{}`, chargeback("won/1", "D1", 12500), chargeback("cb/2", "D2", -5000), chargeback("won/2", "D2", 2000))
	items := w.open(w.service.Disputes, "1516")
	require.Len(t, items, 1, "the first is won")
	require.Equal(t, "D2", items[0].Reference)
	require.Equal(t, sek(3000), items[0].Amount, "50.00 less the 20.00 that came back")
	_, err := w.lose(1, true)
	require.Equal(t, settlement.CodeDisputeWon, fault.CodeOf(err))
	_, err = w.lose(0, true)
	require.Equal(t, settlement.CodeDisputeNotOpen, fault.CodeOf(err), "a sale is no dispute")

	loss, err := w.lose(3, true)
	require.NoError(t, err)
	require.Equal(t, sek(3000), loss.Amount)
	w.finish(w.current().ID)
	require.Empty(t, w.open(w.service.Disputes, "1516"))
	require.EqualValues(t, 3000, w.books.standing()["6380"])
}

func TestADisputeIsWonByAPayoutThatIsNotBookedYet(t *testing.T) {
	t.Parallel()
	w := disputed(t, `{}`)
	w.provider.payouts = append(w.provider.payouts, paid("P2", 12400))
	w.provider.lines["P2"] = []payout.Line{chargeback("won/1", "D1", 12500)} // does not add up, so it is held
	w.run()
	require.Equal(t, payout.Held, w.payout("P2").State)
	require.Len(t, w.open(w.service.Disputes, "1516"), 1, "the account still has it")
	_, err := w.lose(1, true)
	require.Equal(t, settlement.CodeDisputeWon, fault.CodeOf(err))
}

func TestALossThatUndoesTheSaleMustBeDividedByRate(t *testing.T) {
	t.Parallel()
	w := disputed(t, `{"lost_dispute":"reverse_sale"}`)
	_, err := w.lose(1, true)
	require.Equal(t, booking.CodeSharesDiffer, fault.CodeOf(err))
	_, err = w.lose(1, true, booking.Share{Rate: tax.Percent(25), Gross: sek(10000)})
	require.Equal(t, booking.CodeSharesDiffer, fault.CodeOf(err))
}

func TestALossThatIsNotDividedByRateRefusesParts(t *testing.T) {
	t.Parallel()
	w := disputed(t, `{"lost_dispute":"loss"}`)
	for _, confirm := range []bool{false, true} {
		_, err := w.lose(1, confirm, booking.Share{Rate: tax.Percent(25), Gross: sek(12500)})
		require.Equal(t, settlement.CodePartsUnused, fault.CodeOf(err))
		require.Equal(t, "parts", fault.Of(err).Field)
	}
	require.Len(t, w.books.vouchers, 1)
	_, err := w.lose(1, false)
	require.NoError(t, err)
}

func TestARefusedLossLeavesTheChargebackWhereItStands(t *testing.T) {
	t.Parallel()
	w := disputed(t, `{}`)
	refuse := true
	w.books.fail = func(op string, _ int, done bool) error {
		if op == "EnsureVoucher" && !done && refuse {
			return fault.New("fake.refused", fault.Validation, "account 6380 is not active")
		}
		return nil
	}
	_, err := w.lose(1, true)
	require.NoError(t, err)
	w.finish(w.current().ID)
	require.Equal(t, payout.Booked, w.payout("P1").State)
	open := w.exceptions()
	require.Len(t, open, 1)
	require.Equal(t, ports.LineNoDocument, w.lines("P1")[1].State)
	w.explained(0)
	require.True(t, w.open(w.service.Disputes, "1516")[0].Closing)

	refuse = false
	require.NoError(t, w.service.RetryException(t.Context(), open[0].ID, "anna"))
	w.finish(w.current().ID)
	require.Empty(t, w.exceptions())
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, map[ledger.Account]int64{"1930": 87500, "6380": 12500}, w.books.standing())
	require.Equal(t, ports.LineNoDocument, w.lines("P1")[1].State)
}

func TestAChargebackThatWasParkedIsADisputeOnceItHasAnAccount(t *testing.T) {
	t.Parallel()
	w := disputed(t, `{"accounts":{"dispute":""}}`)
	w.explained(12500)
	_, err := w.lose(1, true)
	require.Equal(t, settlement.CodeDisputeNotOpen, fault.CodeOf(err), "it waits on the clearing account")

	w.choose(`{"accounts":{"dispute":"1516"}}`)
	require.NoError(t, w.service.RetryException(t.Context(), w.exceptions()[0].ID, "anna"))
	w.finish(w.current().ID)
	items := w.open(w.service.Disputes, "1516")
	require.Len(t, items, 1)
	require.Equal(t, sek(12500), items[0].Amount)
	_, err = w.lose(1, true)
	require.NoError(t, err)
	w.finish(w.current().ID)
	require.Empty(t, w.open(w.service.Disputes, "1516"))
	require.Equal(t, map[ledger.Account]int64{"1930": 87500, "6380": 12500}, w.books.standing())
	w.explained(0)
}

func TestADisputeOfAForeignPayoutIsNotClosed(t *testing.T) {
	t.Parallel()
	w := euroPayout(t, euroSettings)
	w.provider.lines["P1"] = append(w.provider.lines["P1"], inEuro(chargeback("cb/1", "D1", -1000)))
	w.provider.payouts[0].Net = eur(10662)
	w.keepIn(w.books, rates(t, "2026-04-01,EUR,SEK,11.40", "2026-04-07,EUR,SEK,99"))
	w.run()
	require.Empty(t, w.open(w.service.Reserves, "1689"))
	_, err := w.lose(2, true)
	require.Equal(t, settlement.CodeDisputeNotOpen, fault.CodeOf(err))
}

func TestALossMovesOutOfALockedPeriod(t *testing.T) {
	t.Parallel()
	w := disputed(t, `{"period":{"locked":"first_open_day"}}`)
	w.books.lockedUntil = civil.Date{Year: 2026, Month: 4, Day: 15}
	loss, err := w.service.LoseDispute(t.Context(), settlement.Lost{LineID: w.lines("P1")[1].ID, Date: civil.Date{Year: 2026, Month: 4, Day: 10}}, false, "anna")
	require.NoError(t, err)
	require.Equal(t, civil.Date{Year: 2026, Month: 4, Day: 16}, loss.Date)
	require.Equal(t, "Dispute lost D1 (of 2026-04-10)", loss.Text)
}

func TestWhatTheProviderHoldsBackIsListedUntilItIsReleased(t *testing.T) {
	t.Parallel()
	held := func(key, order string, minor int64) payout.Line {
		l := payout.Line{Key: key, Kind: payout.Reserve, RawType: "HOLDBACK", Gross: sek(minor), FeeExVAT: sek(0), FeeVAT: sek(0), OccurredAt: payday}
		if order != "" {
			l.References = map[payout.Reference]string{payout.OrderID: order}
		}
		if minor > 0 {
			l.Kind, l.RawType = payout.Release, "RELEASE"
		}
		return l
	}
	w := disputed(t, `{}`, held("h/1", "o1", -1000), held("h/2", "o2", -2000), held("h/3", "", -400))
	require.Len(t, w.open(w.service.Reserves, "1689"), 3)
	w.provider.payouts = append(w.provider.payouts, paid("P2", 1350))
	w.provider.lines["P2"] = []payout.Line{held("r/1", "o1", 1000), held("r/2", "", 100), held("r/3", "o9", 250)}
	w.run()
	items := w.open(w.service.Reserves, "1689")
	require.Len(t, items, 2)
	byReference := map[string]int64{}
	for _, item := range items {
		byReference[item.Reference] = item.Amount.Minor()
	}
	// 4.00 held without a reference, less 1.00 and what belongs to nothing held, 2.50.
	require.Equal(t, map[string]int64{"o2": 2000, "": 50}, byReference)
}
