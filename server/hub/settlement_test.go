package hub_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// plain is a payout of two sales: 100.00 + 250.00 − fees 8.00 − VAT 2.00 = 340.00.
func plain(pageSize int) (*fakeProvider, *fakeBooks) {
	return provider(pageSize, paid("P1", 34000), sale("1001", 10000), fee("1001", 800, 200), sale("1002", 25000)),
		newFakeBooks(invoiced("1", "1001", 10000), invoiced("2", "1002", 25000))
}

func TestAPlainPayoutIsMatchedPaidBookedAndClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plainProvider(1), plainBooks())
	run := w.run()

	require.Equal(t, ports.RunDone, run.State, "%+v", run.Fault)
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, map[ports.StepKind]int64{ports.StepPayment: 2, ports.StepVoucher: 1, ports.StepAttachment: 1}, run.Report.Created)
	require.Equal(t, 2, w.books.countPayments())
	require.Len(t, w.books.vouchers, 1)
	for _, v := range w.books.vouchers {
		rows := map[string]string{}
		for _, r := range v.Voucher.Rows() {
			rows[string(r.Account)] = r.Amount.String()
		}
		require.Equal(t, map[string]string{"1930": "340.00", "6040": "8.00", "2641": "2.00", "1686": "-350.00"}, rows)
		require.Equal(t, "2026-04-02", v.Voucher.Date().String())
	}
	require.Empty(t, w.exceptions())
}

func TestWithoutAttachmentsTheProofStaysWithKvitt(t *testing.T) {
	t.Parallel()
	books := plainBooks()
	books.takesNoFiles = true
	w := newWorld(t, plainProvider(1), books)
	run := w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, map[ports.StepKind]int64{ports.StepPayment: 2, ports.StepVoucher: 1}, run.Report.Created)
	require.Empty(t, w.exceptions())
}

func plainProvider(pageSize int) *fakeProvider { p, _ := plain(pageSize); return p }
func plainBooks() *fakeBooks                   { _, b := plain(1); return b }

func TestASecondRunBooksNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plainProvider(1), plainBooks())
	w.run()
	run := w.run()
	require.Equal(t, ports.RunDone, run.State)
	require.Empty(t, run.Report.Created)
	require.Empty(t, run.Report.Found)
	require.Equal(t, 2, w.books.countPayments())
	require.Len(t, w.books.vouchers, 1)
}

func TestAPayoutThatDoesNotAddUpIsHeldAndBookedOnceItDoes(t *testing.T) {
	t.Parallel()
	provider, books := plain(2)
	whole := provider.lines["P1"]
	provider.lines["P1"] = whole[:2]
	w := newWorld(t, provider, books)
	w.run()
	held := w.payout("P1")
	require.Equal(t, payout.Held, held.State)
	require.Equal(t, payout.CodeProofFailed, held.Hold.Code)
	require.Zero(t, books.countPayments())
	require.Empty(t, books.vouchers)
	require.Len(t, w.exceptions(), 1)

	provider.lines["P1"] = whole
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Empty(t, w.exceptions(), "the exception closes itself once the lines add up")
	require.Equal(t, 2, books.countPayments())
}

func TestTheSameReferenceWithOtherContentIsHeldUntilAPersonTakesIt(t *testing.T) {
	t.Parallel()
	provider, books := plain(2)
	provider.lines["P1"] = provider.lines["P1"][:2]
	w := newWorld(t, provider, books)
	w.run() // held: does not add up
	provider.payouts[0].Net = sek(9000)
	w.run()
	require.Equal(t, payout.CodeContentChanged, w.payout("P1").Hold.Code)
	require.Zero(t, books.countPayments())

	require.NoError(t, w.service.RetryPayout(t.Context(), w.payout("P1").ID, "anna"))
	run := w.current()
	w.finish(run.ID)
	require.Equal(t, payout.Closed, w.payout("P1").State, "100.00 − 8.00 − 2.00 = 90.00 adds up")
	require.Equal(t, 1, books.countPayments())
}

func (w *world) current() ports.Run {
	w.t.Helper()
	var run ports.Run
	w.view(func(ctx context.Context, tx ports.Tx) (err error) {
		run, err = tx.Runs().Current(ctx, flowID)
		return err
	})
	return run
}

func TestChangedContentOfABookedPayoutIsReportedAndNothingIsBookedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plainProvider(2), plainBooks())
	w.run()
	w.provider.payouts[0].Net = sek(1)
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Len(t, w.exceptions(), 1)
	require.Equal(t, payout.CodeContentChanged, w.exceptions()[0].Code)
	require.Equal(t, 2, w.books.countPayments())
}

func TestALineOfUnknownTypeHoldsTheWholePayout(t *testing.T) {
	t.Parallel()
	odd := fee("x", 0, 0)
	odd.Key, odd.Kind, odd.RawType = "odd/1", payout.Unknown, "MYSTERY"
	p := provider(3, paid("P1", 10000), sale("1001", 10000), odd)
	w := newWorld(t, p, newFakeBooks(invoiced("1", "1001", 10000)))
	w.run()
	require.Equal(t, payout.CodeUnknownType, w.payout("P1").Hold.Code)
	require.Zero(t, w.books.countPayments())
}

