package hub_test

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/books"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/reconciliation"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// shelf is the fake accounting system's export: what kvitt had booked there, the
// vouchers that it makes of payments, and what others have booked.
type shelf struct {
	*world
	others []books.Voucher
}

func (s *shelf) ExportBooks(context.Context, string, civil.Date) (io.Reader, error) {
	return bytes.NewReader(nil), nil
}

func (s *shelf) Today(context.Context, string) (civil.Date, error) { return april(20), nil }

func (s *shelf) ReadYear(io.Reader) (books.Year, error) {
	year := books.Year{From: civil.Date{Year: 2026, Month: 1, Day: 1}, To: civil.Date{Year: 2026, Month: 12, Day: 31}, Vouchers: s.others}
	err := s.store.View(s.t.Context(), func(ctx context.Context, tx ports.Tx) error {
		for key, v := range s.books.vouchers {
			step, err := tx.Steps().ByKey(ctx, key)
			if err != nil {
				return err
			}
			number, _ := ports.ParseVoucherNumber(step.Number)
			year.Vouchers = append(year.Vouchers, books.Voucher{Series: number.Series, Number: number.Number, Date: v.Voucher.Date(), Text: v.Voucher.Text(), Rows: v.Voucher.Rows()})
		}
		return nil
	})
	for _, list := range s.books.payments {
		for _, p := range list {
			year.Vouchers = append(year.Vouchers, books.Voucher{
				Series: "C", Number: p.Number, Date: p.Date, Text: "Kundbet (" + p.Number + ")",
				Rows: []ledger.Row{{Account: p.Account, Amount: p.Amount}, {Account: "1510", Amount: p.Amount.Neg()}},
			})
		}
	}
	return year, err
}

func (w *world) reconciler(others ...books.Voucher) *reconciliation.Service {
	export := &shelf{world: w, others: others}
	return reconciliation.New(reconciliation.Parts{
		Store: w.store, Exporter: export, Ledgers: export, Plans: w.service, Payments: w.service,
		Sources: []reconciliation.Source{reconciliation.Payouts{}, reconciliation.Events{}},
	})
}

// byHand is a voucher of others on 2 April 2026.
func byHand(number, text string, rows ...ledger.Row) books.Voucher {
	return books.Voucher{Series: "A", Number: number, Date: april(2), Text: text, Rows: rows}
}

func on(account ledger.Account, ore int64) ledger.Row {
	return ledger.Row{Account: account, Amount: sek(ore)}
}

// paidByHand lets others pay an invoice on a day.
func (w *world) paidByHand(number string, ore int64, account string, day civil.Date) {
	w.books.pay(number, sek(ore), nil, account)
	list := w.books.payments[number]
	list[len(list)-1].Date = day
}

func shadowed(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, plainProvider(1), plainBooks())
	w.setMode(merchant.Shadow)
	w.run()
	return w
}

// The payout of plain: 350.00 of sales less a fee of 8.00 and 2.00 VAT is 340.00.
var wholePayout = []ledger.Row{on("1930", 34000), on("6040", 800), on("2641", 200), on("1686", -35000)}

func TestAShadowThatOthersBookedAlikeShowsNoDifference(t *testing.T) {
	t.Parallel()
	w := shadowed(t)
	w.paidByHand("1", 10000, "1686", april(2))
	w.paidByHand("2", 25000, "1686", april(2))
	w.run() // also once the mirror knows that they are paid
	writes := w.countWrites()
	diff, err := w.reconciler(byHand("1", "Utbetalning P1", wholePayout...), byHand("2", "Hyra", on("1930", -100), on("5010", 100))).Shadow(t.Context(), w.payout("P1").ID)
	require.NoError(t, err)
	require.Nil(t, diff.Why)
	require.Len(t, diff.Items, 3)
	require.Equal(t, int64(3), diff.Count(reconciliation.Same), "%+v", diff.Items)
	require.Zero(t, writes.Load())
	require.Equal(t, payout.Fetched, w.payout("P1").State)
	require.Empty(t, w.steps())
	w.view(func(ctx context.Context, tx ports.Tx) error {
		d, err := tx.Documents().Get(ctx, "c-target", "1")
		require.True(t, d.Balance.IsZero(), "the mirror shows what the accounting system does")
		return err
	})
}

