package registration

import (
	"context"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

// feesOf gives the ids, sorted, of the accepted captures whose stated fee a deposit
// books: each at the first deposit that is not before it or, when all is settled
// and none came after, at the last. It follows from the set of events alone.
func (t *trade) feesOf(deposit ports.EventRecord) []string {
	deposits := t.standing(payment.Deposit)
	var ids []string
	for _, capture := range t.statedFees() {
		at := slices.IndexFunc(deposits, func(d *ports.EventRecord) bool { return !d.At.Before(capture.At) })
		if at < 0 && t.settled(deposits) {
			at = len(deposits) - 1
		}
		if at >= 0 && deposits[at].ID == deposit.ID {
			ids = append(ids, capture.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// statedFees gives the accepted captures that state a fee which the capture itself
// does not book.
func (t *trade) statedFees() []*ports.EventRecord {
	return slices.DeleteFunc(t.standing(payment.Payment), func(e *ports.EventRecord) bool {
		return e.Fee.IsZero() || t.settingsAt(e.SettingsVersion).Of(e.Method).FeeMoment != booking.FeeAtDeposit
	})
}

// settled reports whether the deposits and the fees stated with captures make up
// all that was captured.
func (t *trade) settled(deposits []*ports.EventRecord) bool {
	var open money.Amount
	var err error
	for _, capture := range t.standing(payment.Payment) {
		if open, err = open.Add(capture.Amount); err != nil {
			return false
		}
		if open, err = open.Sub(capture.Fee); err != nil {
			return false
		}
	}
	for _, d := range deposits {
		gross, err := d.Gross()
		if err != nil {
			return false
		}
		if open, err = open.Sub(gross); err != nil {
			return false
		}
	}
	return open.IsZero()
}

// feesBookedBy gives the ids, sorted, of the captures whose stated fee the live
// booking of a deposit contains: they are linked to its step.
func (t *trade) feesBookedBy(deposit ports.EventRecord) []string {
	own := bookingPrefix(deposit)
	var ids []string
	for _, e := range t.events {
		if e.Kind == payment.Payment && slices.ContainsFunc(e.Steps, func(key string) bool { return strings.HasPrefix(key, own) }) {
			ids = append(ids, e.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// knownFees gives the captures whose fee a deposit books, and the sum of their fees.
func (t *trade) knownFees(deposit ports.EventRecord) (captures []*ports.EventRecord, fee, vat money.Amount, err error) {
	ids := t.feesOf(deposit)
	for i := range t.events {
		e := &t.events[i]
		if !slices.Contains(ids, e.ID) {
			continue
		}
		if fee, err = fee.Add(e.Fee); err != nil {
			return nil, fee, vat, err
		}
		if vat, err = vat.Add(e.FeeVAT); err != nil {
			return nil, fee, vat, err
		}
		captures = append(captures, e)
	}
	return captures, fee, vat, nil
}

func (t *trade) linkFees(ctx context.Context, captures []*ports.EventRecord, keys []string) error {
	for _, e := range captures {
		e.Steps = append(e.Steps, keys...)
		if err := t.tx.Events().Save(ctx, *e); err != nil {
			return err
		}
	}
	return nil
}
