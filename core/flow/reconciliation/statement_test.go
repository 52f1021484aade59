package reconciliation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/flow/reconciliation"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// prove gives the one statement of a period and checks what holds for any.
func prove(t *testing.T, service *reconciliation.Service, from, to civil.Date) reconciliation.Statement {
	t.Helper()
	all, err := service.Statements(t.Context(), statementtest.Flow, reconciliation.Period{From: from, To: to})
	require.NoError(t, err)
	require.Len(t, all, 1)
	s := all[0]
	require.Equal(t, kronor(0), s.Difference, "%s to %s: closing %s, open %s", from, to, s.Closing, s.Open)
	var open, aged int64
	for _, item := range s.Items {
		open += item.Amount.Minor()
		require.False(t, to.Before(item.Since))
	}
	for _, age := range s.Ages {
		aged += age.Sum.Minor()
	}
	require.Equal(t, s.Open.Minor(), open)
	require.Equal(t, s.Open.Minor(), aged)
	return s
}

func said(items []reconciliation.Item) []string {
	all := []string{}
	for _, item := range items {
		all = append(all, fmt.Sprint(item.Since, " ", item.Days, " ", item.Payout, " ", item.Reference, " ", item.Amount, " ", item.Code))
	}
	return all
}

func TestTheMonthOfThePayout(t *testing.T) {
	t.Parallel()
	_, _, _, service := seeded(t)
	s := prove(t, service, date(4, 1), date(4, 30))
	require.Equal(t, ledger.Account("1686"), s.Account)
	// 499.00 + 1249.00 were paid on invoices; the payout's own sums are those of its lines.
	require.Equal(t, []string{"0.00", "1748.00", "-95.00", "-97.31", "-24.33", "-799.00", "-200.00", "0.00", "-1629.36", "-1097.00"}, []string{
		s.Opening.String(), s.Captures.String(), s.Refunds.String(), s.Fees.String(), s.FeeVAT.String(), s.Chargebacks.String(),
		s.Reserves.String(), s.Other.String(), s.Payouts.String(), s.Closing.String(),
	})
	require.Equal(t, []string{
		"2026-04-02 28 K-2026-04-02 10003 -549.00 match.amount_differs",
		"2026-04-02 28 K-2026-04-02 10004 -299.00 match.no_document",
		"2026-04-02 28 K-2026-04-02 10005 -249.00 erp.already_paid",
	}, said(s.Items))
	require.Equal(t, int64(3), s.Ages[1].Items)
}

func TestTheMonthsAround(t *testing.T) {
	t.Parallel()
	_, _, _, service := seeded(t)
	before := prove(t, service, date(3, 1), date(3, 31))
	require.Equal(t, "0.00", before.Closing.String())
	require.Empty(t, before.Items)
	after := prove(t, service, date(5, 1), date(5, 31))
	require.Equal(t, "-1097.00", after.Opening.String())
	require.Equal(t, "0.00", after.Payouts.String())
	require.Equal(t, "-1097.00", after.Closing.String())
	require.Equal(t, int64(3), after.Ages[3].Items, "59 days old")
}

func TestEachAgeHasItsBounds(t *testing.T) {
	t.Parallel()
	_, _, _, service := seeded(t)
	for days, age := range map[int]int{0: 0, 7: 0, 8: 1, 30: 1, 31: 2, 40: 2, 41: 3, 400: 3} {
		to := date(4, 2).AddDays(days)
		require.Equal(t, int64(3), prove(t, service, to, to).Ages[age].Items, "%d days", days)
	}
}

func TestAPeriodEndsAfterItBegins(t *testing.T) {
	t.Parallel()
	_, _, _, service := seeded(t)
	_, err := service.Statements(t.Context(), statementtest.Flow, reconciliation.Period{From: date(4, 2), To: date(4, 1)})
	require.Equal(t, reconciliation.CodePeriod, fault.CodeOf(err))
}

