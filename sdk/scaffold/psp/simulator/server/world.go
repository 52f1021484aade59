package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// World is the section "samplepay" of a world file: one merchant account and what
// SamplePay has paid out to it. Whether the sums agree is for the connector to
// find out.
type World struct {
	Account Account `json:"account"`
	APIKey  string  `json:"api_key"`
	// WebhookSecret signs messages.
	WebhookSecret string `json:"webhook_secret"`
	// CallsPerSecond is the rate limit; 0 means 20.
	CallsPerSecond int `json:"calls_per_second"`
	// PageSize is the most items on a page; 0 means 100.
	PageSize int `json:"page_size"`
	// Payouts stand in the order in which they were paid.
	Payouts []Payout `json:"payouts"`
}

// Account is whose money it is.
type Account struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Payout is a payout as SamplePay shows it, with its rows.
type Payout struct {
	ID       string    `json:"id"`
	PaidAt   time.Time `json:"paid_at"`
	Currency string    `json:"currency"`
	Amount   string    `json:"amount"`
	Rows     []Row     `json:"rows,omitempty"`
}

// Row is one row of a payout. Amounts have no sign: the type says whose the money is.
type Row struct {
	ID     string    `json:"id"`
	Type   string    `json:"type"`
	Order  string    `json:"order,omitempty"`
	Amount string    `json:"amount"`
	Fee    string    `json:"fee,omitempty"`
	FeeVAT string    `json:"fee_vat,omitempty"`
	At     time.Time `json:"at"`
	// Currency is that of the payout; a world need not say it again.
	Currency string `json:"currency"`
}

// readWorld refuses what cannot be simulated.
func readWorld(section []byte) (World, error) {
	var world World
	decoder := json.NewDecoder(bytes.NewReader(section))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&world); err != nil {
		return World{}, fmt.Errorf("reading the world: %w", err)
	}
	if world.APIKey == "" || world.Account.ID == "" {
		return World{}, errors.New("reading the world: account.id and api_key are needed")
	}
	if world.CallsPerSecond == 0 {
		world.CallsPerSecond = 20
	}
	if world.PageSize == 0 {
		world.PageSize = mostLimit
	}
	for _, p := range world.Payouts {
		for i := range p.Rows {
			p.Rows[i].Currency = p.Currency
		}
	}
	return world, nil
}
