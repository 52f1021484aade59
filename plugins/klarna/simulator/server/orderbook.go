package server

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// orderBook is the orders that Klarna has. Whoever reads or changes one holds the lock.
type orderBook struct {
	mu     sync.Mutex
	orders []*Order // in the order in which they were placed
	done   outcomes
}

func newOrderBook(world World) *orderBook {
	b := &orderBook{done: outcomes{}}
	for _, o := range world.Orders {
		// What is appended must not reach the world, which another simulator may play.
		o.Captures, o.Refunds = slices.Clone(o.Captures), slices.Clone(o.Refunds)
		b.orders = append(b.orders, &o)
	}
	return b
}

// findLocked gives an order; its captures and refunds of days to come included.
func (b *orderBook) findLocked(id string) (*Order, *failure) {
	if !isUUID.MatchString(id) {
		return nil, &failure{http.StatusBadRequest, "INVALID_ORDER_ID", "the order id is not a UUID"}
	}
	for _, o := range b.orders {
		if strings.EqualFold(o.OrderID, id) {
			return o, nil
		}
	}
	return nil, &failure{http.StatusNotFound, "NO_SUCH_ORDER", "no order has this id"}
}

// add places an order; false if its id is taken.
func (b *orderBook) add(o Order) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, missing := b.findLocked(o.OrderID); missing == nil {
		return false
	}
	b.orders = append(b.orders, &o)
	return true
}

// forbidden is what Klarna says when the state of an order forbids something.
func forbidden(code, format string, args ...any) *failure {
	return &failure{http.StatusForbidden, code, fmt.Sprintf(format, args...)}
}

// capture takes a part of what remains. The state decides before the amount does.
func (o *Order) capture(c Capture, now time.Time) (Capture, *failure) {
	switch {
	case c.CapturedAmount <= 0:
		return Capture{}, badValue("captured_amount must be positive")
	case o.FraudStatus != fraudAccepted:
		return Capture{}, forbidden("CAPTURE_NOT_ALLOWED", "the fraud status of the order is %s", o.FraudStatus)
	case !o.open(now):
		return Capture{}, forbidden("CAPTURE_NOT_ALLOWED", "the order is %s", o.statusAt(now))
	case c.CapturedAmount > o.remaining(now):
		return Capture{}, forbidden("CAPTURE_NOT_ALLOWED", "captured_amount is more than the remaining authorized amount of %d", o.remaining(now))
	}
	c.CaptureID, c.CapturedAt, c.moment = randomUUID(), spell(now), now
	c.KlarnaReference = o.captureReference(len(o.Captures))
	o.Captures = append(o.Captures, c)
	o.Status = o.statusByAmounts()
	return c, nil
}

// refund gives back a part of what was captured. It does not change the status.
func (o *Order) refund(r Refund, now time.Time) (Refund, *failure) {
	switch {
	case r.RefundedAmount <= 0:
		return Refund{}, badValue("refunded_amount must be positive")
	case r.RefundedAmount > o.captured()-o.refunded():
		return Refund{}, forbidden("REFUND_NOT_ALLOWED", "refunded_amount is more than the %d that were captured and not refunded", o.captured()-o.refunded())
	}
	r.RefundID, r.RefundedAt, r.moment = randomUUID(), spell(now), now
	o.Refunds = append(o.Refunds, r)
	return r, nil
}

func (o *Order) cancel(now time.Time) *failure {
	if len(o.Captures) > 0 || !o.open(now) {
		return forbidden("CANCEL_NOT_ALLOWED", "the order is %s and has %d captures", o.statusAt(now), len(o.Captures))
	}
	o.Status = statusCancelled
	return nil
}

// release closes an order of which a part was captured.
func (o *Order) release(now time.Time) *failure {
	if len(o.Captures) == 0 || o.statusAt(now) == statusCancelled {
		return forbidden("NOT_ALLOWED", "the order is %s and has %d captures", o.statusAt(now), len(o.Captures))
	}
	if o.open(now) {
		o.Status = statusClosed
	}
	return nil
}

// extend lets an authorization last longer, at most 180 days from the order's creation.
func (o *Order) extend(now time.Time) *failure {
	if !o.open(now) {
		return forbidden("NOT_ALLOWED", "the order is %s", o.statusAt(now))
	}
	created, err := time.Parse(time.RFC3339, o.CreatedAt)
	if err != nil {
		return badValue("the order has no creation date")
	}
	o.expires = o.expires.AddDate(0, 0, authorizationDays)
	if last := created.AddDate(0, 0, authorizationMost); o.expires.After(last) {
		o.expires = last
	}
	o.ExpiresAt = spell(o.expires)
	return nil
}

// authorize changes amount and lines. Lines that are left out are gone.
func (o *Order) authorize(amount int64, lines []OrderLine, now time.Time) *failure {
	switch {
	case amount <= 0:
		return badValue("order_amount must be positive")
	case o.FraudStatus != fraudAccepted || !o.open(now) || amount < o.captured():
		return forbidden("NOT_ALLOWED", "the order is %s, its fraud status is %s and %d were captured", o.statusAt(now), o.FraudStatus, o.captured())
	}
	o.OrderAmount, o.OrderLines = &amount, lines
	o.Status = o.statusByAmounts()
	return nil
}