func TestAShadowShowsFieldByFieldWhatOthersBookedOtherwise(t *testing.T) {
	t.Parallel()
	w := shadowed(t)
	w.paidByHand("1", 9990, "1580", april(3))
	diff, err := w.reconciler(
		byHand("1", "Klarna", on("1930", 34000), on("6065", 1000), on("1686", -35000)), // known by its amount on the bank account
		byHand("2", "justering P1", on("6991", 100), on("1686", -100)),
		byHand("3", "P10", on("6991", 700), on("1686", -700)), // another payout's
	).Shadow(t.Context(), w.payout("P1").ID)
	require.NoError(t, err)
	type item struct {
		status reconciliation.Likeness
		what   string
		fields []reconciliation.FieldDifference
	}
	var got []item
	for _, i := range diff.Items {
		what := i.Document
		if i.Theirs != nil {
			what = i.Theirs.Number
		}
		got = append(got, item{i.Status, what, i.Fields})
	}
	require.Equal(t, []item{
		{reconciliation.Different, "1", []reconciliation.FieldDifference{{Field: "account 2641", Ours: "2.00", Theirs: ""}, {Field: "account 6040", Ours: "8.00", Theirs: ""}, {Field: "account 6065", Ours: "", Theirs: "10.00"}}},
		{reconciliation.OnlyTheirs, "2", nil},
		{reconciliation.Different, "1", []reconciliation.FieldDifference{{Field: "amount", Ours: "100.00", Theirs: "99.90"}, {Field: "account", Ours: "1686", Theirs: "1580"}, {Field: "date", Ours: "2026-04-02", Theirs: "2026-04-03"}}},
		{reconciliation.OnlyOurs, "2", nil},
	}, got)
}

func TestAShadowOfAHeldPayoutSaysWhyNothingWouldBeBooked(t *testing.T) {
	t.Parallel()
	p, b := plain(2)
	p.lines["P1"] = p.lines["P1"][:2]
	w := newWorld(t, p, b)
	w.setMode(merchant.Shadow)
	w.run()
	diff, err := w.reconciler(byHand("1", "Utbetalning P1", wholePayout...)).Shadow(t.Context(), w.payout("P1").ID)
	require.NoError(t, err)
	require.Equal(t, payout.CodeProofFailed, diff.Why.Code)
	require.Equal(t, int64(1), diff.Count(reconciliation.OnlyTheirs))
}

func TestATrialIsReadBackFromTheAccountingSystem(t *testing.T) {
	t.Parallel()
	w := shadowed(t)
	opening := byHand("1", "before", on("1686", 700), on("1930", -700))
	run := w.runScoped(ports.RunScope{Payouts: []string{"P1"}, Trial: true})
	trial, err := w.reconciler(opening).Trial(t.Context(), run)
	require.NoError(t, err)
	require.True(t, trial.Agrees(), "%+v", trial.Payouts)
	require.Len(t, trial.Payouts, 1)
	one := trial.Payouts[0]
	require.Equal(t, payout.Closed, one.Payout.State)
	require.Equal(t, sek(800), one.FeeExVAT)
	require.Equal(t, sek(200), one.FeeVAT)
	require.Len(t, one.Vouchers, 3, "the payout's and those of two payments")
	require.Len(t, one.Payments, 2)
	// 7.00 before; 350.00 of payments come and go.
	require.Equal(t, []reconciliation.TrialClearing{{Account: "1686", Currency: "SEK", Before: sek(700), After: sek(700)}}, trial.Clearing)

	for key, v := range w.books.vouchers {
		changed, err := ledger.New(v.Voucher.Date(), v.Voucher.Text(), []ledger.Row{on("1930", 33000), on("6040", 1800), on("2641", 200), on("1686", -35000)})
		require.NoError(t, err)
		v.Voucher = changed
		w.books.vouchers[key] = v
	}
	w.books.payments["2"][0].Amount = sek(24000)
	trial, err = w.reconciler(opening).Trial(t.Context(), run)
	require.NoError(t, err)
	require.False(t, trial.Agrees())
	statuses := map[books.Kind][]books.Status{}
	for _, f := range trial.Payouts[0].Vouchers {
		statuses[f.Expected.Kind] = append(statuses[f.Expected.Kind], f.Status)
	}
	require.Equal(t, []books.Status{books.Differs}, statuses[books.Ordered])
	require.Equal(t, []reconciliation.FieldDifference{{Field: "amount", Ours: "250.00", Theirs: "240.00"}}, trial.Payouts[0].Payments[1].Fields)

	_, err = w.reconciler().Trial(t.Context(), w.run())
	require.Equal(t, reconciliation.CodeNoTrial, fault.CodeOf(err))
}
