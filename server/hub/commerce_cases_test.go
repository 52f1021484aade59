package hub_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/registration"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

// paid25 is an order at 25 %, authorised and captured by card as a whole.
func paid25(number string, gross int64) ports.ShopOrder {
	return then(then(ordered(number, at(25, gross)), payment.Prepare, gross), payment.Payment, gross)
}

// one is the only open exception.
func (c *connected) one() ports.Exception {
	c.t.Helper()
	open := c.exceptions()
	require.Len(c.t, open, 1)
	return open[0]
}

func (c *connected) told(number string) ports.ShopOrderRecord {
	c.t.Helper()
	var r ports.ShopOrderRecord
	c.view(func(ctx context.Context, tx ports.Tx) (err error) {
		r, err = tx.ShopOrders().Get(ctx, "c-shop", number)
		return err
	})
	return r
}

func (c *connected) retry(id string) {
	c.t.Helper()
	require.NoError(c.t, c.events.RetryException(c.t.Context(), id, "anna"))
	c.work()
}

func TestAHubThatDiesBetweenReadingAndKeepingAPageReadsItAgain(t *testing.T) {
	t.Parallel()
	for dying := 1; dying <= 4; dying++ {
		t.Run(fmt.Sprint(dying), func(t *testing.T) {
			t.Parallel()
			c := connect(t, april2(newFakeShop(1)), mapped)
			_, err := c.events.Start(t.Context(), shopFlow, "test")
			require.NoError(t, err)
			life, die := context.WithCancel(t.Context())
			c.fake.beforePage = func(page int) error {
				if page == dying {
					die()
				}
				return nil
			}
			_, err = c.events.Advance(life, shopFlow)
			require.Error(t, err)
			c.reopen(time.Now, time.Minute)
			c.work()
			require.Equal(t, 5, c.fake.pages, "the pages before it are not read again")
			require.Equal(t, booksOfApril2(), c.booked())
			require.Len(t, c.known(), 11)
		})
	}
}

func TestAnOrderByAMethodThatNobodyMappedWaitsForTheSettingAndNothingElseDoes(t *testing.T) {
	t.Parallel()
	c := connect(t, april2(newFakeShop(2)), `{"methods":{"card":{"accounts":{"clearing":{"SEK":"1580"}}}},"shop_methods":{"Visa":"card"}}`)
	require.Equal(t, ports.RunDone, c.read().State)
	e := c.one()
	require.Equal(t, registration.CodeMethodUnmapped, e.Code)
	require.Equal(t, "1001", e.Reference)
	require.Contains(t, e.Remedy, "shop_methods.gift_card")
	require.Len(t, c.known(), 8, "no event of the order is registered, every other one is")
	require.Equal(t, ports.ShopOrderParked, c.told("1001").State)

	c.read()
	require.Equal(t, e.ID, c.one().ID, "it stays one exception")
	c.set(mapped)
	c.work()
	require.Empty(t, c.exceptions())
	require.Equal(t, booksOfApril2(), c.booked())
}

func TestAnOrderThatChangesBeforeAnythingRestsOnItIsTakenAsItIsNow(t *testing.T) {
	t.Parallel()
	fake := newFakeShop(10)
	fake.put(inApril(3, 0), then(ordered("1001", at(25, 10000)), payment.Prepare, 30000))
	c := connect(t, fake, mapped)
	c.read()
	fake.put(inApril(4, 0), then(then(ordered("1001", at(12, 20000), at(25, 10000)), payment.Prepare, 30000), payment.Payment, 30000))
	c.read()
	require.Empty(t, c.exceptions())
	// 200.00 at 12 % holds 21.43, 100.00 at 25 % holds 20.00.
	require.Equal(t, map[ledger.Account]int64{"1580": 30000, "3001": -8000, "2611": -2000, "3002": -17857, "2621": -2143}, c.booked())
}

func TestAnOrderThatChangesAfterItIsBookedWaitsForAPersonAndIsThenCorrected(t *testing.T) {
	t.Parallel()
	fake := newFakeShop(10)
	fake.put(inApril(3, 0), paid25("1001", 10000))
	fake.put(inApril(3, 0), paid25("1002", 20000))
	c := connect(t, fake, mapped)
	c.read()
	before := map[ledger.Account]int64{"1580": 30000, "3001": -24000, "2611": -6000}
	require.Equal(t, before, c.booked())

	changed := then(paid25("1001", 10000), payment.Refund, 5000)
	changed.Parts = []order.Part{at(12, 10000)}
	fake.put(inApril(4, 0), changed)
	require.Equal(t, ports.RunDone, c.read().State)
	e := c.one()
	require.Equal(t, registration.CodeOrderChanged, e.Code)
	require.Equal(t, before, c.booked())
	require.Len(t, c.known(), 4, "the refund waits with the order")

	c.retry(e.ID)
	require.Empty(t, c.exceptions())
	// Of 100.00 at 12 % (10.71) 50.00 is refunded (5.36, the half of 10.71 rounded).
	require.Equal(t, map[ledger.Account]int64{"1580": 25000, "3001": -16000, "2611": -4000, "3002": -8929 + 4464, "2621": -1071 + 536}, c.booked())
	require.Equal(t, fault.CodeOf(c.events.RetryException(t.Context(), e.ID, "anna")), registration.CodeNotOpen)
}

