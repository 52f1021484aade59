package hub_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/evidence"
	"github.com/kvitt/kvitt/core/flow/registration"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/clock"
)

const shopFlow = "flow-shop"

// shop is the web shop of a world's merchant: its card payments are paid out by the
// world's provider, its gift cards by nobody. Every order is of goods at 25 %.
type shop struct {
	*world
	events *registration.Service
}

func shopOf(w *world) *shop {
	w.t.Helper()
	w.update(func(ctx context.Context, tx ports.Tx) error {
		for _, m := range []payment.Method{
			{ID: "card", Kind: payment.ByProvider, Connection: "c-source", Authorised: true}, {ID: "gift", Kind: payment.ByGiftCard},
		} {
			m.MerchantID, m.Name = "m-1", m.ID
			if err := tx.Methods().Create(ctx, ports.MethodRecord{Method: m, CreatedAt: w.clock.Now()}); err != nil {
				return err
			}
		}
		return tx.Flows().Create(ctx, merchant.Flow{
			ID: shopFlow, MerchantID: "m-1", Kind: merchant.Events, Source: "c-target", Target: "c-target", Enabled: true,
			Settings: json.RawMessage(`{}`), SettingsVersion: 1, Since: w.clock.Now(), CreatedAt: w.clock.Now(),
		}, "test")
	})
	desk := remote.NewDesk(w.store, fakeCatalogue{"fakepay": w.provider, "fakebooks": w.books}, plainSecrets{}, noTokens{}, clock.Machine{}, remote.Options{Owner: "shop", Deadline: time.Minute})
	options := registration.Options{Slice: time.Minute, Attempts: 3}
	return &shop{world: w, events: registration.New(w.store, desk, w.clock, time.Now, tax.StandardTable(), hclog.NewNullLogger(), options)}
}

func (s *shop) sells(number string, gross int64) {
	s.t.Helper()
	sold := order.Order{
		Number: number, Country: "SE", Date: civil.Date{Year: 2026, Month: time.April, Day: 1}, Parts: []order.Part{{Supply: tax.Goods, Rate: tax.Percent(25), Gross: sek(gross)}},
	}
	require.NoError(s.t, s.events.RegisterOrder(s.t.Context(), "m-1", sold, "shop"))
}

// happens registers one event of the order's card transaction, or of another method's,
// on a day of April.
func (s *shop) happens(kind payment.Kind, number, method, key string, day int, gross int64) {
	s.t.Helper()
	transaction := "o-" + number
	if method == "gift" {
		transaction = "g-" + number
	}
	_, err := s.events.Register(s.t.Context(), "m-1", []registration.Fact{{Event: payment.Event{
		Kind: kind, Order: number, Transaction: transaction, Method: method, Key: key, Amount: sek(gross),
		At: time.Date(2026, time.April, day, 10, 0, 0, 0, time.UTC),
	}}}, "shop")
	require.NoError(s.t, err)
}

// post writes the vouchers of the events.
func (s *shop) post() {
	s.t.Helper()
	for range 100 {
		done, err := s.events.Advance(s.t.Context(), shopFlow)
		require.NoError(s.t, err)
		if done {
			return
		}
	}
	require.Fail(s.t, "posting must come to an end")
}

// sold is a shop that has captured 100.00 by card on order 1001.
func sold(t *testing.T, p *fakeProvider) *shop {
	t.Helper()
	s := shopOf(newWorld(t, p, newFakeBooks()))
	s.sells("1001", 10000)
	s.happens(payment.Prepare, "1001", "card", "auth", 1, 10000)
	s.happens(payment.Payment, "1001", "card", "capture", 1, 10000)
	s.post()
	return s
}

// accounts explains the clearing accounts.
func (s *shop) accounts() []statement.Clearing {
	s.t.Helper()
	accounts, err := statement.New(s.store).Clearing(s.t.Context(), flowID)
	require.NoError(s.t, err)
	return accounts
}

// open gives the items of the clearing account as text.
func (s *shop) open() []string {
	s.t.Helper()
	items := []string{}
	for _, item := range s.clearing().Items {
		items = append(items, item.Reference+" "+item.Amount.String())
	}
	return items
}

