package registration

import (
	"reflect"
	"slices"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

// share is what a sale or refund consists of, or why that cannot be said.
type share struct {
	taken []order.Part
	fault *fault.Error
}

// share settles what accepted sales and refunds consist of. Both follow from the
// set of events of the order alone, never from the order of their arrival.
func (d *deal) share() {
	d.shares = map[string]share{}
	for _, kind := range []payment.Kind{payment.Payment, payment.Refund} {
		events := d.standing(kind)
		if !d.known {
			for _, e := range events {
				d.shares[e.ID] = share{fault: orderUnknown(d.number)}
			}
			continue
		}
		for id, s := range d.sharesOf(events) {
			d.shares[id] = s
		}
	}
}

func orderUnknown(number string) *fault.Error {
	if number == "" {
		return fault.New(CodeOrderUnknown, fault.Conflict, "nothing says what was sold: no event of the transaction names an order").
			WithField("order").WithRemedy("withdraw the event and register it anew with the number of its order")
	}
	return fault.New(CodeOrderUnknown, fault.Conflict, "nothing says what was sold: order \""+number+"\" is not registered").
		WithField("order").WithRemedy("register the order with its country and its parts by VAT rate")
}

// sharesOf shares an order over events of one kind, which are in their order of
// moment and key. Events that are booked keep what they have if the sum over all
// is the same: an event that arrives late then moves no öre between vouchers.
func (d *deal) sharesOf(events []*ports.EventRecord) map[string]share {
	right := allot(d.order, events, false)
	if d.strict {
		return right
	}
	var kept []*ports.EventRecord
	for _, booked := range []bool{true, false} {
		for _, e := range events {
			if isBooked(e) == booked {
				kept = append(kept, e)
			}
		}
	}
	if standing := allot(d.order, kept, true); d.bookedAlike(events) && d.mapped(events) && sameTotals(right, standing) {
		return standing
	}
	return right
}

// bookedAlike reports whether the events are booked by the same settings.
func (d *deal) bookedAlike(events []*ports.EventRecord) bool {
	for _, e := range events {
		if e.Method != events[0].Method && !reflect.DeepEqual(d.settings.Of(e.Method), d.settings.Of(events[0].Method)) {
			return false
		}
	}
	return true
}

// mapped reports whether every rate of the order has accounts. Where one has none,
// an event can be booked or not depending on its share.
func (d *deal) mapped(events []*ports.EventRecord) bool {
	for _, e := range events {
		sales := d.settings.Of(e.Method).Sales
		for _, p := range d.order.Parts {
			if !slices.ContainsFunc(sales, func(a booking.SalesAccounts) bool { return a.Rate == p.Rate }) {
				return false
			}
		}
	}
	return true
}

// allot gives each event the parts that it states or, in the sequence given, its
// part of what those that state theirs leave of the order, so that the last one
// takes the remainder of the amount and of the VAT by rate. With keep, what is
// booked stays as it is.
func allot(o order.Order, events []*ports.EventRecord, keep bool) map[string]share {
	shares := map[string]share{}
	left := slices.Clone(o.Parts)
	for _, e := range events {
		if e.Parts == nil {
			continue
		}
		rest, err := less(left, e.Parts)
		if err != nil {
			shares[e.ID] = share{fault: fault.Of(err)}
			continue
		}
		left, shares[e.ID] = rest, share{taken: e.Parts}
	}
	left = slices.DeleteFunc(left, func(p order.Part) bool { return p.Gross.IsZero() })
	before := money.Zero(o.Parts[0].Gross.Currency())
	for _, e := range events {
		if e.Parts != nil {
			continue
		}
		taken, err := e.Taken, error(nil)
		if !keep || !isBooked(e) {
			taken, err = takeOf(left, before, e.Amount)
		}
		if err == nil {
			before, err = before.Add(e.Amount)
		}
		if err != nil {
			shares[e.ID] = share{fault: fault.Of(err)}
			continue
		}
		shares[e.ID] = share{taken: taken}
	}
	return shares
}

func takeOf(left []order.Part, before, amount money.Amount) ([]order.Part, error) {
	if len(left) == 0 && !amount.IsZero() {
		return nil, exceeded(amount.String() + " is more than is left of the order, which is nothing")
	}
	if len(left) == 0 {
		return nil, nil
	}
	return order.Take(left, before, amount)
}

func exceeded(reason string) *fault.Error {
	return fault.New(order.CodeOrderExceeded, fault.Conflict, reason).WithField("parts").
		WithRemedy("compare the captures and refunds of the order with the provider's")
}

// less takes stated parts away from those of the same supply and rate. It fails
// with order.CodeOrderExceeded if they are more.
func less(from, parts []order.Part) ([]order.Part, error) {
	from = slices.Clone(from)
	for _, p := range parts {
		at := slices.IndexFunc(from, func(f order.Part) bool {
			return f.Supply.OrGoods() == p.Supply.OrGoods() && f.Rate == p.Rate && f.Gross.Sign() == p.Gross.Sign()
		})
		if at < 0 && takesNothing(p) {
			continue
		}
		if at < 0 {
			return nil, exceeded("nothing is left of " + string(p.Supply.OrGoods()) + " at " + p.Rate.String() + " % in the order")
		}
		whole, err := withVAT(from[at])
		if err != nil {
			return nil, err
		}
		part, err := withVAT(p)
		if err != nil {
			return nil, err
		}
		rest := whole
		if rest.Gross, err = whole.Gross.Sub(part.Gross); err != nil {
			return nil, err
		}
		if rest.Gross.Sign()*whole.Gross.Sign() < 0 {
			return nil, exceeded(part.Gross.String() + " is more than " + whole.Gross.String() + " of " + string(p.Supply.OrGoods()) + " at " + p.Rate.String() + " % that are left of the order")
		}
		if rest.VAT, err = whole.VAT.Sub(part.VAT); err != nil {
			return nil, err
		}
		if rest.VAT.Sign()*rest.Gross.Sign() < 0 || rest.Gross.IsZero() {
			rest.VAT = money.Zero(rest.Gross.Currency())
		}
		from[at] = rest
	}
	return from, nil
}

// takesNothing reports whether a part takes nothing back of what was sold: goodwill, or
// a fee that is kept of a refund.
func takesNothing(p order.Part) bool {
	fee := p.Supply == tax.InvoiceFee || p.Supply == tax.Services
	return p.Supply == tax.PriceReduction || fee && p.Gross.Sign() < 0
}

func withVAT(p order.Part) (order.Part, error) {
	if p.VAT.Currency() != "" {
		return p, nil
	}
	split, err := tax.FromGross(p.Gross, p.Rate)
	p.VAT = split.VAT
	return p, err
}

// sameTotals reports whether two ways of sharing refuse the same events and take
// the same of each supply at each rate.
func sameTotals(a, b map[string]share) bool {
	type class struct {
		supply tax.Supply
		rate   tax.Rate
	}
	type sum struct{ gross, vat int64 }
	totals := map[class]sum{}
	count := func(s share, sign int64) bool {
		for _, p := range s.taken {
			whole, err := withVAT(p)
			if err != nil {
				return false
			}
			at := totals[class{p.Supply.OrGoods(), p.Rate}]
			totals[class{p.Supply.OrGoods(), p.Rate}] = sum{at.gross + sign*whole.Gross.Minor(), at.vat + sign*whole.VAT.Minor()}
		}
		return true
	}
	for id, s := range a {
		if (s.fault == nil) != (b[id].fault == nil) || !count(s, 1) || !count(b[id], -1) {
			return false
		}
	}
	for _, difference := range totals {
		if difference != (sum{}) {
			return false
		}
	}
	return true
}