// another puts a payout into the store, with lines and the steps that plan gives
// for them.
func another(t *testing.T, store ports.Store, id string, at time.Time, net int64, lines []payout.Line, plan func(lines []ports.LineRecord) ([]ports.Step, []ports.LineDecision)) {
	t.Helper()
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		err := tx.Payouts().Create(ctx, ports.PayoutRecord{
			ID: id, FlowID: statementtest.Flow, MerchantID: statementtest.Merchant, ConnectionID: statementtest.Source, SettingsVersion: 1,
			Payout: payout.Payout{Reference: id, Date: at, Net: kronor(net)}, State: payout.Closed,
		})
		if err != nil {
			return err
		}
		if _, _, err := tx.Lines().Append(ctx, id, lines); err != nil {
			return err
		}
		stored, err := tx.Lines().After(ctx, id, 0, 100)
		if err != nil {
			return err
		}
		steps, decisions := plan(stored)
		if err := tx.Lines().Decide(ctx, decisions); err != nil {
			return err
		}
		return write(ctx, tx, id, steps)
	}))
}

// write plans steps and saves the state that they are given in.
func write(ctx context.Context, tx ports.Tx, payoutID string, steps []ports.Step) error {
	for i := range steps {
		steps[i].PayoutID = payoutID
	}
	if err := tx.Steps().Plan(ctx, steps); err != nil {
		return err
	}
	for _, want := range steps {
		stored, err := tx.Steps().ByKey(ctx, want.Key)
		if err != nil {
			return err
		}
		want.ID = stored.ID
		if err := tx.Steps().Save(ctx, want); err != nil {
			return err
		}
	}
	return nil
}

func voucherStep(t *testing.T, key string, day civil.Date, rows ...ledger.Row) ports.Step {
	t.Helper()
	v, err := ledger.New(day, "Klarna", rows)
	require.NoError(t, err)
	content, err := posting.VoucherContent("K", v.Text(), v)
	require.NoError(t, err)
	return ports.Step{Kind: ports.StepVoucher, Key: key, State: ports.StepDone, Content: content, Number: "K-13-3", SettingsVersion: 1}
}

func paymentStep(t *testing.T, key string, line int64, document string, day civil.Date, ore int64) ports.Step {
	t.Helper()
	content, err := json.Marshal(ports.Payment{DocumentNumber: document, Amount: kronor(ore), Account: "1686", Date: day})
	require.NoError(t, err)
	return ports.Step{
		Kind: ports.StepPayment, Key: key, State: ports.StepDone, Content: content, Document: document, LineID: line, Amount: kronor(ore), Number: "800", SettingsVersion: 1,
	}
}

func meaning(r ledger.Row, meaning string) ledger.Row {
	r.Meaning = meaning
	return r
}

// captured puts in a sale that was paid on 30 April and paid out on 4 May.
func captured(t *testing.T, store ports.Store) {
	t.Helper()
	line := payout.Line{Key: "row/1", Kind: payout.Sale, RawType: "SALE", Gross: kronor(100_00), FeeExVAT: kronor(16_00), FeeVAT: kronor(4_00)}
	another(t, store, "payout-20", time.Date(2026, 5, 4, 6, 0, 0, 0, time.UTC), 80_00, []payout.Line{line}, func(lines []ports.LineRecord) ([]ports.Step, []ports.LineDecision) {
		return []ports.Step{
			voucherStep(t, "kv:20:V1;", date(5, 4), row("1930", 80_00), meaning(row("6040", 16_00), "fee"), meaning(row("2641", 4_00), "fee_vat"), row("1686", -100_00)),
			paymentStep(t, "kv:20:L1;", lines[0].ID, "1020", date(4, 30), 100_00),
		}, []ports.LineDecision{{LineID: lines[0].ID, State: ports.LineMatched, Document: "1020"}}
	})
}

