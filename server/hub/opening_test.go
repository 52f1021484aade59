package hub_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/flow/reconciliation"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func (w *world) provenOver(from, to civil.Date) reconciliation.Statement {
	w.t.Helper()
	exporter := &bookkeeper{world: w}
	service := reconciliation.New(reconciliation.Parts{
		Store: w.store, Exporter: exporter, Ledgers: exporter,
		Sources: []reconciliation.Source{reconciliation.Payouts{}, reconciliation.Events{}},
	})
	all, err := service.Statements(w.t.Context(), flowID, reconciliation.Period{From: from, To: to})
	require.NoError(w.t, err)
	require.Len(w.t, all, 1)
	require.True(w.t, all[0].Difference.IsZero(), "closing %s is explained with %s", all[0].Closing, all[0].Open)
	return all[0]
}

func in2026(month time.Month, day int) civil.Date {
	return civil.Date{Year: 2026, Month: month, Day: day}
}

// openings makes the account stand at 125.00 before kvitt begins on 1 March: 100.00
// is the payment of the invoice of order 1001, which the old routine registered, and
// 25.00 nobody can explain.
func openings(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, provider(10, paid("P1", 30000), sale("1001", 10000), sale("1002", 20000)),
		newFakeBooks(invoiced("1", "1001", 10000), invoiced("2", "1002", 20000)))
	w.books.pay("1", sek(10000), nil, "1686")
	w.books.payments["1"][0].Date = in2026(time.February, 20)
	w.books.ledger["1686"] += 2500
	w.update(func(ctx context.Context, tx ports.Tx) error {
		return tx.Flows().SetOpening(ctx, flowID, ports.OpeningBalance{
			Account: "1686", PaidIn: "SEK", Amount: sek(12500), Date: in2026(time.March, 1), Note: "by the old routine", By: "anna", At: w.clock.Now(),
		})
	})
	return w
}

// TestAnAccountThatWasNotAtZeroIsProvenFromTheFirstDay holds what kvitt says of the
// account to the accounting system's own balance.
func TestAnAccountThatWasNotAtZeroIsProvenFromTheFirstDay(t *testing.T) {
	t.Parallel()
	w := openings(t)
	before := w.clearing()
	require.Equal(t, "125.00 125.00 0.00", fmt.Sprint(before.Opening, " ", before.Balance, " ", before.Unexplained))

	w.run()
	// 125.00 + 200.00 paid on the second invoice − 300.00 paid out.
	require.Equal(t, int64(2500), w.books.ledger["1686"])
	open := w.clearing()
	require.Equal(t, sek(2500), open.Balance)
	require.True(t, open.Unexplained.IsZero(), open.Unexplained.String())
	require.Len(t, open.Items, 2, "what stood there, and the line whose invoice others have paid")

	_, err := w.service.Adopt(t.Context(), w.exceptions()[0].ID, true, "anna")
	require.NoError(t, err)
	w.finish(w.current().ID)
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, int64(2500), w.books.ledger["1686"], "adopting has booked nothing")
	closed := w.clearing()
	require.Equal(t, "125.00 -300.00 200.00 25.00", fmt.Sprint(closed.Opening, " ", closed.Vouchers, " ", closed.Payments, " ", closed.Balance))
	require.True(t, closed.Unexplained.IsZero())
	require.Len(t, closed.Items, 1)
	require.Equal(t, sek(2500), closed.Items[0].Amount)
	require.Equal(t, "what stood there on 2026-03-01: by the old routine", closed.Items[0].Reason)

	april := w.provenOver(in2026(time.April, 1), in2026(time.April, 30))
	require.Equal(t, "125.00 + 200.00 - 300.00 = 25.00",
		fmt.Sprintf("%s + %s - %s = %s", april.Opening, april.Captures, april.Payouts.Neg(), april.Closing))
	require.Len(t, april.Items, 1)
	require.Equal(t, in2026(time.March, 1), april.Items[0].Since)
}

func TestAnOpeningBalanceBelongsToThePeriodsFromItsDay(t *testing.T) {
	t.Parallel()
	w := openings(t)
	w.run()
	_, err := w.service.Adopt(t.Context(), w.exceptions()[0].ID, true, "anna")
	require.NoError(t, err)
	w.finish(w.current().ID)
	for _, c := range []struct {
		from, to                civil.Date
		opening, other, closing int64
	}{
		{in2026(time.January, 1), in2026(time.February, 28), 0, 0, 0},
		{in2026(time.February, 1), in2026(time.March, 31), 0, 12500, 12500},
		{in2026(time.March, 1), in2026(time.March, 31), 12500, 0, 12500},
		{in2026(time.April, 1), in2026(time.April, 1), 12500, 0, 12500}, // the payout is of the 2nd
		{in2026(time.May, 1), in2026(time.May, 31), 2500, 0, 2500},
	} {
		s := w.provenOver(c.from, c.to)
		require.Equal(t, []any{sek(c.opening), sek(c.other), sek(c.closing)}, []any{s.Opening, s.Other, s.Closing}, "%s to %s", c.from, c.to)
	}
}

// TestAPaymentAdoptedOfLaterIsNoPartOfTheOpeningBalance: others have paid on the
// account after kvitt began, on top of what stood there.
func TestAPaymentAdoptedOfLaterIsNoPartOfTheOpeningBalance(t *testing.T) {
	t.Parallel()
	w := openings(t)
	w.books.payments["1"][0].Date = in2026(time.March, 1)
	w.books.ledger["1686"] += 10000
	w.run()
	_, err := w.service.Adopt(t.Context(), w.exceptions()[0].ID, true, "anna")
	require.NoError(t, err)
	w.finish(w.current().ID)
	c := w.clearing()
	require.Equal(t, sek(w.books.ledger["1686"]), c.Balance)
	require.Equal(t, sek(12500), c.Open)
}
