// Package pantry is the make-believe of the demo's second merchant: a shop for food and
// what it is cooked with, for which kvitt makes the orders, invoices and credit invoices
// in Fortnox as well, over the three days in which the Swedish VAT on food changes.
//
// It is a pure generator like package world, of whose words it makes use, and it
// shares as little with kvitt; README.md tells the story.
package pantry

import (
	_ "embed" // the world is shipped inside the command
	"encoding/json"
	"fmt"
	"time"

	"github.com/kvitt/kvitt/server/demo/draw"
	"github.com/kvitt/kvitt/server/demo/world"
)

//go:generate go run ./generate

//go:embed world.json
var file string

// JSON is the world as the simulators read it from a file.
func JSON() []byte { return []byte(file) }

// Seed is what every drawn detail of the world is derived from.
const Seed = 20260401

// World is the merchant, seen by its payment provider and by its accounting system.
type World struct {
	Seed int `json:"seed"`
	// Now is the moment at which the demo's business clock starts.
	Now     time.Time     `json:"now"`
	Klarna  Klarna        `json:"klarna"`
	Fortnox world.Fortnox `json:"fortnox"`
	// Pushed are the ids of the orders that a push tells of; the others are learned
	// from payouts.
	Pushed []string `json:"pushed"`
	// Regretted is the order that its customer cancels while the demo runs.
	Regretted string `json:"regretted"`
	// Rates are the rates of exchange that the hub is given, as its file has them.
	Rates string `json:"rates"`
}

// Klarna is the merchant at Klarna.
type Klarna struct {
	MerchantID string        `json:"merchant_id"`
	Username   string        `json:"username"`
	APIKey     string        `json:"api_key"`
	Orders     []world.Order `json:"orders"`
	Payouts    []Payout      `json:"payouts"`
}

// Payout pays what was captured and refunded; its rows and totals follow from that, and
// are the simulator's to make.
type Payout struct {
	PaymentReference     string    `json:"payment_reference"`
	PayoutDate           time.Time `json:"payout_date"`
	CurrencyCode         string    `json:"currency_code"`
	RegistrationCurrency string    `json:"currency_code_of_registration_country"`
	// Settles holds "*" alone: all that no earlier payout of the currency has.
	Settles []string `json:"settles"`
}

// Generate makes the world of a seed. Another seed changes customers, ids and minutes,
// and keeps the story.
func Generate(seed int) World {
	d := draw.Seed(seed)
	w := World{
		Seed: seed, Now: time.Date(2026, time.April, 20, 8, 0, 0, 0, time.UTC), Fortnox: company(),
		Klarna: Klarna{MerchantID: "K654321", Username: "K654321_8b1d40fe", APIKey: "klarna_test_api_pantry-key-of-no-value", Payouts: payouts(d)},
		Rates:  "date,base,quote,rate\n2026-04-08,EUR,SEK,10.80\n",
	}
	for _, s := range story() {
		o := place(d, s)
		w.Klarna.Orders = append(w.Klarna.Orders, o)
		if !s.unannounced {
			w.Pushed = append(w.Pushed, o.OrderID)
		}
		if s.regretted {
			w.Regretted = o.OrderID
		}
	}
	return w
}

// Read gives the world of the embedded file.
func Read() (World, error) {
	var w World
	if err := json.Unmarshal(JSON(), &w); err != nil {
		return World{}, fmt.Errorf("reading the demo's second world: %w", err)
	}
	return w, nil
}

// payouts are two in kronor and one in euro.
func payouts(d draw.Seed) []Payout {
	var all []Payout
	for _, p := range []struct {
		currency string
		paid     time.Time
	}{
		{"SEK", moment(4, 1, 6, 30)}, {"SEK", moment(4, 8, 6, 30)}, {"EUR", moment(4, 8, 6, 45)},
	} {
		all = append(all, Payout{
			PaymentReference: d.Code(8, "payment reference/"+p.currency+p.paid.Format(time.DateOnly)), PayoutDate: p.paid,
			CurrencyCode: p.currency, RegistrationCurrency: "SEK", Settles: []string{"*"},
		})
	}
	return all
}

func moment(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
}
