package hub_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func TestAnInvoicePaidByHandCanBeAdoptedWithTheVoucherThatMovesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(1, paid("P1", 10000), sale("1001", 10000)), newFakeBooks(invoiced("1", "1001", 10000)))
	w.books.pay("1", sek(10000), nil, "1930")
	w.run()
	open := w.exceptions()
	require.Len(t, open, 1)
	require.Equal(t, matching.CodeAlreadyPaid, open[0].Code)

	proposal, err := w.service.Adopt(t.Context(), open[0].ID, false, "anna")
	require.NoError(t, err)
	require.False(t, proposal.Confirmed)
	require.Equal(t, "1930", string(proposal.Payments[0].Account))
	require.Len(t, proposal.Correction, 2)
	require.Len(t, w.books.vouchers, 1, "a proposal books nothing")

	_, err = w.service.Adopt(t.Context(), open[0].ID, true, "anna")
	require.NoError(t, err)
	w.finish(w.current().ID)
	require.Empty(t, w.exceptions())
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Len(t, w.books.vouchers, 2)
	require.Equal(t, 1, w.books.countPayments(), "only the payment made by hand")

	_, err = w.service.Adopt(t.Context(), open[0].ID, true, "anna")
	require.Equal(t, fault.Code("exception.not_open"), fault.CodeOf(err))
}

func TestAnInvoicePaidByHandAfterItsPaymentWasPlannedCanBeAdopted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(1, paid("P1", 10000), sale("1001", 10000)), newFakeBooks(invoiced("1", "1001", 10000)))
	w.books.fail = func(op string, _ int, done bool) error {
		if op != "EnsurePayment" || done {
			return nil
		}
		w.books.pay("1", sek(10000), nil, "1930")
		return fault.New(matching.CodeAlreadyPaid, fault.Conflict, "the invoice was paid by somebody else").From(fault.Upstream)
	}
	w.run()
	require.Equal(t, payout.Booked, w.payout("P1").State)
	open := w.exceptions()
	require.Len(t, open, 1)
	require.NotZero(t, open[0].StepID)

	_, err := w.service.Adopt(t.Context(), open[0].ID, true, "anna")
	require.NoError(t, err)
	w.finish(w.current().ID)
	require.Empty(t, w.exceptions())
	require.Equal(t, payout.Closed, w.payout("P1").State, "the refused payment is given up")
	require.Equal(t, 1, w.books.countPayments(), "only the payment made by hand")
	require.Len(t, w.books.vouchers, 2)
	w.view(func(ctx context.Context, tx ports.Tx) error {
		document, err := tx.Documents().Get(ctx, "c-target", "1")
		require.True(t, document.Claimed.IsZero(), "nothing is planned against it any more")
		return err
	})
}
