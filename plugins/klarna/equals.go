package main

import (
	"context"
	"strconv"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/plugins/klarna/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/paging"
)

// equals tells rows that are equal from a row that is listed twice, on one page.
type equals struct {
	here   map[digest]int
	orders map[string]map[digest]int
}

// ordinal counts the rows equal to this one so far, itself included. A page is one
// answer and lists nothing twice, so equal rows on it are different rows. One that
// an earlier page has shown may be a second equal row, or the same row listed
// again by a source that changed its order, in which case another row was never
// listed: Klarna is asked how many such rows the order has in this payout. Rows
// without an order cannot be asked for; the totals must vouch for them.
func (r *lineReader) ordinal(ctx context.Context, row mapped, reserve int) (int, error) {
	before := r.state.Seen.Count(paging.Mark(row.digest))
	ordinal := before + r.here[row.digest] + 1
	if before > 0 && row.order != "" {
		existing, err := r.rowsOf(ctx, row.order, reserve)
		if err != nil {
			return 0, err
		}
		if ordinal > existing[row.digest] {
			return 0, incomplete("a row was listed twice (" + row.line.RawType + " of order " + row.order + "), so another may be missing")
		}
	}
	if r.here == nil {
		r.here = map[digest]int{}
	}
	r.here[row.digest]++
	return ordinal, nil
}

// rowsOf counts an order's rows in this payout.
func (r *lineReader) rowsOf(ctx context.Context, order string, reserve int) (map[digest]int, error) {
	if rows, asked := r.orders[order]; asked {
		return rows, nil
	}
	if r.remote.Left() <= reserve {
		return nil, fault.New(ports.CodeGrantExhausted, fault.NotSent, "equal rows on several pages need more calls of the remote API than were granted").
			From(fault.Connector)
	}
	page, err := r.remote.Transactions(ctx, client.TransactionsQuery{
		PaymentReference: r.state.Reference, OrderID: order, Size: client.MaxSize,
	})
	if err != nil {
		return nil, err
	}
	rows := map[digest]int{}
	for i, item := range page.Items {
		row, err := r.state.mapRow(item.Value, payout.Raw{}, "transactions["+strconv.Itoa(i)+"]")
		if err != nil {
			return nil, err
		}
		rows[row.digest]++
	}
	if r.orders == nil {
		r.orders = map[string]map[digest]int{}
	}
	r.orders[order] = rows
	return rows, nil
}
