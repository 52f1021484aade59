package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Defaults of the settings that a world leaves out.
const (
	defaultRateLimit = 50 // requests per second, as in Klarna's playground; live it is 200
)

// The values of World.Spelling, World.ErrorStyle and World.Pagination.
const (
	SpellingPlain = "plain" // dates and codes as the world writes them
	SpellingMixed = "mixed" // rows take turns in the spellings that occur

	ErrorMessages = "messages" // {"error_messages":["..."]}
	ErrorMessage  = "message"  // {"error_message":"..."}

	PaginationFull  = "full"       // next and prev absent where there is none
	PaginationNull  = "null"       // next and prev null where there is none
	PaginationCount = "count_only" // nothing but count, all that is guaranteed
)

// World is the section "klarna" of the world file: one merchant, its credential, its
// orders, what Klarna has paid out, and which of the documented variants Klarna shows.
type World struct {
	MerchantID string `json:"merchant_id"`
	Username   string `json:"username"`
	APIKey     string `json:"api_key"`

	SignedAmounts bool   `json:"signed_amounts"` // rows carry their effect as a sign; else all are positive
	Shuffle       bool   `json:"shuffle"`        // each listing of transactions comes in another order
	Spelling      string `json:"spelling"`
	ErrorStyle    string `json:"error_style"`
	Pagination    string `json:"pagination"`
	RateLimit     int    `json:"rate_limit"`  // requests per second; 0 = 50
	RetryAfter    bool   `json:"retry_after"` // answers 429 carry Retry-After
	// Denied are the APIs to which Klarna has given the merchant no access: "settlements",
	// "ordermanagement".
	Denied        []string `json:"denied"`
	BaseURL       string   `json:"base_url"`       // of the links in answers; empty = the host of the request
	ReportColumns []string `json:"report_columns"` // columns added to the ten default ones of the CSV

	Payouts []Payout `json:"payouts"`
	// UnpaidTransactions are rows of no payout yet; only order_id finds them.
	UnpaidTransactions []Transaction `json:"unpaid_transactions"`

	Orders []Order `json:"orders"`
	// Fees are those of the rows that are made of captures; absent: 2.99 % and 3.00, VAT 25 %.
	Fees *Fees `json:"fees"`
}

// Payout is one payout with its rows, in the members of Klarna's Payout object.
type Payout struct {
	PaymentReference string `json:"payment_reference"`
	// PayoutDate keeps the world's spelling of the moment.
	PayoutDate             string `json:"payout_date"`
	CurrencyCode           string `json:"currency_code"`
	RegistrationCurrency   string `json:"currency_code_of_registration_country"`
	MerchantSettlementType string `json:"merchant_settlement_type"`
	MerchantID             string `json:"merchant_id"`
	// Totals are magnitudes in minor units, shown as they stand: a total that is
	// missing here is missing in the answer.
	Totals       map[string]int64 `json:"totals"`
	Transactions []Transaction    `json:"transactions"`
	// Settles are the ids of captures and refunds of which rows are made, "*" for all
	// that no payout has by its date. Without totals they follow from these rows.
	Settles []string `json:"settles"`

	moment time.Time
}

// Transaction is one row, member by member as the world writes it. Nothing in it
// is checked, so that a world may hold rows that make no sense.
type Transaction map[string]json.RawMessage

// ReadWorld reads and checks the section of a world file. Payouts must be well
// formed; whether their sums agree is for the system under test to find out.
func ReadWorld(section []byte) (World, error) {
	var world World
	if err := decodeStrictly(section, &world); err != nil {
		return World{}, fmt.Errorf("reading klarna world: %w", err)
	}
	if err := world.complete(); err != nil {
		return World{}, fmt.Errorf("checking klarna world: %w", err)
	}
	return world, nil
}

// complete fills in defaults and reports what cannot be simulated.
func (w *World) complete() error {
	if w.MerchantID == "" || w.APIKey == "" {
		return errors.New("merchant_id and api_key are needed")
	}
	if w.RateLimit == 0 {
		w.RateLimit = defaultRateLimit
	}
	if w.RateLimit < 0 {
		return errors.New("rate_limit must not be negative")
	}
	for _, setting := range []struct {
		name    string
		value   *string
		choices []string
	}{
		{"spelling", &w.Spelling, []string{SpellingPlain, SpellingMixed}},
		{"error_style", &w.ErrorStyle, []string{ErrorMessages, ErrorMessage}},
		{"pagination", &w.Pagination, []string{PaginationFull, PaginationNull, PaginationCount}},
	} {
		if err := choose(setting.value, setting.choices); err != nil {
			return fmt.Errorf("%s: %w", setting.name, err)
		}
	}
	for _, api := range w.Denied {
		if !slices.Contains([]string{deniableSettlements, deniableOrders}, api) {
			return fmt.Errorf("denied: %q is no API of Klarna's that is simulated", api)
		}
	}
	for _, column := range w.ReportColumns {
		if _, ok := optionalColumns[column]; !ok {
			return fmt.Errorf("report_columns: %q is not a column of the report", column)
		}
	}
	known := map[string]bool{}
	for i := range w.Payouts {
		if err := w.Payouts[i].complete(w.MerchantID); err != nil {
			return fmt.Errorf("payout %d: %w", i+1, err)
		}
		reference := w.Payouts[i].PaymentReference
		if known[reference] {
			return fmt.Errorf("payout %d: payment_reference %q is not unique", i+1, reference)
		}
		known[reference] = true
	}
	return w.completeOrders()
}

// completeOrders fills in the orders and settles them, payout by payout.
func (w *World) completeOrders() error {
	if w.Fees == nil {
		w.Fees = defaultFees()
	}
	known := map[string]bool{}
	orders := make([]*Order, len(w.Orders))
	for i := range w.Orders {
		orders[i] = &w.Orders[i]
		if err := orders[i].complete(); err != nil {
			return fmt.Errorf("order %d: %w", i+1, err)
		}
		if known[orders[i].OrderID] {
			return fmt.Errorf("order %d: order_id %q is not unique", i+1, orders[i].OrderID)
		}
		known[orders[i].OrderID] = true
	}
	all, paid := events(orders, *w.Fees), settled(w.Payouts, w.UnpaidTransactions)
	for i := range w.Payouts {
		if err := w.Payouts[i].settle(all, w.Payouts[:i], paid); err != nil {
			return fmt.Errorf("payout %d: %w", i+1, err)
		}
	}
	return nil
}

// choose sets an empty value to the first choice and refuses any that is none.
func choose(value *string, choices []string) error {
	if *value == "" {
		*value = choices[0]
	}
	for _, choice := range choices {
		if *value == choice {
			return nil
		}
	}
	return fmt.Errorf("%q is not one of %q", *value, choices)
}

func (p *Payout) complete(merchantID string) error {
	if p.PaymentReference == "" || p.CurrencyCode == "" {
		return errors.New("payment_reference and currency_code are needed")
	}
	moment, err := time.Parse(time.RFC3339, p.PayoutDate)
	if err != nil {
		return fmt.Errorf("payout_date: %w", err)
	}
	p.moment = moment.UTC()
	if p.MerchantID == "" {
		p.MerchantID = merchantID
	}
	return choose(&p.MerchantSettlementType, []string{"NET", "GROSS", "GROSS_FEE"})
}

func decodeStrictly(content []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}
