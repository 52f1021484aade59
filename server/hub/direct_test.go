package hub_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// set gives the flow other settings.
func (w *world) set(settings string) {
	w.t.Helper()
	w.update(func(ctx context.Context, tx ports.Tx) error {
		_, err := tx.Flows().SaveSettings(ctx, flowID, json.RawMessage(settings), w.clock.Now(), "test")
		return err
	})
}

const direct = `{"shape":"direct"}`

// in puts lines into a group.
func in(group string, lines ...payout.Line) []payout.Line {
	for i := range lines {
		lines[i].Group = group
	}
	return lines
}

// clearing is what the statement says of the clearing account.
func (w *world) clearing() statement.Clearing {
	w.t.Helper()
	accounts, err := statement.New(w.store).Clearing(w.t.Context(), flowID)
	require.NoError(w.t, err)
	require.Len(w.t, accounts, 1)
	return accounts[0]
}

// stands compares the accounting system's accounts, in öre, and what the hub says
// of the clearing account. Accounts not named must be empty.
func (w *world) stands(want map[ledger.Account]int64) {
	w.t.Helper()
	got := map[ledger.Account]int64{}
	for account, balance := range w.books.ledger {
		if balance != 0 {
			got[account] = balance
		}
	}
	require.Equal(w.t, want, got)
	explained := w.clearing()
	require.Equal(w.t, want["1686"], explained.Balance.Minor(), "%+v", explained)
	require.Zero(w.t, explained.Unexplained.Minor(), "%+v", explained)
}

// The golden vouchers I8 to I10: fees written off on the payments, and nothing left
// for a voucher.
func TestInTheDirectShapeEachInvoiceIsPaidNetWithItsFeeWrittenOff(t *testing.T) {
	t.Parallel()
	var lines []payout.Line
	for order, amounts := range map[string][2]int64{"1001": {10000, 250}, "1002": {25000, 625}, "1003": {14900, 373}} {
		lines = append(lines, in("g"+order, fee(order, amounts[1], 0), sale(order, amounts[0]))...)
	}
	w := newWorld(t, provider(2, paid("P1", 48652), lines...),
		newFakeBooks(invoiced("1", "1001", 10000), invoiced("2", "1002", 25000), invoiced("3", "1003", 14900)))
	w.set(direct)
	run := w.run()

	require.Equal(t, ports.RunDone, run.State, "%+v", run.Fault)
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Empty(t, w.exceptions())
	require.Empty(t, w.books.vouchers)
	for number, net := range map[string]int64{"1": 9750, "2": 24375, "3": 14527} {
		require.Len(t, w.books.payments[number], 1)
		require.Equal(t, sek(net), w.books.payments[number][0].Amount)
		require.Equal(t, ledger.Account("1930"), w.books.payments[number][0].Account)
	}
	for _, d := range w.books.documents {
		require.True(t, d.Balance.IsZero(), d.Number)
	}
	w.stands(map[ledger.Account]int64{"1930": 48652, "6040": 1248})
	require.Zero(t, w.run().Report.Created[ports.StepPayment], "a second run books nothing")
}

func TestInTheDirectShapeTheVoucherHasWhatNoPaymentBringsToTheBank(t *testing.T) {
	t.Parallel()
	lump, held := fee("lump", 4900, 1225), fee("reserve", 0, 0)
	held.Kind, held.RawType, held.Gross = payout.Reserve, "HOLDBACK", sek(-2000)
	lines := append(in("a", sale("1001", 10000), fee("1001", 800, 200)), in("b", fee("1002", 400, 100), sale("1002", 25000))...)
	lines = append(lines, in("c", refund("1003", 5000), fee("1003", -80, -20))...)
	// 100 − 10 + 250 − 5 − 50 + 1 − 61.25 − 20 = 204.75
	w := newWorld(t, provider(3, paid("P1", 20475), append(lines, lump, held)...),
		newFakeBooks(invoiced("1", "1001", 10000), invoiced("3", "1003", -5000)))
	w.set(direct)
	w.run()
	require.Equal(t, payout.Booked, w.payout("P1").State)
	require.Len(t, w.exceptions(), 1, "the sale without an invoice")
	require.Equal(t, sek(-4900), w.books.payments["3"][0].Amount, "−50.00 and the fee given back")
	// Fees 8 + 4 + 49 − 0.80, VAT 2 + 1 + 12.25 − 0.20. Clearing has the sale of 250.
	w.stands(map[ledger.Account]int64{"1930": 20475, "6040": 6020, "2641": 1505, "1689": 2000, "1686": -25000})

	w.books.documents = append(w.books.documents, invoiced("2", "1002", 25000))
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, sek(25000), w.books.payments["2"][0].Amount, "its fee is in the voucher already")
	require.Equal(t, ledger.Account("1686"), w.books.payments["2"][0].Account)
	require.Len(t, w.books.vouchers, 1)
	w.stands(map[ledger.Account]int64{"1930": 20475, "6040": 6020, "2641": 1505, "1689": 2000})
}