// atProvider gives what the provider owes for a transaction.
func (s *shop) atProvider(transaction string) int64 {
	s.t.Helper()
	found, err := s.events.Transaction(s.t.Context(), "m-1", transaction)
	require.NoError(s.t, err)
	return found.State.OpenAtProvider.Minor()
}

func costing(l payout.Line, fee, vat int64) payout.Line {
	l.FeeExVAT, l.FeeVAT = sek(fee), sek(vat)
	return l
}

func TestALineSettlesTheEventsOfItsSale(t *testing.T) {
	t.Parallel()
	s := shopOf(newWorld(t, provider(10, paid("P1", 7000), costing(sale("1001", 8000), 800, 200)), newFakeBooks()))
	s.sells("1001", 10000)
	s.happens(payment.Payment, "1001", "gift", "gift", 1, 2000)
	s.happens(payment.Prepare, "1001", "card", "auth", 1, 8000)
	s.happens(payment.Payment, "1001", "card", "capture", 1, 8000)
	s.post()
	s.stands(map[ledger.Account]int64{"1686": 8000, "2421": 2000, "3001": -8000, "2611": -2000})
	require.Equal(t, []string{"o-1001 80.00"}, s.open(), "captured, not yet paid out")

	s.run()
	require.Empty(t, s.exceptions())
	require.Equal(t, payout.Closed, s.payout("P1").State)
	require.Equal(t, ports.LineNoDocument, s.lines("P1")[0].State)
	require.JSONEq(t, `{"events":["capture"]}`, string(s.lines("P1")[0].Decision))
	require.Empty(t, s.books.searches, "no invoice is searched for")
	s.stands(map[ledger.Account]int64{"1930": 7000, "6040": 800, "2641": 200, "2421": 2000, "3001": -8000, "2611": -2000})
	require.Empty(t, s.open())
	require.Zero(t, s.atProvider("o-1001"))
	found, err := evidence.New(s.store).Payout(t.Context(), s.payout("P1").ID)
	require.NoError(t, err)
	for _, row := range found.Vouchers[0].Rows {
		require.True(t, row.Difference.IsZero(), "%+v", row)
	}
	s.run()
	s.stands(map[ledger.Account]int64{"1930": 7000, "6040": 800, "2641": 200, "2421": 2000, "3001": -8000, "2611": -2000})
}

func TestARefundLineSettlesTheEventOfItsRefund(t *testing.T) {
	t.Parallel()
	p := provider(10, paid("P1", 10000), sale("1001", 10000))
	s := sold(t, p)
	s.run()
	s.happens(payment.Refund, "1001", "card", "back", 3, 4000)
	s.post()
	require.Equal(t, []string{"o-1001 -40.00"}, s.open(), "refunded, not yet kept back")
	p.payouts, p.lines["P2"] = append(p.payouts, paid("P2", -4000)), []payout.Line{refund("1001", 4000)}
	s.run()
	require.Empty(t, s.exceptions())
	require.Equal(t, ports.LineNoDocument, s.lines("P2")[0].State)
	require.Empty(t, s.open())
	s.stands(map[ledger.Account]int64{"1930": 6000, "3001": -4800, "2611": -1200})
}

func TestAPayoutThatComesBeforeItsEventsIsSettledByTheNextRun(t *testing.T) {
	t.Parallel()
	for name, now := range map[string]time.Time{
		"the line waits":           payday.Add(24 * time.Hour),
		"the line is an exception": payday.Add(18 * 24 * time.Hour),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shopOf(newWorld(t, provider(10, paid("P1", 10000), sale("1001", 10000)), newFakeBooks()))
			s.clock.now = now
			s.run()
			s.stands(map[ledger.Account]int64{"1930": 10000, "1686": -10000})
			require.NotEqual(t, ports.LineNoDocument, s.lines("P1")[0].State)
			s.sells("1001", 10000)
			s.happens(payment.Prepare, "1001", "card", "auth", 1, 10000)
			s.happens(payment.Payment, "1001", "card", "capture", 1, 10000)
			outlook, err := s.service.Rematch(t.Context(), flowID, false, "anna")
			require.NoError(t, err)
			require.Equal(t, ports.LineNoDocument, outlook.Lines[0].Becomes)
			require.Equal(t, 1, outlook.Matched)
			s.run()
			require.Equal(t, ports.LineNoDocument, s.lines("P1")[0].State, "its voucher is planned")
			require.Empty(t, s.exceptions())
			s.stands(map[ledger.Account]int64{"1930": 10000, "1686": -10000})
			require.Equal(t, []string{"o-1001 -100.00"}, s.open())
			s.post()
			s.stands(map[ledger.Account]int64{"1930": 10000, "3001": -8000, "2611": -2000})
			require.Empty(t, s.open())
		})
	}
}

