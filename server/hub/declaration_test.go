package hub_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/books"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/reconciliation"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func april(day int) civil.Date { return civil.Date{Year: 2026, Month: time.April, Day: day} }

// reversed are settings by which all fees are bought from another EU country.
const reversed = `{"fee_rules":[{"match":"*","account":"","vat":"reverse_eu","meaning":"fee"}]}`

// charged is a world with two booked payouts of April whose fees are 200.00 and
// 112.40 without VAT.
func charged(t *testing.T, settings string) *world {
	t.Helper()
	later := paid("P2", 88760)
	later.Date = time.Date(2026, 4, 15, 7, 45, 0, 0, time.UTC)
	p := provider(10, paid("P1", 80000), sale("1001", 100000), fee("1001", 20000, 0))
	p.payouts = append(p.payouts, later)
	p.lines["P2"] = []payout.Line{sale("1002", 100000), fee("1002", 11240, 0)}
	w := newWorld(t, p, newFakeBooks(invoiced("1", "1001", 100000), invoiced("2", "1002", 100000)))
	w.choose(settings)
	w.run()
	require.Equal(t, payout.Closed, w.payout("P2").State)
	return w
}

func (w *world) declare(reference string, from, to civil.Date, confirm bool) (settlement.Declaration, error) {
	w.t.Helper()
	invoice := settlement.FeeInvoice{Reference: reference, From: from, To: to, Date: april(19)}
	return w.service.DeclareReverseCharge(w.t.Context(), flowID, invoice, confirm, "anna")
}

// agrees holds kvitt's expectations against what the accounting system has.
func (w *world) agrees(vouchers int) {
	w.t.Helper()
	exporter := &bookkeeper{world: w}
	service := reconciliation.New(reconciliation.Parts{
		Store: w.store, Exporter: exporter, Ledgers: exporter,
		Sources: []reconciliation.Source{reconciliation.Payouts{}, reconciliation.Events{}},
	})
	check, err := service.Check(w.t.Context(), flowID)
	require.NoError(w.t, err)
	ordered := 0
	for _, f := range check.Findings {
		require.Equal(w.t, books.Found, f.Status, f.Expected.Key)
		if f.Expected.Kind == books.Ordered {
			ordered++
		}
	}
	require.True(w.t, check.Agrees())
	require.Equal(w.t, vouchers, ordered)
	require.Len(w.t, w.books.vouchers, vouchers)
}

// bookkeeper shows what the fake accounting system was told to book.
type bookkeeper struct{ *world }

func (b *bookkeeper) ExportBooks(context.Context, string, civil.Date) (io.Reader, error) {
	return bytes.NewReader(nil), nil
}

func (b *bookkeeper) Today(context.Context, string) (civil.Date, error) { return april(20), nil }

func (b *bookkeeper) ReadYear(io.Reader) (books.Year, error) {
	year := books.Year{From: civil.Date{Year: 2026, Month: 1, Day: 1}, To: civil.Date{Year: 2026, Month: 12, Day: 31}}
	err := b.store.View(b.t.Context(), func(ctx context.Context, tx ports.Tx) error {
		for key, v := range b.books.vouchers {
			step, err := tx.Steps().ByKey(ctx, key)
			if err != nil {
				return err
			}
			number, ok := ports.ParseVoucherNumber(step.Number)
			if !ok {
				return errors.New("no number: " + key)
			}
			year.Vouchers = append(year.Vouchers, books.Voucher{
				Series: number.Series, Number: number.Number, Date: v.Voucher.Date(), Text: v.Voucher.Text() + " " + strings.Trim(key, ";"), Rows: v.Voucher.Rows(),
			})
		}
		return nil
	})
	days := map[string]civil.Date{"1": april(2), "2": april(15)} // of the payouts that settle the invoices
	for document, list := range b.books.payments {
		for _, p := range list {
			year.Vouchers = append(year.Vouchers, books.Voucher{
				Series: "C", Number: p.Number, Date: days[document], Text: "Kundbet (" + p.Number + ")",
				Rows: []ledger.Row{{Account: p.Account, Amount: p.Amount}, {Account: "1510", Amount: p.Amount.Neg()}},
			})
		}
	}
	return year, err
}

