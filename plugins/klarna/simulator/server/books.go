package server

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// books are the payouts and rows that Klarna has, those of days to come
// included. Payouts are never changed in place: whoever holds one may read it.
type books struct {
	mu      sync.RWMutex
	payouts []*entry // by payout date, then payment reference
	unpaid  []row

	listings int              // of transactions, for shuffling
	orders   map[string][]int // the shuffled order of a listing, until it begins anew
}

// entry is a payout with its rows read.
type entry struct {
	Payout
	rows []row
}

func newBooks(world World) *books {
	b := &books{unpaid: readRows(world.UnpaidTransactions), orders: map[string][]int{}}
	for _, p := range world.Payouts {
		b.payouts = append(b.payouts, newEntry(p))
	}
	slices.SortFunc(b.payouts, byDate)
	return b
}

func newEntry(p Payout) *entry {
	e := &entry{Payout: p, rows: readRows(p.Transactions)}
	e.Transactions = nil
	return e
}

func byDate(a, b *entry) int {
	return cmp.Or(a.moment.Compare(b.moment), cmp.Compare(a.PaymentReference, b.PaymentReference))
}

// visible returns the payouts initiated by now, in their order.
func (b *books) visible(now time.Time) []*entry {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var seen []*entry
	for _, e := range b.payouts {
		if !e.moment.After(now) {
			seen = append(seen, e)
		}
	}
	return seen
}

// all returns every payout, those of days to come included, and the unpaid rows.
func (b *books) all() ([]*entry, []row) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return slices.Clone(b.payouts), b.unpaid
}

// plain returns every payout with its rows as the world writes them, and the unpaid rows.
func (b *books) plain() ([]Payout, []Transaction) {
	entries, rows := b.all()
	payouts := make([]Payout, len(entries))
	for i, e := range entries {
		payouts[i] = e.Payout
		payouts[i].Transactions = transactionsOf(e.rows)
	}
	return payouts, transactionsOf(rows)
}

func transactionsOf(rows []row) []Transaction {
	transactions := make([]Transaction, len(rows))
	for i, r := range rows {
		transactions[i] = r.members
	}
	return transactions
}

// add books a payout; false if its reference is taken.
func (b *books) add(p Payout) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.indexLocked(p.PaymentReference) >= 0 {
		return false
	}
	b.payouts = append(b.payouts, newEntry(p))
	slices.SortFunc(b.payouts, byDate)
	return true
}

// replace exchanges a payout's content; false if there is none.
func (b *books) replace(p Payout) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := b.indexLocked(p.PaymentReference)
	if i < 0 {
		return false
	}
	b.payouts[i] = newEntry(p)
	slices.SortFunc(b.payouts, byDate)
	return true
}

// remove takes a payout away; false if there is none.
func (b *books) remove(reference string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := b.indexLocked(reference)
	if i < 0 {
		return false
	}
	b.payouts = slices.Delete(b.payouts, i, i+1)
	return true
}

func (b *books) indexLocked(reference string) int {
	return slices.IndexFunc(b.payouts, func(e *entry) bool { return e.PaymentReference == reference })
}