func TestALineThatCannotBePaidDirectlyGoesByWayOfClearing(t *testing.T) {
	t.Parallel()
	odd := fee("1001", 800, 200)
	odd.RawType = "ODD"
	for name, c := range map[string]struct {
		settings string
		net      int64
		lines    []payout.Line
		want     map[ledger.Account]int64
		open     int
	}{
		"a fee without an account": {
			`{"shape":"direct","fee_rules":[{"match":"FEE","vat":"domestic","meaning":"fee"}]}`, 9000, in("a", sale("1001", 10000), odd),
			map[ledger.Account]int64{"1930": 9000, "1686": 1000},
			1,
		},
		"a fee that eats up everything": {
			direct, -1000, in("a", sale("1001", 10000), fee("1001", 8800, 2200)),
			map[ledger.Account]int64{"1930": -1000, "6040": 8800, "2641": 2200},
			0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, provider(2, paid("P1", c.net), c.lines...), newFakeBooks(invoiced("1", "1001", 10000)))
			w.set(c.settings)
			w.run()
			require.Equal(t, sek(10000), w.books.payments["1"][0].Amount)
			require.Equal(t, ledger.Account("1686"), w.books.payments["1"][0].Account)
			require.Len(t, w.exceptions(), c.open)
			w.stands(c.want)
		})
	}
}

func TestOfTwoLinesInOneGroupTheFirstTakesTheFeesAndTheOtherGoesByWayOfClearing(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]int{"in one batch": 0, "in different batches": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := in("a", fee("1001", 400, 100), sale("1001", 10000))
			books := newFakeBooks(invoiced("1", "1001", 10000), invoiced("2", "1002", 25000))
			net := int64(34500)
			for i := range between {
				order := string(rune('A' + i))
				lines, net = append(lines, sale(order, 100)), net+100
				books.documents = append(books.documents, invoiced(order, order, 100))
			}
			if between == 0 {
				lines = lines[1:]
				net += 500
				lines = append(lines, in("a", sale("1002", 25000))...)
				lines = append(lines, in("a", fee("1001", 400, 100))...)
				net -= 500
			} else {
				lines = append(lines, in("a", sale("1002", 25000))...)
			}
			w := newWorld(t, provider(10, paid("P1", net), lines...), books)
			w.set(direct)
			w.run()
			require.Equal(t, payout.Closed, w.payout("P1").State)
			require.Equal(t, sek(9500), books.payments["1"][0].Amount)
			require.Equal(t, sek(25000), books.payments["2"][0].Amount)
			require.Equal(t, ledger.Account("1686"), books.payments["2"][0].Account)
			w.stands(map[ledger.Account]int64{"1930": net, "6040": 400, "2641": 100})
		})
	}
}

func TestAPlanIsFinishedByTheSettingsWithWhichItWasBegun(t *testing.T) {
	t.Parallel()
	for from, to := range map[string]string{direct: `{}`, `{}`: direct} {
		t.Run(from, func(t *testing.T) {
			t.Parallel()
			var lines []payout.Line
			var documents []invoice.Document
			for i := range 6 {
				order := string(rune('A' + i))
				lines = append(lines, in(order, sale(order, 1000), fee(order, 80, 20))...)
				documents = append(documents, invoiced(order, order, 1000))
			}
			w := newWorld(t, provider(20, paid("P1", 5400), lines...), newFakeBooks(documents...))
			w.set(from)
			w.restartOn(ticking(), 2*time.Second) // one piece of work at a time
			run, err := w.service.Start(t.Context(), flowID, "test")
			require.NoError(t, err)
			for changed := false; !changed; {
				next, err := w.service.Advance(t.Context(), flowID)
				require.NoError(t, err)
				require.False(t, next.Done, "the plan was to be seen half made")
				w.view(func(ctx context.Context, tx ports.Tx) error {
					p, err := tx.Payouts().ByReference(ctx, "c-source", "P1")
					changed = p.PlannedTo > 0 && p.State == payout.Fetched
					if fault.CodeOf(err) == ports.CodeNotFound {
						err = nil
					}
					return err
				})
			}
			w.set(to)
			w.finish(run.ID)
			require.Equal(t, payout.Closed, w.payout("P1").State)
			w.stands(map[ledger.Account]int64{"1930": 5400, "6040": 480, "2641": 120})
		})
	}
}

