package hub_test

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/pdf"
	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/clock"
)

// datedBooks is an accounting system that tells its financial years.
type datedBooks struct {
	*fakeBooks
	years       []ports.Period
	lockedUntil civil.Date
	asked       atomic.Int64
}

func (d *datedBooks) Describe() ports.Description {
	description := d.fakeBooks.Describe()
	description.Capabilities = append(description.Capabilities, ports.CapabilityBooks)
	description.Operations = append(description.Operations, ports.Operation{Name: "Period", Calls: 1})
	return description
}

func (d *datedBooks) Period(_ context.Context, req ports.PeriodRequest) (ports.Period, error) {
	d.asked.Add(1)
	found := ports.Period{LockedUntil: d.lockedUntil, Usage: ports.Usage{Calls: 1}}
	for _, y := range d.years {
		if !req.On.Before(y.From) && !y.To.Before(req.On) {
			found.Year, found.From, found.To = y.Year, y.From, y.To
		}
	}
	return found, nil
}

func (*datedBooks) ExportBooks(context.Context, ports.ExportBooksRequest) (ports.BooksPiece, error) {
	return ports.BooksPiece{}, fault.New("erp.unexpected", fault.Validation, "nobody asks for the books here")
}

func day(year int, month time.Month, d int) civil.Date {
	return civil.Date{Year: year, Month: month, Day: d}
}

func calendarYear(year int) ports.Period {
	return ports.Period{Year: string(rune('A' + year - 2020)), From: day(year, time.January, 1), To: day(year, time.December, 31)}
}

// keepIn lets the world's flow book in another accounting system, at known rates.
func (w *world) keepIn(books ports.Connector, rates settlement.Rates) {
	w.keepAndSay(books, rates, hclog.NewNullLogger())
}

// keepAndSay is keepIn with a log.
func (w *world) keepAndSay(books ports.Connector, rates settlement.Rates, log settlement.Log) {
	catalogue := fakeCatalogue{"fakepay": w.provider, "fakebooks": books}
	desk := remote.NewDesk(w.store, catalogue, plainSecrets{}, noTokens{}, clock.Machine{}, remote.Options{Owner: "test", Deadline: time.Minute})
	options := settlement.DefaultOptions()
	options.Batch, options.Backoff, options.Attempts = 2, time.Nanosecond, 4
	if rates != nil {
		options.Rates = rates
	}
	w.service = settlement.New(w.store, desk, w.clock, time.Now, pdf.Proofs{}, log, options)
}

// dated gives a world whose plain payout is paid out at a moment, in books with the
// given years.
func dated(t *testing.T, sent time.Time, lockedUntil civil.Date, years ...int) (*world, *datedBooks) {
	t.Helper()
	p, b := plain(2)
	p.payouts[0].Date = sent
	for i := range b.documents {
		b.documents[i].Date = day(2025, time.January, 2)
	}
	w := newWorld(t, p, b)
	if sent.Before(payday) {
		w.setMode(merchant.Live, sent.AddDate(0, 0, -1))
	}
	books := &datedBooks{fakeBooks: b, lockedUntil: lockedUntil}
	for _, year := range years {
		books.years = append(books.years, calendarYear(year))
	}
	w.keepIn(books, nil)
	return w, books
}

// onlyVoucher gives the one voucher that was booked.
func (w *world) onlyVoucher() ports.VoucherRequest {
	w.t.Helper()
	require.Len(w.t, w.books.vouchers, 1)
	for _, made := range w.books.vouchers {
		return made
	}
	return ports.VoucherRequest{}
}

func TestAPayoutInALockedPeriodWaitsUntilItIsOpened(t *testing.T) {
	t.Parallel()
	w, books := dated(t, payday, day(2026, time.April, 30), 2026)
	for range 2 {
		require.Equal(t, ports.RunDone, w.run().State)
		require.Equal(t, payout.Fetched, w.payout("P1").State)
		require.Len(t, w.exceptions(), 1, "one exception however often it is tried")
		require.Equal(t, booking.CodeLocked, w.exceptions()[0].Code)
		require.Zero(t, w.exceptions()[0].LineID)
		require.Zero(t, w.books.countPayments())
		require.Empty(t, w.books.vouchers)
	}
	books.lockedUntil = civil.Date{}
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Empty(t, w.exceptions(), "it resolves itself once the period is open")
	require.Equal(t, civil.Of(payday), w.onlyVoucher().Voucher.Date())
}