func TestLinesSettleNoMoreThanTheShopRegistered(t *testing.T) {
	t.Parallel()
	for name, together := range map[string]bool{"in one payout": true, "in two payouts": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			again := sale("1001", 10000)
			again.Key = "sale/again"
			p := provider(1, paid("P1", 20000), sale("1001", 10000), again)
			if !together {
				p = provider(1, paid("P1", 10000), sale("1001", 10000))
				p.payouts, p.lines["P2"] = append(p.payouts, paid("P2", 10000)), []payout.Line{again}
			}
			s := sold(t, p)
			s.run()
			for range 2 { // it stays so
				open := s.exceptions()
				require.Len(t, open, 1)
				require.Equal(t, settlement.CodeExceedsEvents, open[0].Code)
				require.Contains(t, open[0].Reason, "100.00")
				s.stands(map[ledger.Account]int64{"1930": 20000, "1686": -10000, "3001": -8000, "2611": -2000})
				require.Equal(t, []string{"1001 -100.00"}, s.open(), "the line alone")
				s.run()
			}
		})
	}
}

func TestEachPartialCaptureIsPaidOutByALineOfItsOwn(t *testing.T) {
	t.Parallel()
	second := sale("1001", 4000)
	second.Key = "sale/second"
	s := shopOf(newWorld(t, provider(10, paid("P1", 10000), sale("1001", 6000), second), newFakeBooks()))
	s.sells("1001", 10000)
	s.happens(payment.Prepare, "1001", "card", "auth", 1, 10000)
	s.happens(payment.Payment, "1001", "card", "first", 1, 6000)
	s.post()
	s.run()
	require.Len(t, s.exceptions(), 1)
	require.Equal(t, []ports.LineState{ports.LineNoDocument, ports.LineException}, s.states())
	require.Equal(t, []string{"1001 -40.00"}, s.open())
	s.happens(payment.Payment, "1001", "card", "second", 1, 4000)
	s.post()
	require.Zero(t, s.clearing().Unexplained.Minor())
	s.run()
	require.Empty(t, s.exceptions())
	require.Equal(t, []ports.LineState{ports.LineNoDocument, ports.LineNoDocument}, s.states())
	s.stands(map[ledger.Account]int64{"1930": 10000, "3001": -8000, "2611": -2000})
}

func TestWithoutAnEventOfItsSideALineWaitsAsBefore(t *testing.T) {
	t.Parallel()
	s := shopOf(newWorld(t, provider(10, paid("P1", 10000), sale("1001", 10000)), newFakeBooks()))
	s.sells("1001", 10000)
	s.happens(payment.Prepare, "1001", "card", "auth", 1, 10000)
	s.run()
	require.Len(t, s.exceptions(), 1)
	require.Equal(t, fault.Code("match.no_document"), s.exceptions()[0].Code)
}

func TestAnUndonePayoutLeavesItsSalesAtTheProviderUntilItIsBookedAnew(t *testing.T) {
	t.Parallel()
	s := sold(t, provider(10, paid("P1", 10000), sale("1001", 10000)))
	s.run()
	s.undo("wrong company")
	s.finish(s.current().ID)
	s.stands(map[ledger.Account]int64{"1686": 10000, "3001": -8000, "2611": -2000})
	require.Equal(t, []string{"o-1001 100.00"}, s.open())
}
