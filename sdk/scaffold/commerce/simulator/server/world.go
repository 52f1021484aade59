package server

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// World is the section "sampleshop" of a world file: one shop with its orders.
type World struct {
	Shop  Shop   `json:"shop"`
	Token string `json:"token"`
	// CallsPerSecond is the rate limit; 0 means 20.
	CallsPerSecond int `json:"calls_per_second"`
	// PageSize is the most items on a page; 0 means 100.
	PageSize int     `json:"page_size"`
	Orders   []Order `json:"orders"`
}

// Shop is who sells.
type Shop struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Order is an order as SampleShop shows it. Prices include VAT.
type Order struct {
	Number    string    `json:"number"`
	PlacedOn  string    `json:"placed_on"`
	UpdatedAt time.Time `json:"updated_at"`
	Currency  string    `json:"currency"`
	Country   string    `json:"country"`
	Lines     []Line    `json:"lines"`
	Payments  []Payment `json:"payments"`
	// Test marks an order that nobody paid for.
	Test bool `json:"test,omitempty"`
}

// Line is something that was sold.
type Line struct {
	Name string `json:"name"`
	// Type is goods, shipping or gift_card.
	Type    string `json:"type"`
	VATRate string `json:"vat_rate"`
	Total   string `json:"total"`
}

// Payment is something that was done about the money of an order, or tried.
type Payment struct {
	ID          string `json:"id"`
	Gateway     string `json:"gateway"`
	Transaction string `json:"transaction"`
	// Kind is authorization, capture, refund or void.
	Kind string `json:"kind"`
	// Status is success, failure or pending.
	Status string    `json:"status"`
	Amount string    `json:"amount"`
	At     time.Time `json:"at"`
}

// readWorld refuses what cannot be simulated. Orders are listed in the order of
// their last change, and by number where they changed in the same moment.
func readWorld(section []byte) (World, error) {
	var world World
	decoder := json.NewDecoder(bytes.NewReader(section))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&world); err != nil {
		return World{}, fmt.Errorf("reading the world: %w", err)
	}
	if world.Token == "" || world.Shop.ID == "" {
		return World{}, errors.New("reading the world: shop.id and token are needed")
	}
	if world.CallsPerSecond == 0 {
		world.CallsPerSecond = 20
	}
	if world.PageSize == 0 {
		world.PageSize = mostLimit
	}
	slices.SortFunc(world.Orders, func(a, b Order) int {
		return cmp.Or(a.UpdatedAt.Compare(b.UpdatedAt), cmp.Compare(a.Number, b.Number))
	})
	return world, nil
}
