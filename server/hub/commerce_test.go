package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/registration"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/wire/wiretest"
	"github.com/kvitt/kvitt/server/clock"
)

// mapped says which methods the shop means, with an account for what the card owes.
const mapped = `{"methods":{"card":{"accounts":{"clearing":{"SEK":"1580"}}}},"shop_methods":{"Visa":"card","gift_card":"gift"}}`

// connected is a world whose shop is a connector, spoken to over the wire.
type connected struct {
	*world
	fake   *fakeShop
	client ports.Connector
	events *registration.Service
}

func connect(t *testing.T, fake *fakeShop, settings string) *connected {
	t.Helper()
	w := newWorld(t, plainProvider(2), newFakeBooks())
	c := &connected{world: w, fake: fake, client: wiretest.Client(t, fake)}
	w.update(func(ctx context.Context, tx ports.Tx) error {
		now := w.clock.Now()
		source := ports.ConnectionRecord{Connection: merchant.Connection{
			ID: "c-shop", MerchantID: "m-1", Connector: "fakeshop", State: merchant.Verified, Settings: json.RawMessage(`{}`), CreatedAt: now, UpdatedAt: now,
		}, Credentials: []byte(`{}`)}
		if err := tx.Connections().Create(ctx, source); err != nil {
			return err
		}
		for _, m := range []payment.Method{
			{ID: "card", Kind: payment.ByProvider, Authorised: true},
			{ID: "klarna", Kind: payment.ByProvider, Connection: "c-source", Authorised: true},
			{ID: "gift", Kind: payment.ByGiftCard},
		} {
			m.MerchantID, m.Name = "m-1", m.ID
			if err := tx.Methods().Create(ctx, ports.MethodRecord{Method: m, CreatedAt: now}); err != nil {
				return err
			}
		}
		return tx.Flows().Create(ctx, merchant.Flow{
			ID: shopFlow, MerchantID: "m-1", Kind: merchant.Events, Source: "c-shop", Target: "c-target", Enabled: true,
			Settings: json.RawMessage(settings), SettingsVersion: 1, Since: inApril(1, 0), CreatedAt: now,
		}, "test")
	})
	c.reopen(time.Now, time.Minute)
	return c
}

// reopen gives the flow a new service, as after a crash of the hub, that works in
// slices of a length.
func (c *connected) reopen(machine func() time.Time, slice time.Duration) {
	desk := remote.NewDesk(c.store, fakeCatalogue{"fakepay": c.provider, "fakebooks": c.books, "fakeshop": c.client},
		plainSecrets{}, noTokens{}, clock.Machine{}, remote.Options{Owner: "shop", Deadline: time.Minute})
	c.events = registration.New(c.store, desk, c.clock, machine, tax.StandardTable(), hclog.NewNullLogger(), registration.Options{Slice: slice, Attempts: 3})
}

// read starts a run and works until it is over.
func (c *connected) read() ports.Run {
	c.t.Helper()
	run, err := c.events.Start(c.t.Context(), shopFlow, "test")
	require.NoError(c.t, err)
	c.work()
	c.view(func(ctx context.Context, tx ports.Tx) error {
		run, err = tx.Runs().Get(ctx, run.ID)
		return err
	})
	require.NotEqual(c.t, ports.RunRunning, run.State)
	return run
}

// work does what is to be done, as the job queue would.
func (c *connected) work() {
	c.t.Helper()
	for range 200 {
		done, err := c.events.Advance(c.t.Context(), shopFlow)
		if f := fault.Of(err); err != nil {
			require.NotNil(c.t, f, "%v", err)
		}
		if done && err == nil {
			return
		}
	}
	require.Fail(c.t, "the work must come to an end")
}

func (c *connected) booked() map[ledger.Account]int64 {
	got := map[ledger.Account]int64{}
	var sum int64
	for account, balance := range c.books.ledger {
		if sum += balance; balance != 0 {
			got[account] = balance
		}
	}
	require.Zero(c.t, sum)
	return got
}

// known gives the states of all events by key.
func (c *connected) known() map[string]ports.EventState {
	c.t.Helper()
	states := map[string]ports.EventState{}
	found, err := c.events.Events(c.t.Context(), "m-1", ports.EventFilter{}, 0, 1000)
	require.NoError(c.t, err)
	for _, e := range found {
		states[e.Key] = e.State
	}
	require.Len(c.t, states, len(found))
	return states
}

func (c *connected) set(settings string) {
	c.t.Helper()
	c.update(func(ctx context.Context, tx ports.Tx) error {
		_, err := tx.Flows().SaveSettings(ctx, shopFlow, json.RawMessage(settings), c.clock.Now(), "test")
		return err
	})
}

func inApril(day, hour int) time.Time {
	return time.Date(2026, time.April, day, hour, 0, 0, 0, time.UTC)
}

func at(rate uint8, gross int64) order.Part {
	return order.Part{Rate: tax.Percent(rate), Gross: sek(gross)}
}

func ordered(number string, parts ...order.Part) ports.ShopOrder {
	return ports.ShopOrder{Order: order.Order{Number: number, Country: "SE", Date: civil.Date{Year: 2026, Month: time.April, Day: 2}, Parts: parts}}
}