func TestAPayoutInAnotherCurrencyIsHeldAndStopsNoOther(t *testing.T) {
	t.Parallel()
	euro := sale("1001", 0)
	euro.Gross, euro.FeeExVAT, euro.FeeVAT = money.New(10000, "EUR"), money.Zero("EUR"), money.Zero("EUR")
	foreign, domestic := paid("P1", 0), paid("P2", 10000)
	foreign.Net = money.New(10000, "EUR")
	p := provider(1, foreign, euro)
	p.payouts, p.lines["P2"] = append(p.payouts, domestic), []payout.Line{sale("1002", 10000)}
	w := newWorld(t, p, newFakeBooks(invoiced("1", "1001", 10000), invoiced("2", "1002", 10000)))
	w.run()
	require.Equal(t, booking.CodeCombination, w.payout("P1").Hold.Code)
	require.Equal(t, payout.Closed, w.payout("P2").State)
	require.Equal(t, 1, w.books.countPayments())
	require.Len(t, w.books.vouchers, 1)
}

func TestARowThatMakesNoSenseHoldsThePayoutWithItsField(t *testing.T) {
	t.Parallel()
	bad := sale("1001", 10000)
	bad.FeeExVAT, bad.FeeVAT = sek(100), sek(-25)
	w := newWorld(t, provider(3, paid("P1", 10000), bad), newFakeBooks())
	w.run()
	hold := w.payout("P1").Hold
	require.Equal(t, payout.CodeLineInvalid, hold.Code)
	require.Equal(t, "fee_vat", hold.Field)
}

func TestALineWaitsForItsInvoiceAndIsMatchedWhenItComes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plainProvider(2), newFakeBooks(invoiced("1", "1001", 10000)))
	w.clock.set(payday.Add(24 * time.Hour))
	w.run()
	require.Equal(t, payout.Booked, w.payout("P1").State)
	require.Empty(t, w.exceptions(), "within seven days it only waits")
	require.Equal(t, 1, w.books.countPayments())
	require.Len(t, w.books.vouchers, 1, "the payout voucher does not wait for lines")

	w.clock.set(payday.Add(8 * 24 * time.Hour))
	w.run()
	require.Len(t, w.exceptions(), 1)
	require.Equal(t, matching.CodeNoDocument, w.exceptions()[0].Code)
	require.Equal(t, "1002", w.exceptions()[0].Reference)

	w.books.mu.Lock()
	w.books.documents = append(w.books.documents, invoiced("2", "1002", 25000))
	w.books.mu.Unlock()
	w.run()
	require.Empty(t, w.exceptions(), "an exception closes itself once matched")
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, 2, w.books.countPayments())
	require.Len(t, w.books.vouchers, 1)
}

func TestAnInvoiceThatTheListDidNotShowIsFoundByOneSearch(t *testing.T) {
	t.Parallel()
	hidden := invoiced("2", "1002", 25000)
	w := newWorld(t, plainProvider(2), newFakeBooks(invoiced("1", "1001", 10000)))
	w.books.pageSize = 1
	// The document appears between the mirror's list and the matching.
	w.provider.beforePage = func(int) {
		w.books.mu.Lock()
		defer w.books.mu.Unlock()
		if len(w.books.documents) == 1 {
			w.books.documents = append(w.books.documents, hidden)
		}
	}
	w.run()
	require.Equal(t, []string{"external_reference_1=1002"}, w.books.searches)
	require.Equal(t, payout.Closed, w.payout("P1").State)
}

func TestARefundSettlesTheCreditInvoiceAndNeverTheInvoice(t *testing.T) {
	t.Parallel()
	// 100.00 − 95.00 = 5.00; the credit invoice of 100.00 has a return fee of 5.00.
	p := provider(1, paid("P1", 500), sale("1001", 10000), refund("1001", 9500))
	w := newWorld(t, p, newFakeBooks(invoiced("1", "1001", 10000), invoiced("9", "1001", -9500)))
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, sek(10000), w.books.payments["1"][0].Amount)
	require.Equal(t, sek(-9500), w.books.payments["9"][0].Amount)
}

func TestACaptureAboveTheInvoiceIsAnExceptionAndWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(1, paid("P1", 54900), sale("1001", 54900)), newFakeBooks(invoiced("1", "1001", 49900)))
	w.run()
	require.Equal(t, matching.CodeAmountDiffers, w.exceptions()[0].Code)
	require.Zero(t, w.books.countPayments())
	require.Len(t, w.books.vouchers, 1, "its gross still stands on clearing, so that bank and clearing are right")
}

func TestALineIsNeitherLostNorDoubledWhateverThePageSize(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 2, 3, 7, 100} {
		lines := []payout.Line{}
		documents := []invoice.Document{}
		for i := range 20 { // all on one timestamp
			order := string(rune('A'+i)) + "-1"
			lines = append(lines, sale(order, 100))
			documents = append(documents, invoiced(order, order, 100))
		}
		w := newWorld(t, provider(size, paid("P1", 2000), lines...), newFakeBooks(documents...))
		w.run()
		require.Len(t, w.lines("P1"), 20)
		require.Equal(t, 20, w.books.countPayments(), "page size %d", size)
		require.Equal(t, payout.Closed, w.payout("P1").State)
	}
}

func TestASourceThatRepeatsOrDropsRowsBetweenPagesIsNoticed(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func([]payout.Line) []payout.Line{
		"shrinks":  func(l []payout.Line) []payout.Line { return l[1:] },
		"repeats":  func(l []payout.Line) []payout.Line { return append([]payout.Line{l[0]}, l...)[:len(l)] },
		"reorders": func(l []payout.Line) []payout.Line { return []payout.Line{l[2], l[1], l[0]} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, b := plain(1)
			p.beforePage = func(page int) {
				if page == 1 {
					p.lines["P1"] = spoil(p.lines["P1"])
				}
			}
			w := newWorld(t, p, b)
			w.run()
			require.Equal(t, payout.Held, w.payout("P1").State)
			require.Zero(t, b.countPayments())
		})
	}
}