func TestTheVATOfAMonthsFeesIsBookedOnceWithTheProvidersInvoice(t *testing.T) {
	t.Parallel()
	w := charged(t, reversed)
	before := w.books.standing()
	require.EqualValues(t, 31240, before["6040"], "the payouts have booked the cost")

	proposed, err := w.declare("INV-4", april(1), april(30), false)
	require.NoError(t, err)
	require.False(t, proposed.Confirmed)
	require.Equal(t, 2, proposed.Payouts)
	require.Len(t, w.books.vouchers, 2, "a proposal books nothing")

	confirmed, err := w.declare("INV-4", april(1), april(30), true)
	require.NoError(t, err)
	require.True(t, confirmed.Confirmed)
	require.Equal(t, proposed.Rows, confirmed.Rows, "what was shown is what is done")
	again, err := w.declare(" INV-4 ", april(1), april(30), true)
	require.NoError(t, err)
	require.Equal(t, confirmed.Key, again.Key)
	w.finish(w.current().ID)
	require.Len(t, w.books.vouchers, 3)
	// 312.40 and 25 % of it, 78.10, on both sides.
	after := w.books.standing()
	for account, minor := range map[ledger.Account]int64{"4535": 31240, "4598": -31240, "2645": 7810, "2614": -7810} {
		require.Equal(t, minor, after[account]-before[account], account)
		delete(after, account)
	}
	require.Equal(t, before, after, "nothing else moves")
	require.Equal(t, april(19), w.books.vouchers[confirmed.Key].Voucher.Date())
	w.explained(0)
	w.agrees(3)

	again, err = w.declare("INV-4", april(1), april(30), true)
	require.NoError(t, err)
	require.Equal(t, ports.StepDone, again.State)
	require.NotEmpty(t, again.Number)
	require.Equal(t, confirmed.Rows, again.Rows)
	for _, other := range []struct {
		reference string
		from, to  civil.Date
	}{{"INV-4", april(1), april(29)}, {"INV-5", april(30), april(30).AddDays(30)}, {"INV-5", april(10), april(12)}} {
		_, err := w.declare(other.reference, other.from, other.to, true)
		require.Equal(t, settlement.CodeDeclaredTwice, fault.CodeOf(err))
		require.ErrorContains(t, err, "INV-4")
	}
	_, err = w.declare("INV-5", april(30).AddDays(1), april(30).AddDays(31), true)
	require.Equal(t, settlement.CodeNothingToDeclare, fault.CodeOf(err))
	require.Len(t, w.books.vouchers, 3)
	w.view(func(ctx context.Context, tx ports.Tx) error {
		log, err := tx.Audit().List(ctx, ports.AuditFilter{MerchantID: "m-1"}, ports.Page{Limit: 10})
		require.Equal(t, "reverse_charge.declared", log[0].Act)
		require.Equal(t, "anna", log[0].By)
		return err
	})
}

func TestAPeriodCountsThePayoutsDatedInIt(t *testing.T) {
	t.Parallel()
	w := charged(t, reversed)
	for _, c := range []struct {
		to   int
		base int64
	}{{14, 20000}, {15, 31240}} {
		made, err := w.declare("INV-4", april(2), april(c.to), false)
		require.NoError(t, err)
		require.EqualValues(t, c.base, made.Rows[0].Amount.Minor())
	}
	_, err := w.declare("INV-4", april(3), april(14), false)
	require.Equal(t, settlement.CodeNothingToDeclare, fault.CodeOf(err))
	_, err = w.declare("INV-4", april(3), april(2), false)
	require.Equal(t, settlement.CodeDeclarationPeriod, fault.CodeOf(err))
	_, err = w.declare(" ", april(1), april(2), false)
	require.Equal(t, settlement.CodeDeclarationPeriod, fault.CodeOf(err))
}

func TestFeesWhoseVATWasBookedWithThePayoutsAreNotDeclared(t *testing.T) {
	t.Parallel()
	w := charged(t, `{"fee_rules":[{"match":"*","account":"","vat":"reverse_eu","meaning":"fee"}],"reverse_charge":{"moment":"payout"}}`)
	_, err := w.declare("INV-4", april(1), april(30), true)
	require.Equal(t, booking.CodeNotMonthly, fault.CodeOf(err))

	w = charged(t, `{}`)
	_, err = w.declare("INV-4", april(1), april(30), true)
	require.Equal(t, settlement.CodeNothingToDeclare, fault.CodeOf(err), "their VAT is stated")
}

