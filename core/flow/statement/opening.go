package statement

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/ports"
)

// OpeningReason says why an opening balance stands on an account.
func OpeningReason(o ports.OpeningBalance) string {
	return "what stood there on " + o.Date.String() + ": " + o.Note
}

// OpeningReference is by what people know an opening balance among other items.
const OpeningReference = "opening balance"

// InOpening reports whether the payment that was adopted for a line is one that an opening
// balance holds already, because it was made before the first day that kvitt looks
// after.
func InOpening(o ports.OpeningBalance, l ports.LineRecord) (bool, error) {
	if o.Account == "" || len(l.Decision) == 0 {
		return false, nil
	}
	var kept struct {
		AdoptedOn civil.Date `json:"adopted_on"`
	}
	if err := json.Unmarshal(l.Decision, &kept); err != nil {
		return false, fmt.Errorf("reading the decision on line %d: %w", l.ID, err)
	}
	return !kept.AdoptedOn.IsZero() && kept.AdoptedOn.Before(o.Date), nil
}

// begin opens the accounts that have an opening balance, with it.
func (e *explanation) begin(ctx context.Context, tx ports.Tx) error {
	listed, err := tx.Flows().Openings(ctx, e.flow.ID)
	for _, o := range listed {
		c := e.open(o.Account, o.PaidIn)
		c.opening, c.Opening = o, o.Amount
	}
	return err
}

// held takes payments that the opening balance holds off the payments of a payout:
// they were adopted for its lines, and they settle a part of the opening balance.
func (p *portion) held(ctx context.Context, tx ports.Tx) error {
	if p.opening.Account == "" {
		return nil
	}
	return eachAdopted(ctx, tx, p.payout, func(l ports.LineRecord) error {
		held, err := InOpening(p.opening, l)
		if err != nil || !held || p.unknown() {
			return err
		}
		gross := l.Gross
		if p.rate != nil {
			if gross, err = p.rate.Convert(gross); err != nil {
				return err
			}
		}
		if p.Payments, err = p.Payments.Sub(gross); err != nil {
			return err
		}
		p.taken, err = p.taken.Add(gross)
		return err
	})
}

// eachAdopted gives the lines of a payout whose exceptions ended by adopting what
// others had paid.
func eachAdopted(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, fn func(ports.LineRecord) error) error {
	for _, code := range []fault.Code{matching.CodeAlreadyPaid, matching.CodeAlreadyCredited} {
		filter := ports.ExceptionFilter{PayoutID: p.ID, State: ports.ExceptionResolved, Code: code}
		seen := map[int64]bool{}
		err := walk.Exceptions(ctx, tx, p.MerchantID, filter, func(e ports.Exception) error {
			if e.LineID == 0 || seen[e.LineID] {
				return nil
			}
			seen[e.LineID] = true
			line, err := tx.Lines().Get(ctx, e.LineID)
			if err != nil || line.State != ports.LineMatched {
				return err
			}
			return fn(line)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// listOpening lists what is left of the opening balance.
func (c *Clearing) listOpening() error {
	if c.opening.Account == "" {
		return nil
	}
	left, err := c.Opening.Sub(c.taken)
	if err != nil || left.IsZero() {
		return err
	}
	c.Items = append([]ClearingItem{{Reference: OpeningReference, Amount: left, Reason: OpeningReason(c.opening)}}, c.Items...)
	c.Open, err = c.Open.Add(left)
	return err
}
