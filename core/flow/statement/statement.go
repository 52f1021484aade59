// Package statement is the reading side of settlement: what a payout consists of,
// how it was booked and why, what stands on the clearing account, and what a
// person still has to decide. It changes nothing.
package statement

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// Reader reads statements. It is safe for concurrent use.
type Reader struct{ store ports.Store }

// New makes a reader.
func New(store ports.Store) *Reader { return &Reader{store: store} }

// Counts tells what has become of the lines:
//
//	Lines = Matched + NoDocument + Waiting + Exceptions + Pending
type Counts struct {
	Lines, Matched, NoDocument, Waiting, Exceptions, Pending int64
}

func count(states map[ports.LineState]int64) Counts {
	c := Counts{
		Matched: states[ports.LineMatched], NoDocument: states[ports.LineNoDocument], Waiting: states[ports.LineWaiting],
		Exceptions: states[ports.LineException], Pending: states[ports.LinePending],
	}
	c.Lines = c.Matched + c.NoDocument + c.Waiting + c.Exceptions + c.Pending
	return c
}

func (c Counts) plus(d Counts) Counts {
	return Counts{
		Lines: c.Lines + d.Lines, Matched: c.Matched + d.Matched, NoDocument: c.NoDocument + d.NoDocument,
		Waiting: c.Waiting + d.Waiting, Exceptions: c.Exceptions + d.Exceptions, Pending: c.Pending + d.Pending,
	}
}

// Payout is one payout with its proof.
type Payout struct {
	ports.PayoutRecord
	// Provider is the id of the connector.
	Provider string
	// Day is Date cut in the merchant's zone.
	Day    civil.Date
	Proof  payout.Proof
	Counts Counts
}

// Payout gives one payout.
func (r *Reader) Payout(ctx context.Context, id string) (Payout, error) {
	return walk.View(ctx, r.store, func(ctx context.Context, tx ports.Tx) (Payout, error) { return readPayout(ctx, tx, id) })
}

func readPayout(ctx context.Context, tx ports.Tx, id string) (Payout, error) {
	record, err := tx.Payouts().Get(ctx, id)
	if err != nil {
		return Payout{}, err
	}
	places := places{}
	return places.state(ctx, tx, record)
}

// Payouts lists a merchant's payouts by date, then reference.
func (r *Reader) Payouts(ctx context.Context, merchantID string, page ports.Page) ([]Payout, error) {
	return walk.View(ctx, r.store, func(ctx context.Context, tx ports.Tx) ([]Payout, error) {
		records, err := tx.Payouts().List(ctx, merchantID, page)
		if err != nil {
			return nil, err
		}
		places := places{}
		stated := make([]Payout, 0, len(records))
		for _, record := range records {
			p, err := places.state(ctx, tx, record)
			if err != nil {
				return nil, err
			}
			stated = append(stated, p)
		}
		return stated, nil
	})
}

// places remembers what payouts have in common: connectors and zones.
type places struct {
	provider map[string]string
	zone     map[string]*time.Location
}

func (p *places) state(ctx context.Context, tx ports.Tx, record ports.PayoutRecord) (Payout, error) {
	stated := Payout{PayoutRecord: record}
	var err error
	if stated.Provider, err = p.providerOf(ctx, tx, record.ConnectionID); err != nil {
		return Payout{}, err
	}
	zone, err := p.zoneOf(ctx, tx, record.MerchantID)
	if err != nil {
		return Payout{}, err
	}
	stated.Day = civil.In(record.Date, zone)
	states, err := tx.Lines().States(ctx, record.ID)
	if err != nil {
		return Payout{}, err
	}
	stated.Counts = count(states)
	sums, err := tx.Lines().Sums(ctx, record.ID)
	if err != nil {
		return Payout{}, err
	}
	stated.Proof = prove(record.Payout, sums)
	return stated, nil
}

func (p *places) providerOf(ctx context.Context, tx ports.Tx, connectionID string) (string, error) {
	if known, ok := p.provider[connectionID]; ok {
		return known, nil
	}
	connection, err := tx.Connections().Get(ctx, connectionID)
	if err != nil {
		return "", err
	}
	if p.provider == nil {
		p.provider = map[string]string{}
	}
	p.provider[connectionID] = connection.Connector
	return connection.Connector, nil
}

func (p *places) zoneOf(ctx context.Context, tx ports.Tx, merchantID string) (*time.Location, error) {
	if known, ok := p.zone[merchantID]; ok {
		return known, nil
	}
	owner, err := tx.Merchants().Get(ctx, merchantID)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(owner.Zone)
	if err != nil {
		return nil, err
	}
	if p.zone == nil {
		p.zone = map[string]*time.Location{}
	}
	p.zone[merchantID] = zone
	return zone, nil
}

// prove adds up what is there. A payout whose lines cannot be added up, because
// their currencies differ, is held and still must be shown: nothing explains it.
func prove(p payout.Payout, sums []ports.LineSum) payout.Proof {
	kinds := make([]payout.KindSum, 0, len(sums))
	for _, s := range sums {
		kinds = append(kinds, payout.KindSum{Kind: s.Kind, Lines: s.Lines, Gross: s.Gross, FeeExVAT: s.FeeExVAT, FeeVAT: s.FeeVAT})
	}
	proof, err := payout.Prove(p, kinds)
	if err != nil {
		proof, _ = payout.Prove(p, nil)
	}
	return proof
}

// Totals are the sums of all payouts of a merchant in one currency.
type Totals struct {
	Currency money.Currency
	Payouts  int64
	Proof    payout.Proof
	Counts   Counts
}

// Totals gives the sums by currency, and the number of open exceptions by code.
func (r *Reader) Totals(ctx context.Context, merchantID string) ([]Totals, map[string]int64, error) {
	var totals []Totals
	exceptions := map[string]int64{}
	err := r.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		if _, err := tx.Merchants().Get(ctx, merchantID); err != nil {
			return err
		}
		places := places{}
		err := walk.Payouts(ctx, tx, merchantID, func(record ports.PayoutRecord) error {
			p, err := places.state(ctx, tx, record)
			if err != nil {
				return err
			}
			totals, err = addTo(totals, p)
			return err
		})
		if err != nil {
			return err
		}
		open := ports.ExceptionFilter{State: ports.ExceptionOpen}
		return walk.Exceptions(ctx, tx, merchantID, open, func(e ports.Exception) error {
			exceptions[string(e.Code)]++
			return nil
		})
	})
	return totals, exceptions, err
}

func addTo(totals []Totals, p Payout) ([]Totals, error) {
	currency := p.Net.Currency()
	at := 0
	for at < len(totals) && totals[at].Currency != currency {
		at++
	}
	if at == len(totals) {
		totals = append(totals, Totals{Currency: currency})
	}
	t := &totals[at]
	t.Payouts++
	t.Counts = t.Counts.plus(p.Counts)
	t.Proof.Lines += p.Proof.Lines
	for _, pair := range []struct {
		sum  *money.Amount
		part money.Amount
	}{
		{&t.Proof.Gross, p.Proof.Gross},
		{&t.Proof.Refunds, p.Proof.Refunds},
		{&t.Proof.Fees, p.Proof.Fees},
		{&t.Proof.FeeVAT, p.Proof.FeeVAT},
		{&t.Proof.Reserves, p.Proof.Reserves},
		{&t.Proof.Other, p.Proof.Other},
		{&t.Proof.Net, p.Proof.Net},
		{&t.Proof.Difference, p.Proof.Difference},
	} {
		var err error
		if *pair.sum, err = pair.sum.Add(pair.part); err != nil {
			return nil, err
		}
	}
	return totals, nil
}