func TestAnEventThatIsToldOtherwiseWaitsUntilTheOldOneIsWithdrawn(t *testing.T) {
	t.Parallel()
	fake := newFakeShop(10)
	fake.put(inApril(3, 0), paid25("1001", 10000))
	c := connect(t, fake, mapped)
	c.read()
	changed := paid25("1001", 10000)
	changed.Events[1].Amount = sek(8000)
	fake.put(inApril(4, 0), changed)
	c.read()
	e := c.one()
	require.Equal(t, registration.CodeKeyReused, e.Code)
	require.Contains(t, e.Reason, "payment/2")
	require.Equal(t, int64(10000), c.booked()["1580"])

	found, err := c.events.Events(t.Context(), "m-1", ports.EventFilter{Kind: payment.Payment}, 0, 10)
	require.NoError(t, err)
	_, err = c.events.Withdraw(t.Context(), found[0].ID, "it was 80.00", "anna")
	require.NoError(t, err)
	c.retry(e.ID)
	require.Empty(t, c.exceptions())
	require.Equal(t, map[ledger.Account]int64{"1580": 8000, "3001": -6400, "2611": -1600}, c.booked())
	fake.put(inApril(5, 0), then(changed, payment.Refund, 8000))
	c.read()
	require.Empty(t, c.exceptions())
	require.Empty(t, c.booked())
	require.Equal(t, map[string]ports.EventState{
		"c-shop/1001/prepare/1": ports.EventRecorded, "c-shop/1001/payment/2": ports.EventWithdrawn,
		"c-shop/1001/payment/2#2": ports.EventBooked, "c-shop/1001/refund/3": ports.EventBooked,
	}, c.known())
}

func TestWhatAFlowOfPayoutsBooksIsLeftToIt(t *testing.T) {
	t.Parallel()
	sold := then(paid25("1001", 10000), payment.Deposit, 9000)
	sold.Events[1].Fee, sold.Events[1].FeeVAT = sek(1000), sek(200)
	for i := range sold.Events {
		sold.Events[i].Method = "Klarna"
	}
	fake := newFakeShop(10)
	fake.put(inApril(3, 0), sold)
	c := connect(t, fake, `{"shop_methods":{"Klarna":"klarna"}}`)
	require.Equal(t, ports.RunDone, c.read().State)
	want := map[ledger.Account]int64{"1686": 10000, "3001": -8000, "2611": -2000}
	require.Equal(t, want, c.booked())
	require.Len(t, c.known(), 2)

	sold = then(sold, payment.Refund, 10000)
	sold.Events[3].Method = "Klarna"
	fake.put(inApril(4, 0), sold)
	require.Equal(t, ports.RunDone, c.read().State)
	require.Empty(t, c.exceptions(), "what was left out before is told again and still left out")
	require.Empty(t, c.booked())
}

func TestWhatHappenedBeforeTheFlowBeginsIsNotBooked(t *testing.T) {
	t.Parallel()
	old := then(then(then(ordered("1001", at(25, 10000)), payment.Prepare, 10000), payment.Payment, 4000), payment.Payment, 6000)
	for i, day := range []int{1, 1, 3} {
		old.Events[i].At = time.Date(2026, time.March, 30+day, 12, 0, 0, 0, time.UTC) // 31 March and 2 April
	}
	fake := newFakeShop(10)
	fake.put(inApril(3, 0), old)
	c := connect(t, fake, mapped)
	c.read()
	require.Equal(t, map[ledger.Account]int64{"1580": 6000, "3001": -4800, "2611": -1200}, c.booked())
	require.Len(t, c.known(), 2, "the authorisation books nothing and is needed")
}

