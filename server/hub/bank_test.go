package hub_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/evidence"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

const throughInterim = `{"payout_to":"interim","accounts":{"interim":{"SEK":"1979","EUR":"1978"}}}`

// interim is a payout of 100.00 − 10.00 that the bank has to confirm (I14, I15).
func interim(t *testing.T, settings string) *world {
	t.Helper()
	w := newWorld(t, provider(3, paid("P1", 9000), sale("1001", 10000), fee("1001", 1000, 0)), newFakeBooks(invoiced("1", "1001", 10000)))
	w.set(settings)
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	return w
}

func (w *world) confirm(date civil.Date, minor int64) error {
	return w.service.ConfirmBank(w.t.Context(), w.payout("P1").ID, date, sek(minor), "anna")
}

// settleDown works until the run that a person's decision has started is over.
func (w *world) settleDown() {
	w.t.Helper()
	w.view(func(ctx context.Context, tx ports.Tx) error {
		_, err := tx.Runs().Current(ctx, flowID)
		return err
	})
	for range 100 {
		next, err := w.service.Advance(w.t.Context(), flowID)
		require.NoError(w.t, err)
		if next.Done {
			return
		}
	}
	w.t.Fatal("the run does not end")
}

func TestTheBankStatementMovesAPayoutFromTheInterimAccount(t *testing.T) {
	t.Parallel()
	w := interim(t, throughInterim)
	require.Equal(t, map[ledger.Account]int64{"1979": 9000, "6040": 1000, "1510": 0}, w.balances("1979", "6040", "1510"))
	require.Equal(t, settlement.CodeBankAmount, fault.CodeOf(w.confirm(day(2026, time.April, 7), 9001)))
	require.Equal(t, settlement.CodeBankDate, fault.CodeOf(w.confirm(day(2026, time.April, 21), 9000)), "tomorrow")
	require.Equal(t, settlement.CodeBankDate, fault.CodeOf(w.confirm(civil.Date{}, 9000)))

	require.NoError(t, w.confirm(day(2026, time.April, 7), 9000))
	require.Equal(t, settlement.CodeBankConfirmed, fault.CodeOf(w.confirm(day(2026, time.April, 7), 9000)), "also before it is booked")
	w.settleDown()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	w.stands(map[ledger.Account]int64{"1930": 9000, "6040": 1000})
	require.Len(t, w.books.vouchers, 2)
	for key, made := range w.books.vouchers {
		if made.Voucher.Date() == day(2026, time.April, 7) {
			require.Equal(t, "Fakepay P1 on the bank statement", made.Voucher.Text())
			require.Contains(t, key, ":I1;")
		}
	}
	require.Equal(t, settlement.CodeBankConfirmed, fault.CodeOf(w.confirm(day(2026, time.April, 7), 9000)))

	found, err := evidence.New(w.store).Payout(t.Context(), w.payout("P1").ID)
	require.NoError(t, err)
	for _, v := range found.Vouchers {
		for _, r := range v.Rows {
			require.True(t, r.Difference.IsZero(), "%+v", r)
		}
	}
}

func (w *world) balances(accounts ...ledger.Account) map[ledger.Account]int64 {
	got := map[ledger.Account]int64{}
	for _, account := range accounts {
		got[account] = w.books.ledger[account]
	}
	return got
}

func TestAPayoutBookedToTheBankHasNothingToConfirm(t *testing.T) {
	t.Parallel()
	w := interim(t, `{}`)
	require.Equal(t, settlement.CodeNotInterim, fault.CodeOf(w.confirm(day(2026, time.April, 7), 9000)))
}

func TestAPayoutThatIsNotBookedIsNotConfirmed(t *testing.T) {
	t.Parallel()
	w, _ := dated(t, payday, day(2026, time.April, 30), 2026)
	w.set(throughInterim)
	w.run()
	require.Equal(t, settlement.CodeNotBooked, fault.CodeOf(w.service.ConfirmBank(t.Context(), w.payout("P1").ID, day(2026, time.April, 20), sek(34000), "anna")))
}

func TestAPayoutIsConfirmedByTheSettingsThatBookedIt(t *testing.T) {
	t.Parallel()
	w := interim(t, throughInterim)
	w.set(`{"payout_to":"interim","accounts":{"interim":{"SEK":"1999"}}}`)
	require.NoError(t, w.confirm(day(2026, time.April, 7), 9000))
	w.settleDown()
	w.stands(map[ledger.Account]int64{"1930": 9000, "6040": 1000})
}

func TestAPayoutInEuroIsConfirmedInKronor(t *testing.T) {
	t.Parallel()
	w := euroPayout(t, `{"payout_to":"interim","currencies":[{"invoice":"EUR","payout":"EUR","rates":["central_bank"]}],
		"accounts":{"bank":{"SEK":"1930","EUR":"1980"},"clearing":{"SEK":"1686","EUR":"1580"},"interim":{"EUR":"1978"}}}`)
	w.keepIn(w.books, rates(t, "2026-04-02,EUR,SEK,11.40"))
	w.run()
	require.NoError(t, w.service.ConfirmBank(t.Context(), w.payout("P1").ID, day(2026, time.April, 7), eur(11662), "anna"))
	w.settleDown()
	require.Equal(t, map[ledger.Account]int64{"1978": 0, "1980": 132947}, w.balances("1978", "1980"))
}

// An invoice of 100.00 and a capture of 105.00 (I19).
func TestAnAdvanceIsBookedOnceAPersonHasDecidedThatItIsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(3, paid("P1", 10500), sale("1001", 10500)), newFakeBooks(invoiced("1", "1001", 10000)))
	w.run()
	require.Equal(t, matching.CodeAmountDiffers, w.exceptions()[0].Code)
	require.Zero(t, w.books.countPayments())
	id := w.exceptions()[0].ID
	require.Equal(t, settlement.CodeWrongDocument, fault.CodeOf(w.service.Resolve(t.Context(), id, "1", "anna")), "not without saying so")
	require.NoError(t, w.service.ResolveAdvance(t.Context(), id, "1", "anna"))
	w.settleDown()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	// 1686 105.00 / 1510 100.00; 2420 5.00, and the payout takes the 105.00 to the bank.
	w.stands(map[ledger.Account]int64{"1930": 10500, "2420": -500})
	w.eachPayment(func(p ports.Payment) {
		require.Equal(t, sek(10500), p.Amount)
		require.Equal(t, ledger.Account("1686"), p.Account)
		require.Equal(t, []ports.WriteOff{{Account: "2420", Amount: sek(-500), Text: p.WriteOffs[0].Text}}, p.WriteOffs)
	})
	require.True(t, w.books.documents[0].Balance.IsZero())
}

func TestALineThatExceedsNothingHasNoAdvance(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(3, paid("P1", 10500), sale("1001", 10500)), newFakeBooks(invoiced("1", "1001", 10000), invoiced("2", "other", 10500)))
	w.run()
	err := w.service.ResolveAdvance(t.Context(), w.exceptions()[0].ID, "2", "anna")
	require.Equal(t, booking.CodeAdvance, fault.CodeOf(err))
}