func TestWhatIsPaidOutInTheNextMonthIsOpenInThisOne(t *testing.T) {
	t.Parallel()
	store, _, _, service := seeded(t)
	captured(t, store)
	april := prove(t, service, date(4, 1), date(4, 30))
	require.Equal(t, "1848.00", april.Captures.String())
	require.Equal(t, "-997.00", april.Closing.String())
	require.Equal(t, "2026-04-30 0 payout-20 payout-20 100.00 ", said(april.Items)[3])
	may := prove(t, service, date(5, 1), date(5, 31))
	require.Equal(t, []string{"-997.00", "0.00", "-16.00", "-4.00", "-80.00", "-1097.00"}, []string{
		may.Opening.String(), may.Captures.String(), may.Fees.String(), may.FeeVAT.String(), may.Payouts.String(), may.Closing.String(),
	})
	require.Len(t, may.Items, 3)
}

func TestWhatIsSettledLaterWasOpenThen(t *testing.T) {
	t.Parallel()
	store, _, _, service := seeded(t)
	settleLater(t, store)
	april := prove(t, service, date(4, 1), date(4, 30))
	require.Equal(t, "-1097.00", april.Closing.String())
	require.Equal(t, "booked after the period, on 2026-05-05: Payment of invoice 1003", april.Items[0].Reason)
	may := prove(t, service, date(5, 1), date(5, 31))
	require.Equal(t, "549.00", may.Captures.String())
	require.Equal(t, "-548.00", may.Closing.String())
	require.Len(t, may.Items, 2)
}

// settleLater pays the third line on 5 May.
func settleLater(t *testing.T, store ports.Store) {
	t.Helper()
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		lines, err := tx.Lines().After(ctx, statementtest.Booked, 2, 1)
		if err != nil {
			return err
		}
		if err := tx.Lines().Decide(ctx, []ports.LineDecision{{LineID: lines[0].ID, State: ports.LineMatched, Document: "1003"}}); err != nil {
			return err
		}
		return write(ctx, tx, statementtest.Booked, []ports.Step{paymentStep(t, "kv:1:L3;", lines[0].ID, "1003", date(5, 5), 549_00)})
	}))
}

// carry puts in a payout of nothing but debt that is carried to another one, or
// collected from one.
func carry(t *testing.T, store ports.Store, id string, day int, ore int64) {
	t.Helper()
	line := payout.Line{Key: "totals/carry", Kind: payout.Carry, RawType: "DEPOSIT", Gross: kronor(ore), FeeExVAT: kronor(0), FeeVAT: kronor(0), Synthesised: true}
	another(t, store, id, time.Date(2026, 4, day, 6, 0, 0, 0, time.UTC), 0, []payout.Line{line}, func(lines []ports.LineRecord) ([]ports.Step, []ports.LineDecision) {
		return nil, []ports.LineDecision{{LineID: lines[0].ID, State: ports.LineNoDocument}}
	})
}

func TestDebtIsOpenUntilItIsCollected(t *testing.T) {
	t.Parallel()
	store, _, _, service := seeded(t)
	carry(t, store, "payout-22", 22, 206_00)
	carry(t, store, "payout-25", 25, -206_00)
	// A refund in a payout of nothing: −206.00 was paid to the customer and carried.
	all, err := service.Statements(t.Context(), statementtest.Flow, reconciliation.Period{From: date(4, 1), To: date(4, 24)})
	require.NoError(t, err)
	require.Len(t, all[0].Items, 4)
	require.Equal(t, "-206.00", all[0].Items[3].Amount.String())
	require.Equal(t, "206.00", all[0].Difference.String(), "no refund stands behind it, and that is shown")
	require.Len(t, prove(t, service, date(4, 1), date(4, 25)).Items, 3)
}

// Wherever a period is cut, it is proven, and the next one begins where it ended.
func TestEveryDayIsProven(t *testing.T) {
	t.Parallel()
	store, _, _, service := seeded(t)
	captured(t, store)
	settleLater(t, store)
	adopt(t, store)
	last := ""
	for day := date(3, 25); day.Before(date(5, 25)); day = day.AddDays(1) {
		s := prove(t, service, day, day)
		if last != "" {
			require.Equal(t, last, s.Opening.String(), day)
		}
		last = s.Closing.String()
	}
	require.Equal(t, "-299.00", last, "one exception is left")
}
