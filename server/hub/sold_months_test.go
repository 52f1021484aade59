package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/flow/reconciliation"
	"github.com/kvitt/kvitt/core/flow/registration"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// month proves the one account of a flow from a day of April to another.
func (s *shop) month(flow string, from, to int) reconciliation.Statement {
	s.t.Helper()
	service := reconciliation.New(reconciliation.Parts{
		Store: s.store, Sources: []reconciliation.Source{reconciliation.Payouts{}, reconciliation.Events{}},
	})
	day := func(day int) civil.Date { return civil.Date{Year: 2026, Month: time.April, Day: day} }
	proven, err := service.Statements(s.t.Context(), flow, reconciliation.Period{From: day(from), To: day(to)})
	require.NoError(s.t, err)
	require.Len(s.t, proven, 1)
	require.Zero(s.t, proven[0].Difference.Minor(), "%+v", proven[0])
	return proven[0]
}

// sums gives opening, captures, refunds, fees with their VAT, payouts and closing.
func sums(st reconciliation.Statement) [6]int64 {
	return [6]int64{
		st.Opening.Minor(), st.Captures.Minor(), st.Refunds.Minor(), st.Fees.Minor() + st.FeeVAT.Minor(), st.Payouts.Minor(), st.Closing.Minor(),
	}
}

func said(st reconciliation.Statement) []string {
	items := []string{}
	for _, item := range st.Items {
		items = append(items, fmt.Sprint(item.Reference, " ", item.Amount, " ", item.Since, " ", item.Days))
	}
	return items
}

// A capture of 100.00 on 1 April is paid out on 2 April less 10.00, and 40.00 of it
// are refunded on 10 April.
func TestTheMonthEndProofCountsWhatTheShopRegistered(t *testing.T) {
	t.Parallel()
	s := sold(t, provider(10, paid("P1", 9000), costing(sale("1001", 10000), 800, 200)))
	require.Equal(t, [6]int64{0, 10000, 0, 0, 0, 10000}, sums(s.month(flowID, 1, 30)), "before any payout")
	s.run()
	s.happens(payment.Refund, "1001", "card", "back", 10, 4000)
	s.post()
	first := s.month(flowID, 1, 1)
	require.Equal(t, [6]int64{0, 10000, 0, 0, 0, 10000}, sums(first))
	require.Equal(t, []string{"o-1001 100.00 2026-04-01 0"}, said(first))
	whole := s.month(flowID, 1, 30)
	require.Equal(t, [6]int64{0, 10000, -4000, -1000, -9000, -4000}, sums(whole))
	require.Equal(t, []string{"o-1001 -40.00 2026-04-10 20"}, said(whole))
	require.Equal(t, [6]int64{10000, 0, 0, -1000, -9000, 0}, sums(s.month(flowID, 2, 5)))
	require.Equal(t, [6]int64{0, 0, -4000, 0, 0, -4000}, sums(s.month(flowID, 9, 11)))
	require.Zero(t, s.month(flowID, 1, 30).Other.Minor())
}

func TestALineThatExceedsTheEventsIsAnItemOfTheMonthEndProof(t *testing.T) {
	t.Parallel()
	again := sale("1001", 10000)
	again.Key = "sale/again"
	s := sold(t, provider(10, paid("P1", 20000), sale("1001", 10000), again))
	s.run()
	whole := s.month(flowID, 1, 30)
	require.Equal(t, [6]int64{0, 10000, 0, 0, -20000, -10000}, sums(whole))
	require.Equal(t, []string{"1001 -100.00 2026-04-02 28"}, said(whole))
}

// One line is of an invoice whose payment is dated to its capture on 1 April, one of
// an event.
func TestBeforeThePayoutInvoiceAndEventStandThereEachForItself(t *testing.T) {
	t.Parallel()
	captured := sale("2002", 5000)
	captured.OccurredAt = payday.Add(-24 * time.Hour)
	s := shopOf(newWorld(t, provider(10, paid("P1", 15000), sale("1001", 10000), captured), newFakeBooks(invoiced("1", "2002", 5000))))
	s.set(`{"payment_moment":"capture"}`)
	s.sells("1001", 10000)
	s.happens(payment.Prepare, "1001", "card", "auth", 1, 10000)
	s.happens(payment.Payment, "1001", "card", "capture", 1, 10000)
	s.post()
	s.run()
	require.Empty(t, s.exceptions())
	require.Equal(t, []ports.LineState{ports.LineNoDocument, ports.LineMatched}, s.states())
	require.Equal(t, [6]int64{0, 15000, 0, 0, 0, 15000}, sums(s.month(flowID, 1, 1)))
	require.Equal(t, []string{"P1 50.00 2026-04-01 0", "o-1001 100.00 2026-04-01 0"}, said(s.month(flowID, 1, 1)))
	require.Equal(t, [6]int64{0, 15000, 0, 0, -15000, 0}, sums(s.month(flowID, 1, 30)))
	require.Empty(t, said(s.month(flowID, 1, 30)))
	require.Equal(t, payout.Closed, s.payout("P1").State)
}

