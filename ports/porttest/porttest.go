// Package porttest is the contract that every store must keep (ports.Store),
// whatever database it uses: each sentence of the ports is a case here.
package porttest

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// Opened is a store under test.
type Opened struct {
	Store ports.Store
	// Jobs gives the jobs that committed units of work have enqueued, in order.
	Jobs func(ctx context.Context) ([]ports.Job, error)
}

// Store runs the contract. Open gives a new, empty store each time.
func Store(t *testing.T, open func(t *testing.T) Opened) {
	t.Helper()
	areas := map[string]func(t *testing.T, open func(t *testing.T) Opened){
		"units of work": unitsOfWork,
		"merchants":     merchants,
		"connections":   connections,
		"flows":         flows,
		"runs":          runs,
		"payouts":       payouts,
		"lines":         lines,
		"line fates":    lineFates,
		"line sums":     lineSums,
		"corrections":   corrections,
		"raw pages":     rawPages,
		"documents":     documents,
		"claims":        claims,
		"near":          near,
		"searches":      searches,
		"steps":         steps,
		"numbers":       numbers,
		"registrations": registrations,
		"methods":       methods,
		"orders":        orders,
		"events":        events,
		"shop orders":   shopOrders,
		"purchases":     purchases,
		"exceptions":    exceptions,
		"cursors":       cursors,
		"lanes":         lanes,
		"catalogue":     catalogue,
		"backlogs":      backlogs,
		"consents":      consents,
		"callbacks":     callbacks,
		"subscriptions": subscriptions,
		"access":        access,
		"audit":         audit,
		"search":        search,
		"model":         model,
	}
	for name, area := range areas {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			area(t, open)
		})
	}
}

// world is a store with a merchant, its two connections, a flow and a payout.
type world struct {
	*testing.T
	opened Opened
	store  ports.Store
}

const (
	theMerchant = "merchant-1"
	thePSP      = "connection-psp"
	theERP      = "connection-erp"
	theFlow     = "flow-1"
	thePayout   = "payout-1"
)

// start is the moment at which the world of the tests was made.
func start() time.Time { return time.Date(2026, 3, 30, 8, 15, 30, 123456000, time.UTC) }

// day gives a moment some days after start.
func day(n int) time.Time { return start().AddDate(0, 0, n) }

func sek(minor int64) money.Amount { return money.New(minor, "SEK") }

func newWorld(t *testing.T, open func(t *testing.T) Opened) *world {
	t.Helper()
	opened := open(t)
	w := &world{T: t, opened: opened, store: opened.Store}
	w.update(func(ctx context.Context, tx ports.Tx) {
		w.ok(tx.Merchants().Create(ctx, aMerchant(theMerchant)))
		w.ok(tx.Connections().Create(ctx, aConnection(thePSP, "klarna")))
		w.ok(tx.Connections().Create(ctx, aConnection(theERP, "fortnox")))
		w.ok(tx.Flows().Create(ctx, aFlow(theFlow, thePSP, theERP), "tester"))
		w.ok(tx.Payouts().Create(ctx, aPayout(thePayout, "REF-1", 0)))
	})
	return w
}

func aMerchant(id string) merchant.Merchant {
	return merchant.Merchant{
		ID: id, Name: "Höst & Vår AB", OrganisationNumber: "556000-0001",
		Country: "SE", Zone: "Europe/Stockholm", Currency: "SEK", CreatedAt: start(),
	}
}

func aConnection(id, connector string) ports.ConnectionRecord {
	return ports.ConnectionRecord{
		Connection: merchant.Connection{
			ID: id, MerchantID: theMerchant, Connector: connector, Label: "Butik", Settings: json.RawMessage(`{"region":"eu"}`),
			State: merchant.Unverified, CreatedAt: start(), UpdatedAt: start(),
		},
		Credentials: []byte{0, 1, 2, 255},
	}
}

func aFlow(id, source, target string) merchant.Flow {
	return merchant.Flow{
		ID: id, MerchantID: theMerchant, Kind: merchant.Payouts, Source: source, Target: target,
		Settings: json.RawMessage(`{"clearing":"1686"}`), SettingsVersion: 1, Mode: merchant.Live, Since: day(-30), CreatedAt: start(),
	}
}

func aPayout(id, reference string, days int) ports.PayoutRecord {
	return ports.PayoutRecord{
		ID: id, FlowID: theFlow, MerchantID: theMerchant, ConnectionID: thePSP,
		Payout: payout.Payout{
			Reference: reference, Date: day(days), Net: sek(123456), Account: "K123", HoldReason: "",
			Raw: payout.Raw{Page: "ab12", Offset: 17, Length: 300},
		},
		State: payout.Fetching, Fingerprint: "f1", LineCursor: "c1", PlannedTo: 3,
		ConnectorVersion: "1.0.0", SettingsVersion: 1, CreatedAt: start(), UpdatedAt: start(),
	}
}

func (w *world) ok(err error) {
	w.Helper()
	require.NoError(w, err)
}

// fails asks for a fault with this code.
func (w *world) fails(code fault.Code, err error) {
	w.Helper()
	require.Error(w, err)
	require.Equal(w, code, fault.CodeOf(err), "%v", err)
}

// missing asks for the fault of something that is not there.
func (w *world) missing(err error) {
	w.Helper()
	w.fails(ports.CodeNotFound, err)
	require.Equal(w, fault.NotFound, fault.ClassOf(err))
}

func (w *world) update(fn func(ctx context.Context, tx ports.Tx)) {
	w.Helper()
	w.ok(w.store.Update(w.Context(), func(ctx context.Context, tx ports.Tx) error {
		fn(ctx, tx)
		return nil
	}))
}

func (w *world) view(fn func(ctx context.Context, tx ports.Tx)) {
	w.Helper()
	w.ok(w.store.View(w.Context(), func(ctx context.Context, tx ports.Tx) error {
		fn(ctx, tx)
		return nil
	}))
}

// cases runs sentences, each in a world of its own.
func cases(t *testing.T, open func(t *testing.T) Opened, sentences map[string]func(w *world)) {
	t.Helper()
	for sentence, run := range sentences {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			run(newWorld(t, open))
		})
	}
}
