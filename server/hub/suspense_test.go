package hub_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// choose stores further settings of the flow.
func (w *world) choose(settings string) {
	w.t.Helper()
	w.update(func(ctx context.Context, tx ports.Tx) error {
		_, err := tx.Flows().SaveSettings(ctx, flowID, json.RawMessage(settings), w.clock.Now(), "anna")
		return err
	})
}

func loan(minor int64) payout.Line {
	return payout.Line{Key: "loan/1", Kind: payout.Loan, RawType: "LOAN", Gross: sek(minor), FeeExVAT: sek(0), FeeVAT: sek(0), OccurredAt: payday}
}

func TestWhatIsOnTheSuspenseAccountIsListedUntilItIsCleared(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(10, paid("P1", 9000), sale("1001", 10000), loan(-1000)), newFakeBooks(invoiced("1", "1001", 10000)))
	w.choose(`{"suspense": true}`)
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.EqualValues(t, 1000, w.books.ledger["2999"])

	list, err := w.service.Suspense(t.Context(), flowID)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, sek(1000), list[0].Balance)
	require.Equal(t, sek(1000), list[0].Open)
	require.True(t, list[0].Unexplained.IsZero())
	require.Len(t, list[0].Items, 1)
	item := list[0].Items[0]
	require.Equal(t, "accounts.loan", item.Setting)
	require.Equal(t, 18, item.Days)
	require.EqualValues(t, 1, item.Lines)

	require.Equal(t, settlement.CodeSuspenseAccount, fault.CodeOf(w.service.ClearSuspense(t.Context(), item.ID, "2999", "instalment", "anna")))
	require.Equal(t, settlement.CodeSuspenseUnknown, fault.CodeOf(w.service.ClearSuspense(t.Context(), item.ID+"x", "2350", "instalment", "anna")))
	require.NoError(t, w.service.ClearSuspense(t.Context(), item.ID, "2350", "instalment", "anna"))
	list, err = w.service.Suspense(t.Context(), flowID)
	require.NoError(t, err)
	require.True(t, list[0].Items[0].Clearing, "it is listed until the voucher is booked")
	require.Equal(t, settlement.CodeSuspenseUnknown, fault.CodeOf(w.service.ClearSuspense(t.Context(), item.ID, "2350", "again", "anna")))

	w.finish(w.current().ID)
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, map[ledger.Account]int64{"1930": 9000, "2350": 1000}, w.books.standing())
	list, err = w.service.Suspense(t.Context(), flowID)
	require.NoError(t, err)
	require.Empty(t, list)

	w.undo("all wrong")
	w.finish(w.current().ID)
	require.Empty(t, w.books.standing(), "the voucher that cleared it is taken back as well")
	list, err = w.service.Suspense(t.Context(), flowID)
	require.NoError(t, err)
	require.Empty(t, list)
}

func TestAParkedAmountIsBookedFromClearingOnceItsSettingIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(10, paid("P1", 9376), sale("1001", 10000), fee("1001", 250, 62), fee("1002", 250, 62)), newFakeBooks(invoiced("1", "1001", 10000)))
	w.choose(`{"accounts": {"fee": ""}}`)
	w.run()
	require.EqualValues(t, 624, w.books.ledger["1686"], "the fees wait on the clearing account")
	open := w.exceptions()
	require.Len(t, open, 2)
	require.Equal(t, fault.Code("account.missing"), open[0].Code)
	require.Contains(t, open[0].Remedy, "accounts.fee")
	require.Equal(t, payout.Booked, w.payout("P1").State)
	require.Equal(t, fault.Code("account.missing"), fault.CodeOf(w.service.RetryException(t.Context(), open[0].ID, "anna")), "nothing is mended yet")
	w.explained(624)

	w.choose(`{"accounts": {"fee": "6040"}}`)
	require.NoError(t, w.service.RetryException(t.Context(), open[0].ID, "anna"))
	require.Empty(t, w.exceptions(), "all fees of the type are booked at once")
	w.finish(w.current().ID)
	require.Equal(t, payout.Closed, w.payout("P1").State)
	// 2 × 2.50 on 6040, 2 × 0.62 on 2641, net 93.76 on the bank account.
	require.Equal(t, map[ledger.Account]int64{"1930": 9376, "6040": 500, "2641": 124}, w.books.standing())
	w.explained(0)
}