func TestADirectPaymentThatSomebodyElseMadeIsAdoptedOnWhateverAccount(t *testing.T) {
	t.Parallel()
	for _, account := range []string{"1930", "1686", "1920"} {
		t.Run(account, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, provider(2, paid("P1", 9000), in("a", sale("1001", 10000), fee("1001", 800, 200))...),
				newFakeBooks(invoiced("1", "1001", 10000)))
			w.set(direct)
			w.books.fail = func(op string, _ int, done bool) error {
				if op != "EnsurePayment" || done {
					return nil
				}
				w.books.pay("1", sek(10000), nil, account)
				return fault.New(matching.CodeAlreadyPaid, fault.Conflict, "the invoice was paid by somebody else").From(fault.Upstream)
			}
			w.run()
			require.Equal(t, payout.Booked, w.payout("P1").State)
			require.Zero(t, w.clearing().Balance.Minor(), "nothing of the payout is on the account")
			require.Zero(t, w.clearing().Open.Minor())

			_, err := w.service.Adopt(t.Context(), w.exceptions()[0].ID, true, "anna")
			require.NoError(t, err)
			w.finish(w.current().ID)
			require.Equal(t, payout.Closed, w.payout("P1").State)
			w.stands(map[ledger.Account]int64{"1930": 9000, "6040": 800, "2641": 200})
		})
	}
}

func TestTheExplanationSaysWhatPaymentsDoInTheDirectShape(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(4, paid("P1", 34000), append(in("a", sale("1001", 10000), fee("1001", 800, 200)), sale("1002", 25000))...),
		newFakeBooks(invoiced("1", "1001", 10000)))
	w.set(direct)
	w.run()
	e, err := statement.New(w.store).Explanation(t.Context(), w.payout("P1").ID)
	require.NoError(t, err)
	require.Equal(t, booking.Direct, e.Shape)
	require.Equal(t, sek(9000), e.Direct)
	require.Len(t, e.Sums, 3)
	require.Contains(t, e.Sums[0].Sentence, "The voucher posts nothing for it. The invoices are paid on 1930")
	require.Empty(t, e.Sums[0].Rows)
	require.Contains(t, e.Sums[1].Sentence, "its gross stays open on 1686")
	require.Len(t, e.Sums[1].Rows, 1)
	require.Contains(t, e.Sums[2].Sentence, "written off on the payments")
	require.Zero(t, e.Payout.Proof.Difference.Minor())
}

func TestSettingsThatCannotMakeAVoucherBeginNoPlanAndCanBeMended(t *testing.T) {
	t.Parallel()
	const reverse = `{"shape":"direct","fee_rules":[{"match":"*","vat":"reverse_eu","meaning":"fee"}],"reverse_charge":{"moment":"payout"`
	w := newWorld(t, provider(2, paid("P1", 9200), in("a", sale("1001", 10000), fee("1001", 800, 0))...),
		newFakeBooks(invoiced("1", "1001", 10000)))
	w.set(`{"shape":"direct","accounts":{"bank":{"SEK":""}}}`)
	run := w.run()
	require.Equal(t, ports.RunFailed, run.State)
	require.Equal(t, booking.CodeMissingAccount, run.Fault.Code)
	w.set(reverse + "}}")
	require.Equal(t, ports.RunDone, w.run().State)
	require.Len(t, w.books.vouchers, 1, "VAT that the buyer accounts for is in a voucher, also of fees written off")
	w.stands(map[ledger.Account]int64{"1930": 9200, "6040": 800, "4535": 800, "4598": -800, "2614": -200, "2645": 200})
}