func TestAPayoutWithoutAYearStopsNoOther(t *testing.T) {
	t.Parallel()
	w, books := dated(t, time.Date(2027, 1, 4, 12, 0, 0, 0, time.UTC), civil.Date{}, 2026)
	earlier := paid("P0", 5000)
	w.provider.payouts = append(w.provider.payouts, earlier)
	w.provider.lines["P0"] = []payout.Line{sale("900", 5000)}
	w.books.documents = append(w.books.documents, invoiced("3", "900", 5000))
	w.clock.set(time.Date(2027, 1, 5, 8, 0, 0, 0, time.UTC))
	w.run()
	require.Equal(t, payout.Closed, w.payout("P0").State)
	require.Equal(t, payout.Fetched, w.payout("P1").State)
	require.Equal(t, booking.CodeNoYear, w.exceptions()[0].Code)

	books.years = append(books.years, calendarYear(2027))
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Empty(t, w.exceptions())
}

func TestALockedDateMovesToTheFirstOpenDayAndTheTextsKeepTheEvent(t *testing.T) {
	t.Parallel()
	// The whole of 2025 is locked, so that the first open day lies in the next year.
	w, books := dated(t, time.Date(2025, 12, 30, 12, 0, 0, 0, time.UTC), day(2025, time.December, 31), 2025, 2026)
	w.set(`{"period":{"locked":"first_open_day"}}`)
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, day(2026, time.January, 1), w.onlyVoucher().Voucher.Date())
	require.Equal(t, "Fakepay P1 (of 2025-12-30)", w.onlyVoucher().Voucher.Text())
	require.EqualValues(t, 2, books.asked.Load(), "each year is asked for once in a slice")
	w.eachPayment(func(p ports.Payment) {
		require.Equal(t, day(2026, time.January, 1), p.Date)
		require.Contains(t, p.Text, "(of 2025-12-30)")
	})
}

// eachPayment gives the payments that were planned for P1.
func (w *world) eachPayment(check func(ports.Payment)) {
	w.t.Helper()
	id, n := w.payout("P1").ID, 0
	w.view(func(ctx context.Context, tx ports.Tx) error {
		steps, err := tx.Steps().List(ctx, id, 0, 1000)
		for _, s := range steps {
			if s.Kind != ports.StepPayment {
				continue
			}
			var stored ports.Payment
			require.NoError(w.t, json.Unmarshal(s.Content, &stored))
			check(stored)
			n++
		}
		return err
	})
	require.Positive(w.t, n)
}

func TestTheLastAndTheFirstDayOfAYearAreBookedInTheirOwnYears(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		sent time.Time
		want civil.Date
	}{
		// In Stockholm the year is an hour older than in UTC.
		"31 December": {time.Date(2025, 12, 31, 22, 59, 0, 0, time.UTC), day(2025, time.December, 31)},
		"1 January":   {time.Date(2025, 12, 31, 23, 1, 0, 0, time.UTC), day(2026, time.January, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := dated(t, test.sent, civil.Date{}, 2025, 2026)
			w.run()
			require.Equal(t, payout.Closed, w.payout("P1").State)
			require.Equal(t, test.want, w.onlyVoucher().Voucher.Date())
		})
	}
}

func TestOnlyThePaymentWhoseDateIsLockedIsAnException(t *testing.T) {
	t.Parallel()
	w, books := dated(t, payday, day(2026, time.March, 31), 2026)
	w.set(`{"payment_moment":"capture"}`)
	captured := w.provider.lines["P1"]
	captured[0].OccurredAt = time.Date(2026, 3, 30, 12, 0, 0, 0, time.UTC) // locked
	captured[2].OccurredAt = time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)
	w.run()
	require.Equal(t, payout.Booked, w.payout("P1").State)
	require.Len(t, w.exceptions(), 1)
	require.Equal(t, booking.CodeLocked, w.exceptions()[0].Code)
	require.Equal(t, "1001", w.exceptions()[0].Reference)
	require.Equal(t, 1, w.books.countPayments())
	require.EqualValues(t, 1, books.asked.Load())

	books.lockedUntil = civil.Date{}
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Empty(t, w.exceptions())
	require.Equal(t, 2, w.books.countPayments())
}

func TestInTheDirectShapeAPayoutWaitsWithoutAnyPayment(t *testing.T) {
	t.Parallel()
	w, books := dated(t, payday, day(2026, time.April, 30), 2026)
	w.set(direct)
	w.run()
	require.Equal(t, payout.Fetched, w.payout("P1").State)
	require.Zero(t, w.books.countPayments())
	require.Len(t, w.exceptions(), 1)

	books.lockedUntil = civil.Date{}
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Empty(t, w.exceptions())
	// The fee stands in no group, so that the voucher has it: 350.00 − 10.00.
	w.stands(map[ledger.Account]int64{"1930": 34000, "6040": 800, "2641": 200})
}