// then adds an event by card, a transaction for each order, an hour after the last.
func then(o ports.ShopOrder, kind payment.Kind, gross int64) ports.ShopOrder {
	n := len(o.Events)
	o.Events = append(append([]ports.ShopEvent{}, o.Events...), ports.ShopEvent{Event: payment.Event{
		Kind: kind, Transaction: "t-" + o.Number, Method: "Visa", Key: fmt.Sprintf("%s/%d", kind, n+1), Amount: sek(gross), At: inApril(2, 8+n), Reference: "r",
	}})
	return o
}

func thenBy(o ports.ShopOrder, method string, kind payment.Kind, gross int64) ports.ShopOrder {
	o = then(o, kind, gross)
	last := &o.Events[len(o.Events)-1]
	last.Method, last.Transaction = method, method+"-"+o.Number
	return o
}

// april2 fills a shop with four orders that changed at one moment:
//
//	1001  500.00 at 25 %, 200.00 by gift card and 300.00 by card
//	1002  100.00 at 25 % and 56.00 at 12 %, of which 100.00 is captured
//	1003  250.00 at 25 %, of which 50.00 is refunded
//	1004   80.00 at 25 %, cancelled
func april2(fake *fakeShop) *fakeShop {
	gift := thenBy(ordered("1001", at(25, 50000)), "gift_card", payment.Payment, 20000)
	fake.put(inApril(3, 0), then(then(gift, payment.Prepare, 30000), payment.Payment, 30000))
	fake.put(inApril(3, 0), then(then(then(ordered("1002", at(25, 10000), at(12, 5600)), payment.Prepare, 15600), payment.Payment, 10000), payment.Cancel, 5600))
	fake.put(inApril(3, 0), then(then(then(ordered("1003", at(25, 25000)), payment.Prepare, 25000), payment.Payment, 25000), payment.Refund, 5000))
	fake.put(inApril(3, 0), then(then(ordered("1004", at(25, 8000)), payment.Prepare, 8000), payment.Cancel, 8000))
	return fake
}

// booksOfApril2 by hand. The capture of order 1002 takes 64.10 at 25 % (VAT 12.82)
// and 35.90 at 12 % (VAT 3.85).
//
//	1580  300.00 + 100.00 + 250.00 − 50.00                            =  600.00
//	2421  200.00 that the gift card paid
//	3001  −(160.00 + 240.00 + 51.28 + 200.00 − 40.00)                 = −611.28
//	2611  −( 40.00 +  60.00 + 12.82 +  50.00 − 10.00)                 = −152.82
//	3002  −32.05
//	2621   −3.85
func booksOfApril2() map[ledger.Account]int64 {
	return map[ledger.Account]int64{"1580": 60000, "2421": 20000, "3001": -61128, "2611": -15282, "3002": -3205, "2621": -385}
}

func TestWhatAShopTellsIsBookedOnceHoweverTheWorkIsCutUp(t *testing.T) {
	t.Parallel()
	const onePiece = 2 * time.Second // read at its start, before the piece and after it
	lost := fault.New("upstream.timeout", fault.Temporary, "no answer").From(fault.Upstream)
	for name, cut := range map[string]func(c *connected){
		"not at all": func(*connected) {},
		"a slice for each page and order": func(c *connected) {
			c.reopen(ticking(), onePiece)
		},
		"every other page is lost": func(c *connected) {
			c.fake.beforePage = func(page int) error {
				if page%2 == 1 {
					return lost
				}
				return nil
			}
		},
		"every voucher's answer is lost": func(c *connected) {
			c.books.fail = func(_ string, attempt int, done bool) error {
				if attempt == 1 && done {
					return fault.New("erp.timeout", fault.Unknown, "no answer")
				}
				return nil
			}
		},
	} {
		for _, pageSize := range []int{1, 3, 10} {
			t.Run(fmt.Sprint(name, " ", pageSize), func(t *testing.T) {
				t.Parallel()
				c := connect(t, april2(newFakeShop(pageSize)), mapped)
				cut(c)
				run := c.read()
				require.Equal(t, ports.RunDone, run.State, "%+v", run.Fault)
				require.Empty(t, c.exceptions())
				require.Equal(t, int64(4), run.Report.OrdersSeen)
				require.Equal(t, int64(c.fake.pages), run.Report.Calls["fakeshop"]+lostCalls(name, c.fake.pages))
				require.Equal(t, booksOfApril2(), c.booked())
				require.Len(t, c.known(), 11)

				vouchers := len(c.books.vouchers)
				require.Equal(t, ports.RunDone, c.read().State)
				require.Equal(t, []time.Time{inApril(1, 0), inApril(3, 0)}, c.fake.since, "the second run reads from the watermark")
				require.Equal(t, booksOfApril2(), c.booked())
				require.Len(t, c.books.vouchers, vouchers)
			})
		}
	}
}

// lostCalls are calls whose cost nobody could tell.
func lostCalls(name string, pages int) int64 {
	if name == "every other page is lost" {
		return int64(pages+1) / 2
	}
	return 0
}
