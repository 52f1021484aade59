package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// World is the section "samplebooks" of a world file: one company with its chart of
// accounts and its invoices.
type World struct {
	Company Company `json:"company"`
	Token   string  `json:"token"`
	// CallsPerSecond is the rate limit; 0 means 20.
	CallsPerSecond int `json:"calls_per_second"`
	// PageSize is the most items on a page; 0 means 100.
	PageSize int       `json:"page_size"`
	Accounts []Account `json:"accounts"`
	Series   []Series  `json:"series"`
	// Invoices are numbered in the order in which they stand, from 1.
	Invoices []*Invoice `json:"invoices"`
}

// Company is whose books are kept.
type Company struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Account is an account of the chart.
type Account struct {
	Number string `json:"number"`
	Name   string `json:"name"`
	Closed bool   `json:"closed,omitempty"`
}

// Series is a series of vouchers.
type Series struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// Invoice is an invoice or a credit note. Its amounts have no sign: the kind says
// who owes whom.
type Invoice struct {
	Number    int             `json:"number"`
	Kind      string          `json:"kind"` // invoice or credit_note
	Currency  string          `json:"currency"`
	Total     decimal.Decimal `json:"total"`
	Open      decimal.Decimal `json:"open"`
	Date      string          `json:"date"`
	Due       string          `json:"due"`
	Reference string          `json:"reference,omitempty"`
	Cancelled bool            `json:"cancelled,omitempty"`
	ChangedAt time.Time       `json:"changed_at"`

	payments []Payment
}

// readWorld refuses what cannot be simulated.
func readWorld(section []byte) (World, error) {
	var world World
	decoder := json.NewDecoder(bytes.NewReader(section))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&world); err != nil {
		return World{}, fmt.Errorf("reading the world: %w", err)
	}
	if world.Token == "" || world.Company.ID == "" {
		return World{}, errors.New("reading the world: company.id and token are needed")
	}
	if world.CallsPerSecond == 0 {
		world.CallsPerSecond = 20
	}
	if world.PageSize == 0 {
		world.PageSize = mostLimit
	}
	for i, invoice := range world.Invoices {
		if invoice.Kind != "invoice" && invoice.Kind != "credit_note" {
			return World{}, fmt.Errorf("reading the world: invoices[%d].kind is %q", i, invoice.Kind)
		}
		made, err := time.Parse(time.DateOnly, invoice.Date)
		if err != nil {
			return World{}, fmt.Errorf("reading the world: invoices[%d].date: %w", i, err)
		}
		invoice.Number, invoice.Open, invoice.ChangedAt = i+1, invoice.Total, made
	}
	return world, nil
}