func TestAnOrderIsToldByACallerOrByItsShopAndNeverByBoth(t *testing.T) {
	t.Parallel()
	fake := newFakeShop(10)
	fake.put(inApril(3, 0), paid25("1001", 10000))
	c := connect(t, fake, mapped)
	byCaller := func(kind payment.Kind, number, transaction string) error {
		_, err := c.events.Register(t.Context(), "m-1", []registration.Fact{{Event: payment.Event{
			Kind: kind, Order: number, Transaction: transaction, Method: "card", Key: string(kind) + number, Amount: sek(5000), At: inApril(3, 0),
		}}}, "till")
		return err
	}
	require.NoError(t, byCaller(payment.Prepare, "1002", "till"))
	fake.put(inApril(3, 0), paid25("1002", 10000))
	c.read()
	e := c.one()
	require.Equal(t, registration.CodeToldTwice, e.Code)
	require.Equal(t, "1002", e.Reference)

	for _, kind := range []payment.Kind{payment.Prepare, payment.Payment, payment.Refund, payment.Cancel} {
		require.Equal(t, registration.CodeOwned, fault.CodeOf(byCaller(kind, "1001", "other")), kind)
		require.Equal(t, registration.CodeOwned, fault.CodeOf(byCaller(kind, "", "t-1001")), kind)
	}
	require.NoError(t, byCaller(payment.Deposit, "1001", "t-1001"), "who settles with the provider is another question")

	found, err := c.events.Events(t.Context(), "m-1", ports.EventFilter{Order: "1002"}, 0, 10)
	require.NoError(t, err)
	_, err = c.events.Withdraw(t.Context(), found[0].ID, "the shop tells it", "anna")
	require.NoError(t, err)
	c.retry(e.ID)
	require.Empty(t, c.exceptions())
	require.Equal(t, int64(-16000), c.booked()["3001"])
}

func TestAnOrderThatCannotBeIsSetAsideAndTheOthersGoOn(t *testing.T) {
	t.Parallel()
	fake := newFakeShop(1)
	fake.put(inApril(3, 0), paid25("1001", 10000))
	wrong := paid25("1002", 10000)
	wrong.Parts[0].Rate = tax.Percent(24)
	fake.put(inApril(3, 0), wrong)
	draft := ordered("1003")
	fake.put(inApril(3, 0), draft)
	fake.put(inApril(3, 0), paid25("1004", 10000))
	c := connect(t, fake, mapped)
	require.Equal(t, ports.RunDone, c.read().State)
	require.Equal(t, registration.CodeRateInvalid, c.one().Code)
	require.Equal(t, int64(20000), c.booked()["1580"])
	require.Equal(t, ports.ShopOrderRegistered, c.told("1003").State, "an order of which nothing happened says nothing")

	fake.put(inApril(4, 0), paid25("1002", 10000))
	c.read()
	require.Empty(t, c.exceptions())
	require.Equal(t, int64(30000), c.booked()["1580"])
}

func TestAShopThatRefusesOrFailsForTooLongEndsTheRunAndTheNextRunGoesOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		failure *fault.Error
		code    fault.Code
	}{
		"refused": {fault.New("upstream.auth_refused", fault.Auth, "token refused"), "upstream.auth_refused"},
		"down":    {fault.New("upstream.down", fault.Temporary, "no answer"), registration.CodeGaveUp},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := connect(t, april2(newFakeShop(1)), mapped)
			w.fake.beforePage = func(page int) error {
				if page > 2 {
					return c.failure.From(fault.Upstream)
				}
				return nil
			}
			run := w.read()
			require.Equal(t, ports.RunFailed, run.State)
			require.Equal(t, c.code, run.Fault.Code)
			require.Equal(t, int64(2), run.Report.OrdersSeen)
			require.Equal(t, ports.ShopOrderRegistered, w.told("1002").State, "what was told is not held up")
			w.fake.beforePage = nil
			require.Equal(t, ports.RunDone, w.read().State)
			require.Equal(t, booksOfApril2(), w.booked())
		})
	}
}

func TestAConnectorThatBreaksItsWordEndsTheRunWithAReason(t *testing.T) {
	t.Parallel()
	nameless := newFakeShop(1)
	nameless.put(inApril(3, 0), ports.ShopOrder{})
	c := connect(t, nameless, mapped)
	run := c.read()
	require.Equal(t, order.CodeOrderInvalid, run.Fault.Code)

	c = connect(t, newFakeShop(1), mapped)
	c.update(func(ctx context.Context, tx ports.Tx) error {
		record, err := tx.Connections().Get(ctx, "c-shop")
		if err != nil {
			return err
		}
		record.Connector = "fakepay"
		return tx.Connections().Save(ctx, record)
	})
	require.Equal(t, ports.CodeCapabilityMissing, c.read().Fault.Code)
}

func TestTheBytesThatAnOrderWasReadFromAreKept(t *testing.T) {
	t.Parallel()
	c := connect(t, april2(newFakeShop(3)), mapped)
	c.read()
	for _, number := range []string{"1001", "1002", "1003", "1004"} {
		raw := c.told(number).Raw
		c.view(func(ctx context.Context, tx ports.Tx) error {
			page, err := tx.RawPages().Get(ctx, "c-shop", raw.Page)
			if err == nil {
				require.Equal(t, number, string(page.Bytes[raw.Offset:raw.Offset+raw.Length]))
			}
			return err
		})
	}
}
