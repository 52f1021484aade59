// Package abroad keeps the running total of a flow's sales to consumers in other EU
// countries, on which it depends where they are taxed (tax.Threshold).
package abroad

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

func stream(flow merchant.Flow, year int) string {
	return fmt.Sprintf("sales_to_eu_consumers/%s/%d", flow.ID, year)
}

// Sold gives the sales of a year, without VAT, in the currency of the books.
func Sold(ctx context.Context, tx ports.Tx, flow merchant.Flow, year int, books money.Currency) (money.Amount, error) {
	stored, err := tx.Cursors().Get(ctx, flow.Target, stream(flow, year))
	if err != nil || stored == "" {
		return money.Zero(books), err
	}
	var sum money.Amount
	return sum, json.Unmarshal([]byte(stored), &sum)
}

// Count adds the net of a sale to the total of its year; a negative one is taken off.
func Count(ctx context.Context, tx ports.Tx, flow merchant.Flow, year int, net money.Amount) error {
	sum, err := Sold(ctx, tx, flow, year, net.Currency())
	if err != nil {
		return err
	}
	if sum, err = sum.Add(net); err != nil {
		return err
	}
	text, err := json.Marshal(sum)
	if err != nil {
		return err
	}
	return tx.Cursors().Set(ctx, flow.Target, stream(flow, year), string(text))
}

// Crossed reports whether a sale of net is taxed at its destination because the sales,
// counted as they are booked, exceed the limit, or because the merchant chose so.
func Crossed(ctx context.Context, tx ports.Tx, flow merchant.Flow, year int, net money.Amount, s booking.Settings, rates tax.Table) (bool, error) {
	if since := s.VAT.DestinationSince; since != 0 && year >= since && year <= since+2 {
		return true, nil
	}
	threshold, err := rates.Threshold(s.VAT.Home)
	if err != nil {
		return false, err
	}
	last, err := Sold(ctx, tx, flow, year-1, net.Currency())
	if err != nil {
		return false, err
	}
	before, err := Sold(ctx, tx, flow, year, net.Currency())
	if err != nil {
		return false, err
	}
	return threshold.Crossed(last, before, net)
}
