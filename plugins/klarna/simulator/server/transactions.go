package server

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// listing is a row together with the payout that it is shown as part of.
type listing struct {
	row
	reference string // empty while the row is not paid out
}

// listTransactions answers the rows of a payout, of an order, or of an order
// within a payout. References that nobody knows give an empty collection: the
// API declares no 404 here.
func (s *server) listTransactions(r *http.Request) (reply, *failure) {
	query := r.URL.Query()
	reference, orderID := query.Get("payment_reference"), query.Get("order_id")
	if reference == "" && orderID == "" {
		return reply{}, badValue("payment_reference or order_id is required")
	}
	part, failed := readPage(r)
	if failed != nil {
		return reply{}, failed
	}
	found := s.books.rows(reference, orderID, s.control.Now())
	if reference == "" {
		for _, row := range s.unsettledRows(orderID) {
			if !row.captured.After(s.control.Now()) {
				found = append(found, listing{row: row})
			}
		}
	}
	if s.world.Shuffle {
		found = s.books.shuffle(found, reference+" "+orderID, part.offset == 0)
	}
	from, to := part.cut(len(found))
	transactions := []Transaction{}
	for _, l := range found[from:to] {
		t := l.shown(s.world)
		delete(t, "payment_reference")
		if l.reference != "" {
			t.set("payment_reference", l.reference)
			t.set("payout", s.link(r, settlements+"/payouts/"+url.PathEscape(l.reference), nil))
		}
		transactions = append(transactions, t)
	}
	return encode(map[string]any{
		"transactions": transactions, "pagination": s.pagination(r, part, len(found)),
	}), nil
}

// rows finds rows in their stored order. A row of a payout of days to come is
// already known to Klarna once it has been captured: an order shows it, without
// the payout.
func (b *books) rows(reference, orderID string, now time.Time) []listing {
	payouts, unpaid := b.all()
	var found []listing
	for _, e := range payouts {
		paid := !e.moment.After(now)
		if reference != "" && (e.PaymentReference != reference || !paid) {
			continue
		}
		for _, row := range e.rows {
			switch {
			case orderID != "" && row.orderID != orderID:
			case paid:
				found = append(found, listing{row, e.PaymentReference})
			case !row.captured.After(now):
				found = append(found, listing{row: row})
			}
		}
	}
	for _, row := range unpaid {
		if reference == "" && row.orderID == orderID && !row.captured.After(now) {
			found = append(found, listing{row: row})
		}
	}
	return found
}

// shuffle puts a listing in an order that differs from that of the listing
// before; the pages of one listing, which begins at offset 0, agree.
func (b *books) shuffle(found []listing, key string, begins bool) []listing {
	b.mu.Lock()
	defer b.mu.Unlock()
	order := b.orders[key]
	if begins || len(order) != len(found) {
		before := order
		b.listings++
		random := rand.New(rand.NewPCG(uint64(b.listings), 0)) //nolint:gosec // an order, not a secret
		order = random.Perm(len(found))
		if len(order) > 1 && (slices.Equal(order, before) || before == nil && slices.IsSorted(order)) {
			order = append(order[1:], order[0])
		}
		b.orders[key] = order
	}
	shuffled := make([]listing, len(found))
	for i, from := range order {
		shuffled[i] = found[from]
	}
	return shuffled
}