func TestAChangeOfSettingsSplitsAPeriodOnlyIfItChangesTheTax(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings string
		fault    fault.Code
	}{
		"another account for the cost": {`{"fee_rules":[{"match":"*","account":"6064","vat":"reverse_eu","meaning":"fee"}]}`, ""},
		"another seller":               {`{"fee_rules":[{"match":"*","account":"","vat":"reverse_non_eu","meaning":"fee"}]}`, settlement.CodeSettingsDiffer},
		"with each payout":             {`{"fee_rules":[{"match":"*","account":"","vat":"reverse_eu","meaning":"fee"}],"reverse_charge":{"moment":"payout"}}`, booking.CodeNotMonthly},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := charged(t, reversed)
			w.choose(c.settings)
			third := paid("P3", 90000)
			third.Date = time.Date(2026, 4, 18, 7, 45, 0, 0, time.UTC)
			w.provider.payouts = append(w.provider.payouts, third)
			w.provider.lines["P3"] = []payout.Line{fee("1003", 10000, 0), sale("1003", 100000)}
			w.books.documents = append(w.books.documents, invoiced("3", "1003", 100000))
			w.run()
			made, err := w.declare("INV-4", april(1), april(30), false)
			require.Equal(t, c.fault, fault.CodeOf(err))
			if c.fault == "" {
				require.EqualValues(t, 41240, made.Rows[0].Amount.Minor())
			}
			_, err = w.declare("INV-4", april(1), april(17), true)
			require.NoError(t, err, "the days before the change alone")
		})
	}
}

func TestFeesOfAForeignPayoutAreDeclaredAtTheRateOfTheirPayout(t *testing.T) {
	t.Parallel()
	w := euroPayout(t, euroSettings[:len(euroSettings)-1]+","+reversed[1:])
	w.keepIn(w.books, rates(t, "2026-04-01,EUR,SEK,11.40", "2026-04-07,EUR,SEK,99"))
	w.run()
	made, err := w.declare("INV-4", april(1), april(30), false)
	require.NoError(t, err)
	rows := map[ledger.Account]int64{}
	for _, r := range made.Rows {
		require.Equal(t, money.Currency("SEK"), r.Amount.Currency())
		rows[r.Account] = r.Amount.Minor()
	}
	// 2.38 x 11.40 = 27.132, and 25 % of 27.13 is 6.7825.
	require.Equal(t, map[ledger.Account]int64{"4535": 2713, "4598": -2713, "2645": 678, "2614": -678}, rows)
}

func TestAPayoutThatIsNotBookedKeepsItsPeriodFromBeingDeclared(t *testing.T) {
	t.Parallel()
	w := charged(t, reversed)
	w.provider.payouts = append(w.provider.payouts, paid("P3", 1))
	w.provider.lines["P3"] = []payout.Line{fee("1003", 10000, 0)}
	w.run()
	require.Equal(t, payout.Held, w.payout("P3").State)
	_, err := w.declare("INV-4", april(1), april(30), true)
	require.Equal(t, settlement.CodeUnplanned, fault.CodeOf(err))
	require.ErrorContains(t, err, "P3")
	_, err = w.declare("INV-4", april(3), april(30), true)
	require.NoError(t, err)
}

func TestARefusedDeclarationIsRetried(t *testing.T) {
	t.Parallel()
	w := charged(t, reversed)
	refuse := true
	w.books.fail = func(op string, _ int, done bool) error {
		if op == "EnsureVoucher" && !done && refuse {
			return fault.New("fake.refused", fault.Validation, "account 4598 is not there")
		}
		return nil
	}
	_, err := w.declare("INV-4", april(1), april(30), true)
	require.NoError(t, err)
	require.Equal(t, ports.RunDone, w.finish(w.current().ID).State)
	open := w.exceptions()
	require.Len(t, open, 1)
	require.Equal(t, "INV-4", open[0].Reference)
	require.Empty(t, open[0].PayoutID)

	refuse = false
	require.NoError(t, w.service.RetryException(t.Context(), open[0].ID, "anna"))
	w.finish(w.current().ID)
	require.Empty(t, w.exceptions())
	require.EqualValues(t, 31240, w.books.standing()["4535"])
}

func TestADeclarationWhoseAnswerIsLostIsBookedOnce(t *testing.T) {
	t.Parallel()
	w := charged(t, reversed)
	failures := 0
	w.books.fail = func(op string, attempt int, done bool) error {
		if op != "EnsureVoucher" || attempt > 2 || done != (attempt == 2) {
			return nil
		}
		failures++ // the first attempt is lost on the way, of the second the answer
		return fault.New("fake.silent", fault.Unknown, "no answer came")
	}
	made, err := w.declare("INV-4", april(1), april(30), true)
	require.NoError(t, err)
	require.Equal(t, ports.RunDone, w.finish(w.current().ID).State)
	require.Equal(t, 2, failures)
	require.Len(t, w.books.vouchers, 3)
	require.EqualValues(t, 31240, w.books.standing()["4535"])
	require.Contains(t, w.books.vouchers, made.Key)
}