// Swish pays out by no flow: its deposits are events, too.
func TestAFlowOfEventsProvesTheAccountsThatNoPayoutsProve(t *testing.T) {
	t.Parallel()
	s := sold(t, provider(10, paid("P1", 10000), sale("1001", 10000)))
	s.update(func(ctx context.Context, tx ports.Tx) error {
		swish := payment.Method{ID: "swish", MerchantID: "m-1", Name: "Swish", Kind: payment.ByProvider}
		if err := tx.Methods().Create(ctx, ports.MethodRecord{Method: swish, CreatedAt: s.clock.Now()}); err != nil {
			return err
		}
		_, err := tx.Flows().SaveSettings(ctx, shopFlow, json.RawMessage(`{"methods":{"swish":{"accounts":{"clearing":{"SEK":"1580"}}}}}`), s.clock.Now(), "test")
		return err
	})
	for number, gross := range map[string]int64{"3003": 20000, "3004": 7000} {
		s.sells(number, gross)
		s.happens(payment.Payment, number, "swish", "capture "+number, 3, gross)
	}
	_, err := s.events.Register(t.Context(), "m-1", []registration.Fact{{Event: payment.Event{
		Kind: payment.Deposit, Order: "3003", Transaction: "o-3003", Method: "swish", Key: "deposit", Amount: sek(19750), Fee: sek(250), FeeVAT: sek(50),
		At: time.Date(2026, time.April, 8, 10, 0, 0, 0, time.UTC),
	}}}, "shop")
	require.NoError(t, err)
	s.post()
	whole := s.month(shopFlow, 1, 30)
	require.Equal(t, ledger.Account("1580"), whole.Account)
	require.Equal(t, [6]int64{0, 27000, 0, -250, -19750, 7000}, sums(whole))
	require.Equal(t, []string{"o-3004 70.00 2026-04-03 27"}, said(whole))
	require.Equal(t, [6]int64{27000, 0, 0, -250, -19750, 7000}, sums(s.month(shopFlow, 5, 10)))
	require.Len(t, said(s.month(shopFlow, 3, 7)), 2)
	require.Equal(t, [6]int64{0, 10000, 0, 0, 0, 10000}, sums(s.month(flowID, 1, 30)), "the other account is the payouts'")
}

// A summary of two captures, of which one states its fee of 10.00, puts 190.00 on the
// account: 100.00 of each transaction, and the fee of none.
func TestASummaryIsToldApartByTransaction(t *testing.T) {
	t.Parallel()
	s := shopOf(newWorld(t, provider(10, paid("P1", 10000), sale("1001", 10000)), newFakeBooks()))
	s.update(func(ctx context.Context, tx ports.Tx) error {
		_, err := tx.Flows().SaveSettings(ctx, shopFlow, json.RawMessage(`{"sales_shape":"day","fee_moment":"capture"}`), s.clock.Now(), "test")
		return err
	})
	for _, number := range []string{"1001", "1002"} {
		s.sells(number, 10000)
		s.happens(payment.Prepare, number, "card", "auth "+number, 1, 10000)
	}
	s.happens(payment.Payment, "1001", "card", "first", 1, 10000)
	enable := func(on bool) {
		s.update(func(ctx context.Context, tx ports.Tx) error { return tx.Flows().SetEnabled(ctx, flowID, on) })
	}
	enable(false) // as long as no flow of payouts is on, the shop tells the fees
	_, err := s.events.Register(t.Context(), "m-1", []registration.Fact{{Event: payment.Event{
		Kind: payment.Payment, Order: "1002", Transaction: "o-1002", Method: "card", Key: "second", Amount: sek(10000), Fee: sek(1000), FeeVAT: sek(200),
		At: time.Date(2026, time.April, 1, 12, 0, 0, 0, time.UTC),
	}}}, "shop")
	require.NoError(t, err)
	enable(true)
	s.post()
	require.Len(t, s.books.vouchers, 1)
	require.Equal(t, []string{"o-1001 100.00", "o-1002 100.00", " -10.00"}, s.open())
	s.run()
	require.Empty(t, s.exceptions())
	require.Equal(t, []string{"o-1002 100.00", " -10.00"}, s.open())
	require.Zero(t, s.clearing().Unexplained.Minor())
	require.Equal(t, [6]int64{0, 20000, 0, -1000, -10000, 9000}, sums(s.month(flowID, 1, 30)))
}

func TestAWithdrawnCaptureIsTakenOffTheCaptures(t *testing.T) {
	t.Parallel()
	s := sold(t, provider(10, paid("P1", 9000), costing(sale("1001", 10000), 800, 200)))
	require.Equal(t, [6]int64{0, 10000, 0, 0, 0, 10000}, sums(s.month(flowID, 1, 30)))
	found, err := s.events.Transaction(t.Context(), "m-1", "o-1001")
	require.NoError(t, err)
	for _, e := range found.Events {
		if e.Kind == payment.Payment {
			_, err := s.events.Withdraw(t.Context(), e.ID, "sent twice", "anna")
			require.NoError(t, err)
		}
	}
	s.post()
	require.Len(t, s.books.vouchers, 2, "the sale and its correction")
	require.Equal(t, [6]int64{}, sums(s.month(flowID, 1, 30)), "no customer was refunded")
}
