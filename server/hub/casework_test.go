package hub_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func TestOnlyAPaymentOfTheLinesAmountCanBeAdoptedAndOnlyOnce(t *testing.T) {
	t.Parallel()
	other := sale("1001", 10000)
	other.Key += "/2"
	w := newWorld(t, provider(1, paid("P1", 20000), sale("1001", 10000), other), newFakeBooks(invoiced("1", "1001", 20000)))
	w.books.pay("1", sek(10000), nil, "1930")
	w.books.pay("1", sek(6000), nil, "1930")
	w.books.pay("1", sek(4000), nil, "1930")
	w.run()
	open := w.exceptions()
	require.Len(t, open, 2)
	_, err := w.service.Adopt(t.Context(), open[0].ID, true, "anna")
	require.NoError(t, err)
	w.finish(w.current().ID)
	_, err = w.service.Adopt(t.Context(), open[1].ID, true, "anna")
	require.Equal(t, settlement.CodeNotAdoptable, fault.CodeOf(err), "100.00 is taken, 60.00 and 40.00 are not the line's")
	require.Len(t, w.books.vouchers, 2)
}

func TestAPersonChoosesTheDocumentOfALine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(1, paid("P1", 10000), sale("1001", 10000)),
		newFakeBooks(invoiced("7", "other", 10000), invoiced("8", "small", 5000), invoiced("9", "credit", -10000)))
	w.run()
	id := w.exceptions()[0].ID
	for document, reason := range map[string]string{"8": "only 50.00 is open", "9": "is no invoice"} {
		err := w.service.Resolve(t.Context(), id, document, "anna")
		require.ErrorContains(t, err, reason)
	}
	require.Equal(t, ports.CodeNotFound, fault.CodeOf(w.service.Resolve(t.Context(), id, "404", "anna")))
	require.Zero(t, w.books.countPayments())

	require.NoError(t, w.service.Resolve(t.Context(), id, "7", "anna"))
	w.finish(w.current().ID)
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Len(t, w.books.payments["7"], 1)
}

func TestARefusedWriteIsParkedAndGoesOnAfterARetry(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"EnsurePayment", "EnsureVoucher"} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, plainProvider(2), plainBooks())
			locked := true
			w.books.fail = func(op string, _ int, done bool) error {
				if op == operation && locked && !done {
					return fault.New("erp.period_locked", fault.Conflict, "the period is locked").From(fault.Upstream)
				}
				return nil
			}
			w.run()
			require.NotEqual(t, payout.Closed, w.payout("P1").State)
			open := w.exceptions()
			require.NotEmpty(t, open)
			require.Equal(t, fault.Code("erp.period_locked"), open[0].Code)

			locked = false
			for len(w.exceptions()) > 0 {
				require.NoError(t, w.service.RetryException(t.Context(), w.exceptions()[0].ID, "anna"))
				w.finish(w.current().ID)
			}
			require.Equal(t, payout.Closed, w.payout("P1").State)
			require.Equal(t, 2, w.books.countPayments())
			require.Len(t, w.books.vouchers, 1)
			require.Len(t, w.books.files, 1)
		})
	}
}
