// Package evidence leads from a row of a voucher to the lines of the payout that
// make it and on to the bytes that the provider sent, and from a number in the
// accounting system back to what it was made from (BFL 5 kap. 6-7 §§: a voucher
// refers to what it rests on). It changes nothing.
package evidence

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// Faults of evidence.
const (
	// CodeNoRow: the vouchers of the payout have no row of this number.
	CodeNoRow fault.Code = "evidence.no_such_row"
	// CodeConverted: the vouchers of the payout are in another currency than its lines.
	CodeConverted fault.Code = "evidence.converted"
	// CodeNoSource: nobody kept what a line was read from.
	CodeNoSource fault.Code = "evidence.no_source"
	// CodePageAltered: the stored page has another hash than when it was received,
	// or the range of a line does not lie in it.
	CodePageAltered fault.Code = "evidence.page_altered"
)

// Reader reads evidence. It is safe for concurrent use.
type Reader struct{ store ports.Store }

// New makes a reader.
func New(store ports.Store) *Reader { return &Reader{store: store} }

// Subject is the payout that evidence is about.
type Subject struct {
	Payout ports.PayoutRecord
	// Provider is the id of the connector that read the payout.
	Provider string
	// Day is the payout's date cut in the merchant's zone.
	Day civil.Date
}

// Evidence is what a payout's vouchers rest on.
type Evidence struct {
	Subject
	// Vouchers are those of the payout in the order in which they were planned; none
	// as long as there is no plan.
	Vouchers []Voucher
}

// Voucher is one voucher with what makes its rows. Step.Number is empty as long as
// the accounting system has not numbered it.
type Voucher struct {
	ports.Step
	Content posting.Voucher
	Rows    []Row
}

// Row is a row of a voucher with the lines that make it.
type Row struct {
	// N counts the rows of all vouchers of a payout from 1.
	N int
	ledger.Row
	// Sources are the sums of lines that make it.
	Sources []Source
	// Difference is the row less its sources: 0 unless somebody changed the books of
	// the hub itself.
	Difference money.Amount
}

// Source is what a sum of lines that are booked alike adds to a row.
type Source struct {
	Kind    payout.Kind
	RawType string
	Lines   int64
	// Amount is debit positive.
	Amount money.Amount
	// LineID is the line if it is a single one that the voucher was made for, else 0.
	LineID int64
}

// Payout gives the evidence of one payout.
func (r *Reader) Payout(ctx context.Context, payoutID string) (Evidence, error) {
	return walk.View(ctx, r.store, func(ctx context.Context, tx ports.Tx) (Evidence, error) {
		d, err := open(ctx, tx, payoutID)
		if err != nil {
			return Evidence{}, err
		}
		return d.Evidence, nil
	})
}

// subject gives a payout with who paid it out and when.
func subject(ctx context.Context, tx ports.Tx, payoutID string) (Subject, error) {
	record, err := tx.Payouts().Get(ctx, payoutID)
	if err != nil {
		return Subject{}, err
	}
	connection, err := tx.Connections().Get(ctx, record.ConnectionID)
	if err != nil {
		return Subject{}, err
	}
	owner, err := tx.Merchants().Get(ctx, record.MerchantID)
	if err != nil {
		return Subject{}, err
	}
	zone, err := time.LoadLocation(owner.Zone)
	if err != nil {
		return Subject{}, err
	}
	return Subject{Payout: record, Provider: connection.Connector, Day: civil.In(record.Date, zone)}, nil
}

// readVouchers takes the vouchers from the payout's steps and numbers their rows.
func (e *Evidence) readVouchers(ctx context.Context, tx ports.Tx) error {
	n := 0
	return walk.Steps(ctx, tx, e.Payout.ID, func(s ports.Step) error {
		if s.Kind != ports.StepVoucher && s.Kind != ports.StepCorrection {
			return nil
		}
		v := Voucher{Step: s}
		var err error
		if v.Content, err = content(s); err != nil {
			return err
		}
		for _, row := range v.Content.Rows {
			n++
			v.Rows = append(v.Rows, Row{N: n, Row: row, Difference: row.Amount})
		}
		e.Vouchers = append(e.Vouchers, v)
		return nil
	})
}

// content reads what a voucher says.
func content(s ports.Step) (v posting.Voucher, err error) {
	if err := json.Unmarshal(s.Content, &v); err != nil {
		return v, fmt.Errorf("reading the voucher of step %d: %w", s.ID, err)
	}
	return v, nil
}

// row finds a row by its number.
func (e *Evidence) row(n int) (*Voucher, *Row, error) {
	for i := range e.Vouchers {
		v := &e.Vouchers[i]
		for j := range v.Rows {
			if v.Rows[j].N == n {
				return v, &v.Rows[j], nil
			}
		}
	}
	return nil, nil, fault.New(CodeNoRow, fault.NotFound, fmt.Sprintf("the vouchers of the payout have no row %d", n)).
		WithField("n").WithRemedy("see GET /v1/payouts/{id}/evidence for the rows there are")
}
