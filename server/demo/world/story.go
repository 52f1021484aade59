package world

import (
	"fmt"
	"strconv"
	"time"

	"github.com/kvitt/kvitt/server/demo/draw"
)

// channel is where an order was placed, which decides where its reference stands
// in Fortnox.
type channel byte

const (
	web   channel = 'w' // ExternalInvoiceReference1 is Klarna's merchant_reference1
	stall channel = 's' // YourOrderNumber is Klarna's merchant_reference1
	phone channel = 't' // the invoice's OCR is Klarna's merchant_reference2
)

// item is one row of a basket.
type item struct {
	good
	quantity int
}

// order is a Klarna order with its one capture.
type order struct {
	reference string // Klarna's merchant_reference1
	channel   channel
	customer  string
	placed    time.Time
	captured  time.Time
	basket    []item
	// payout is the payout that pays the capture, from 0.
	payout int
}

// total is the basket's value, and what was captured if nothing went wrong.
func (o order) total() ore { return value(o.basket) }

func value(basket []item) ore {
	var sum ore
	for _, i := range basket {
		sum += i.price * ore(i.quantity)
	}
	return sum
}

// refund is money that the merchant gave back, and its credit invoice.
type refund struct {
	order    string
	payout   int
	moment   time.Time
	returned []item
	// kept is what the merchant keeps back for the return, as rows of its own.
	kept []item
}

func (r refund) total() ore { return value(r.returned) - value(r.kept) }

// story is everything that happened between the customers, the shop and Klarna.
type story struct {
	orders  []order
	refunds []refund
}

// week is the time that one payout covers.
type week struct {
	from, until time.Time
	paid        time.Time
	// channels has one letter for each order, in the order of their captures.
	channels string
}

func moment(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
}

// weeks are the four payouts. Every capture lies on a Swedish date before that of
// its payout.
func weeks() [4]week {
	return [...]week{
		{moment(3, 30, 8, 0), moment(4, 1, 21, 30), moment(4, 2, 7, 45), "wwswwwtwwswwwtwwswws"},
		{moment(4, 2, 8, 0), moment(4, 8, 21, 30), moment(4, 9, 7, 45), "wwwtwwswwwtwwwswwwtwwsww"},
		{moment(4, 9, 8, 0), moment(4, 13, 21, 30), moment(4, 14, 7, 45), "wwsww"},
		{moment(4, 14, 8, 0), moment(4, 16, 21, 30), moment(4, 17, 7, 45), "wwwtwwwwswwwtwwww"},
	}
}

// tell makes the orders and refunds.
func tell(d draw.Seed) story {
	var s story
	next := map[channel]int{web: 12301, stall: 1231, phone: 501}
	for payout, w := range weeks() {
		step := w.until.Sub(w.from) / time.Duration(len(w.channels))
		for i, letter := range []byte(w.channels) {
			c := channel(letter)
			reference := strconv.Itoa(next[c])
			if c == phone {
				reference = fmt.Sprintf("TEL-%d", next[c])
			}
			next[c]++
			minute := d.Below(int(step/time.Minute), "minute/"+reference)
			captured := w.from.Add(step*time.Duration(i) + time.Duration(minute)*time.Minute)
			s.orders = append(s.orders, newOrder(d, reference, c, payout, captured))
		}
	}
	s.refunds = refunds(s)
	return s
}

func newOrder(d draw.Seed, reference string, c channel, payout int, captured time.Time) order {
	o := order{reference: reference, channel: c, payout: payout, customer: d.Name(reference), captured: captured}
	if reference == afterMidnight {
		// Still March in UTC, already April in Sweden: food is at the new rate.
		o.captured = moment(3, 31, 22, 17)
	}
	o.captured = o.captured.Add(time.Duration(d.Below(60, "second/"+reference)) * time.Second)
	o.placed = o.captured.Add(-time.Duration(20+d.Below(150, "placed/"+reference)) * time.Minute)
	if basket, ok := chosenBaskets()[reference]; ok {
		o.basket = basket
		return o
	}
	o.basket = drawBasket(d, reference, c)
	return o
}

// drawBasket fills an ordinary basket: one to three different goods, and freight on
// small orders that are sent.
func drawBasket(d draw.Seed, reference string, c channel) []item {
	var basket []item
	choices := assortment()
	for i := range 1 + d.Below(3, "goods/"+reference) {
		label := fmt.Sprintf("good/%s/%d", reference, i)
		n := d.Below(len(choices), label)
		basket = append(basket, item{choices[n], 1 + d.Below(3, label+"/quantity")/2})
		choices = append(choices[:n:n], choices[n+1:]...)
	}
	if c != stall && value(basket) < 600_00 {
		basket = append(basket, item{freight, 1})
	}
	return basket
}
