package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/flow/registration"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/bench/trade"
	"github.com/kvitt/kvitt/server/clock"
	"github.com/kvitt/kvitt/server/memory"
)

// registered is what it cost to register events and to plan their vouchers.
type registered struct {
	Events, Orders, Vouchers int
	Took                     time.Duration
	Allocations              uint64
	PeakKiB                  int64
}

// eventsAtOnce is how many events a shop sends in one request.
const eventsAtOnce = 100

// eventsPerOrder: each order is reserved, captured and paid out, every second one
// refunded in part and the refund settled. Two orders make eight events.
const eventsPerOrder = 4

// registrations registers one number of events after the other, each in a process
// of its own.
func (o options) registrations(ctx context.Context, folder string, out io.Writer) error {
	var all []registered
	for _, events := range o.events {
		var r registered
		if err := alone(ctx, folder, &r, "-register", strconv.Itoa(events)); err != nil {
			return fmt.Errorf("registering %d events: %w", events, err)
		}
		all = append(all, r)
	}
	return reportRegistrations(out, all)
}

// registerAll is what the process of its own does.
func (o options) registerAll(ctx context.Context, out io.Writer) (err error) {
	memory.Tune()
	store, err := sqlite.Open(ctx, filepath.Join(o.folder, databaseName), sqlite.Options{
		Enqueue: func(context.Context, *sql.Tx, ports.Job) error { return nil },
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := openShop(ctx, store); err != nil {
		return fmt.Errorf("opening the shop: %w", err)
	}
	now := trade.Payday()
	service := registration.New(store, nil, clock.SetTo(now), time.Now, tax.StandardTable(), hclog.NewNullLogger(),
		registration.Options{Slice: time.Minute, Attempts: 10})
	r := registered{Events: o.register / (2 * eventsPerOrder) * 2 * eventsPerOrder}
	r.Orders = r.Events / eventsPerOrder
	asked, began := allocations(), time.Now()
	if err := registerOrders(ctx, service, r.Orders, now); err != nil {
		return err
	}
	r.Took, r.Allocations, r.PeakKiB = time.Since(began), allocations()-asked, peakKiB()
	if r.Vouchers, err = countVouchers(ctx, store); err != nil {
		return err
	}
	if want := r.Orders * 3; r.Vouchers != want { // capture and deposit, and for every second order refund and credit
		return fmt.Errorf("%d vouchers are planned, not %d", r.Vouchers, want)
	}
	return json.NewEncoder(out).Encode(r)
}

func openShop(ctx context.Context, store ports.Store) error {
	return store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		company := merchant.Merchant{ID: merchantID, Name: "Bench AB", Country: "SE", Zone: "Europe/Stockholm", Currency: "SEK", CreatedAt: trade.Payday()}
		if err := tx.Merchants().Create(ctx, company); err != nil {
			return err
		}
		books, err := connection(targetID, "generator", struct{}{}, struct{}{})
		if err != nil {
			return err
		}
		if err := tx.Connections().Create(ctx, books); err != nil {
			return err
		}
		flow := merchant.Flow{
			ID: flowID, MerchantID: merchantID, Kind: merchant.Events, Source: targetID, Target: targetID,
			Settings: json.RawMessage(`{"sales_shape":"voucher"}`), SettingsVersion: 1, CreatedAt: trade.Payday(),
		}
		if err := tx.Flows().Create(ctx, flow, "bench"); err != nil {
			return err
		}
		return tx.Methods().Create(ctx, ports.MethodRecord{
			Method: payment.Method{ID: "card", MerchantID: merchantID, Name: "Card", Kind: payment.ByProvider, Authorised: true},
		})
	})
}

// registerOrders lets a shop sell: it registers each order, and its events in
// requests of eventsAtOnce.
func registerOrders(ctx context.Context, service *registration.Service, orders int, day time.Time) error {
	var facts []registration.Fact
	send := func() error {
		if len(facts) == 0 {
			return nil
		}
		_, err := service.Register(ctx, merchantID, facts, "bench")
		facts = facts[:0]
		return err
	}
	for i := range orders {
		if err := service.RegisterOrder(ctx, merchantID, anOrder(i, day), "bench"); err != nil {
			return err
		}
		facts = append(facts, history(i, day)...)
		if len(facts) >= eventsAtOnce {
			if err := send(); err != nil {
				return err
			}
		}
	}
	return send()
}

func anOrder(i int, day time.Time) order.Order {
	return order.Order{
		Number: orderNumber(i), Country: "SE", Date: civil.Of(day),
		Parts: []order.Part{
			{Supply: tax.Goods, Rate: tax.Percent(25), Gross: kronor(125)},
			{Supply: tax.Goods, Rate: tax.Percent(6), Gross: kronor(106)},
		},
	}
}

func orderNumber(i int) string { return "B" + strconv.Itoa(100_000+i) }

func kronor(n int64) money.Amount { return money.New(n*100, "SEK") }

// history is what happens to an order: three events, or five.
func history(i int, day time.Time) []registration.Fact {
	number := orderNumber(i)
	fact := func(n int, kind payment.Kind, amount, fee money.Amount) registration.Fact {
		return registration.Fact{Event: payment.Event{
			Kind: kind, Order: number, Transaction: number, Method: "card", Key: number + "/" + strconv.Itoa(n),
			Amount: amount, Fee: fee, FeeVAT: kronor(0), At: day.Add(time.Duration(n) * time.Minute), Reference: number,
		}}
	}
	none := kronor(0)
	facts := []registration.Fact{
		fact(1, payment.Prepare, kronor(231), none), fact(2, payment.Payment, kronor(231), none), fact(3, payment.Deposit, kronor(227), kronor(4)),
	}
	if i%2 == 1 {
		facts = append(facts, fact(4, payment.Refund, kronor(100), none), fact(5, payment.Credit, kronor(100), none))
	}
	return facts
}

func countVouchers(ctx context.Context, store ports.Store) (int, error) {
	count := 0
	err := store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		for after := int64(0); ; {
			steps, err := tx.Steps().ListOfFlow(ctx, flowID, after, ports.MaxBatch)
			if err != nil || len(steps) == 0 {
				return err
			}
			count += len(steps)
			after = steps[len(steps)-1].ID
		}
	})
	return count, err
}
