package invoicing

import (
	"slices"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
)

// Credit is the part of a refund that one capture's invoice is credited with.
type Credit struct {
	// Capture and Refund are places in the purchase's lists.
	Capture, Refund int
	// Amount is the sum of the rows.
	Amount money.Amount
	Sold
	// Whole: the invoice is credited in full by this, and nothing was credited before.
	Whole bool
	// Again: an earlier refund credits the same invoice. Accounting systems link one
	// credit invoice only, so that this one stands alone (fortnox.md 8).
	Again bool
}

// Credits divides the refunds of a purchase over the invoices of its captures. A refund
// whose rows are known goes to the oldest capture that sold them and has enough left;
// one whose rows nobody names to the oldest of which it leaves nothing, else to the
// oldest that has enough left; what fits no capture alone is taken from one after the
// other. A credit invoice that follows from an amount has the rates of its own invoice.
//
// The provider does not say which capture is refunded (klarna.md 4.3), so the rule must
// give the same answer whenever it is asked: a refund that comes later moves none that
// was there.
func Credits(p order.Purchase) ([]Credit, error) {
	d := divider{purchase: p, left: make([]money.Amount, len(p.Captures)), sold: make([]Sold, len(p.Captures))}
	d.captures = inOrder(p.Captures, func(c order.Capture) (int64, string) { return c.At.UnixNano(), c.ID })
	for i, c := range p.Captures {
		d.left[i] = c.Amount
		var err error
		if d.sold[i], err = Captured(p, i); err != nil {
			return nil, err
		}
	}
	for _, refund := range inOrder(p.Refunds, func(r order.Refund) (int64, string) { return r.At.UnixNano(), r.ID }) {
		if err := d.divide(refund); err != nil {
			return nil, err
		}
	}
	return d.credits, nil
}

// divider divides refunds over captures, oldest first.
type divider struct {
	purchase order.Purchase
	captures []int
	sold     []Sold
	// left is what is not credited yet, by capture.
	left    []money.Amount
	credits []Credit
}

func (d *divider) divide(refund int) error {
	r := d.purchase.Refunds[refund]
	known, err := makes(r.Rows, r.Amount)
	if err != nil {
		return err
	}
	enough := func(capture int) bool { return covers(d.left[capture], r.Amount) }
	if known {
		for _, fits := range []func(capture int) bool{func(capture int) bool { return sells(d.sold[capture].Rows, r.Rows) }, enough} {
			for _, capture := range d.captures {
				if enough(capture) && fits(capture) {
					return d.take(refund, capture, r.Amount, Sold{Rows: r.Rows})
				}
			}
		}
		return d.spread(refund)
	}
	for _, fits := range []func(capture int) bool{func(capture int) bool { return d.left[capture] == r.Amount }, enough} {
		for _, capture := range d.captures {
			if fits(capture) {
				return d.takeShare(refund, capture, r.Amount)
			}
		}
	}
	return d.spread(refund)
}

// spread takes a refund that no capture alone has enough left for from one after the
// other.
func (d *divider) spread(refund int) error {
	rest := d.purchase.Refunds[refund].Amount
	for _, capture := range d.captures {
		amount := d.left[capture]
		if amount.Sign() <= 0 || amount.Currency() != rest.Currency() {
			continue
		}
		if covers(amount, rest) {
			amount = rest
		}
		if err := d.takeShare(refund, capture, amount); err != nil {
			return err
		}
		var err error
		if rest, err = rest.Sub(amount); err != nil || rest.IsZero() {
			return err
		}
	}
	return fault.New(CodeExceedsCaptures, fault.Conflict, "the refund of "+d.purchase.Refunds[refund].Amount.String()+" exceeds what was captured and not refunded before by "+rest.String()).
		WithRemedy("compare the captures and refunds of the order with the provider's")
}

// takeShare credits a capture with its own rows, if all of it is credited at once, or
// with what the amount takes of them.
func (d *divider) takeShare(refund, capture int, amount money.Amount) error {
	whole := d.purchase.Captures[capture].Amount
	if amount == whole && d.left[capture] == whole {
		return d.take(refund, capture, amount, d.sold[capture])
	}
	before, err := whole.Sub(d.left[capture])
	if err != nil {
		return err
	}
	rows, err := share(d.sold[capture].Rows, before, amount)
	if err != nil {
		return err
	}
	return d.take(refund, capture, amount, Sold{Rows: rows, Assumed: true})
}

func (d *divider) take(refund, capture int, amount money.Amount, sold Sold) error {
	again := d.left[capture] != d.purchase.Captures[capture].Amount
	var err error
	if d.left[capture], err = d.left[capture].Sub(amount); err != nil {
		return err
	}
	d.credits = append(d.credits, Credit{
		Capture: capture, Refund: refund, Amount: amount, Sold: sold, Whole: !again && d.left[capture].IsZero(), Again: again,
	})
	return nil
}

func covers(left, amount money.Amount) bool {
	rest, err := left.Sub(amount)
	return err == nil && rest.Sign() >= 0
}

// sells reports whether each row of goods that is given back is of an article that was
// sold.
func sells(sold, back []order.Row) bool {
	for _, r := range back {
		if r.Kind != order.GoodsRow {
			continue
		}
		if !slices.ContainsFunc(sold, func(s order.Row) bool { return s.Article == r.Article && s.Name == r.Name && s.Rate == r.Rate }) {
			return false
		}
	}
	return true
}

// inOrder gives the places of a list from its oldest item on.
func inOrder[T any](list []T, when func(T) (at int64, id string)) []int {
	places := make([]int, len(list))
	for i := range places {
		places[i] = i
	}
	slices.SortFunc(places, func(a, b int) int {
		atA, idA := when(list[a])
		atB, idB := when(list[b])
		switch {
		case earlier(atA, idA, atB, idB):
			return -1
		case earlier(atB, idB, atA, idA):
			return 1
		}
		return 0
	})
	return places
}
