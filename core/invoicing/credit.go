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
	Sold
	// Whole: the invoice is credited in full by this, and nothing was credited before.
	Whole bool
	// Again: an earlier refund credits the same invoice. Accounting systems link one
	// credit invoice only, so that this one stands alone (fortnox.md 8).
	Again bool
}

// Credits divides the refunds of a purchase over the invoices of its captures, oldest
// first. A refund goes to the one capture that sold what it gives back, else to the
// first that has enough left, else over several. The provider does not say it
// (klarna.md 4.3), so the rule must give the same answer whenever it is asked: a refund
// that comes later moves none that was there.
func Credits(p order.Purchase) ([]Credit, error) {
	left := make([]money.Amount, len(p.Captures))
	sold := make([]Sold, len(p.Captures))
	for i, c := range p.Captures {
		left[i] = c.Amount
		var err error
		if sold[i], err = Captured(p, i); err != nil {
			return nil, err
		}
	}
	var credits []Credit
	for _, r := range inOrder(p.Refunds, func(r order.Refund) (int64, string) { return r.At.UnixNano(), r.ID }) {
		parts, err := divide(p, r, left, sold)
		if err != nil {
			return nil, err
		}
		for _, c := range parts {
			sum, err := sumOf(c.Rows, left[c.Capture].Currency())
			if err != nil {
				return nil, err
			}
			c.Again = left[c.Capture] != p.Captures[c.Capture].Amount
			if left[c.Capture], err = left[c.Capture].Sub(sum); err != nil {
				return nil, err
			}
			c.Whole = !c.Again && left[c.Capture].IsZero()
			credits = append(credits, c)
		}
	}
	return credits, nil
}

// divide gives the parts of one refund by capture.
func divide(p order.Purchase, refund int, left []money.Amount, sold []Sold) ([]Credit, error) {
	amount := p.Refunds[refund].Amount
	given, err := Refunded(p, refund)
	if err != nil {
		return nil, err
	}
	order := inOrder(p.Captures, captureOrder)
	for _, fits := range []func(capture int) bool{
		func(capture int) bool { return !given.Assumed && sells(sold[capture].Rows, given.Rows) },
		func(int) bool { return true },
	} {
		for _, capture := range order {
			if covers(left[capture], amount) && fits(capture) {
				return []Credit{{Capture: capture, Refund: refund, Sold: given}}, nil
			}
		}
	}
	return spread(p, refund, order, left, sold)
}

// spread takes a refund that no single capture has enough left for from one after the
// other, each time by the rates of what was captured.
func spread(p order.Purchase, refund int, captures []int, left []money.Amount, sold []Sold) ([]Credit, error) {
	rest := p.Refunds[refund].Amount
	var credits []Credit
	for _, capture := range captures {
		take := left[capture]
		if take.Sign() <= 0 || take.Currency() != rest.Currency() {
			continue
		}
		if covers(take, rest) {
			take = rest
		}
		before, err := p.Captures[capture].Amount.Sub(left[capture])
		if err != nil {
			return nil, err
		}
		part := Sold{Rows: sold[capture].Rows, Assumed: sold[capture].Assumed}
		if take != p.Captures[capture].Amount {
			if part.Rows, err = share(sold[capture].Rows, before, take); err != nil {
				return nil, err
			}
			part.Assumed = true
		}
		credits = append(credits, Credit{Capture: capture, Refund: refund, Sold: part})
		if rest, err = rest.Sub(take); err != nil || rest.IsZero() {
			return credits, err
		}
	}
	return nil, fault.New(CodeNothingCaptured, fault.Conflict, "the refund of "+p.Refunds[refund].Amount.String()+" exceeds what was captured and not refunded before by "+rest.String()).
		WithRemedy("compare the captures and refunds of the order with the provider's")
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

func captureOrder(c order.Capture) (int64, string) { return c.At.UnixNano(), c.ID }

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
