package pantry

import (
	"time"

	"github.com/kvitt/kvitt/server/demo/draw"
	"github.com/kvitt/kvitt/server/demo/world"
)

// order is an order at Klarna with all that became of it.
type order struct {
	reference string
	abroad    bool // in euro, to Finland
	placed    time.Time
	basket    []item
	captures  []part
	refunds   []part
	// unannounced orders are learned from a payout.
	unannounced bool
	// regretted is cancelled while the demo runs.
	regretted bool
}

// part is what was captured or refunded at a moment. Silent parts have an amount alone:
// whoever captured or refunded did not say what it consists of.
type part struct {
	at     time.Time
	items  []item
	silent bool
}

func at(when time.Time, items ...item) part { return part{at: when, items: items} }

func silently(when time.Time, items ...item) part { return part{at: when, items: items, silent: true} }

// story is told in the order in which the orders were placed.
func story() []order {
	return append(append(monday(), tuesday()...), append(wednesday(), abroad()...)...)
}

// whole is an order that was captured at once, without naming its rows.
func whole(reference string, placed, captured time.Time, basket []item, refunds ...part) order {
	return order{reference: reference, placed: placed, basket: basket, captures: []part{silently(captured, basket...)}, refunds: refunds}
}

// place makes an order as Klarna tells of it.
func place(d draw.Seed, s order) world.Order {
	name, country, currency := s.reference, "SE", "SEK"
	if s.abroad {
		country, currency = "FI", "EUR"
	}
	given, family := d.Person(name)
	placed := s.placed.Add(time.Duration(d.Below(60, "second/"+name)) * time.Second)
	o := world.Order{
		OrderID: d.UUID("order/" + name), KlarnaReference: d.Code(8, "klarna reference/"+name), MerchantReference1: name,
		PurchaseCurrency: currency, PurchaseCountry: country, CreatedAt: placed,
		PaymentMethod: world.PaymentMethod{Type: draw.Pick(d, []string{"INVOICE", "ACCOUNT", "CARD", "DIRECT_DEBIT"}, "method/"+name)},
		Customer:      world.Customer{DateOfBirth: d.Birthday(name)},
		BillingAddress: world.Address{
			GivenName: given, FamilyName: family, Street: d.Street(name), Postcode: d.Postcode(name), City: d.City(name), Country: country,
		},
		Lines: lines(s.basket, s.placed),
	}
	if len(s.captures) == 0 && !s.regretted {
		o.Status = "CANCELLED"
	}
	for i, c := range s.captures {
		o.Captures = append(o.Captures, world.Capture{
			CaptureID: d.UUID(label("capture", name, i)), Amount: value(c.items), At: c.at, Lines: c.lines(s.placed),
		})
	}
	for i, r := range s.refunds {
		o.Refunds = append(o.Refunds, world.Refund{
			RefundID: d.UUID(label("refund", name, i)), Amount: value(r.items), At: r.at, Lines: r.lines(s.placed),
		})
	}
	return o
}

func label(what, reference string, i int) string {
	return what + "/" + reference + "/" + string(rune('1'+i))
}

// lines are at the rates of the order, whenever it is captured or refunded.
func (p part) lines(ordered time.Time) []world.OrderLine {
	if p.silent {
		return nil
	}
	return lines(p.items, ordered)
}
