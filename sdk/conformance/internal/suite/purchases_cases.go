package suite

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func purchaseCases() []Case {
	without := lacks(ports.CapabilityPurchases)
	return []Case{
		{
			ID: "purchases.valid", Level: 2, After: []string{"read.again"}, unfit: without, run: eachPurchase(checkPurchase),
			Title: "An order has the id that was asked for, a state, a moment, and references by which lines of payouts can know it; its captures and refunds have ids of their own; rows have a kind and its sign, and gift cards no VAT.",
			Why:   "An invoice is made of these rows. One with the wrong sign, or under the wrong id, is an invoice that nobody owes.",
		},
		{
			ID: "purchases.amounts", Level: 2, After: []string{"purchases.valid"}, unfit: without, run: eachPurchase(checkPurchaseAmounts),
			Title: "The rows of an order come to its total, and those of a capture or a refund, where there are any, to its amount, all in one currency; no more is captured than the total, and no more refunded than was captured.",
			Why:   "What does not add up is invoiced wrong. Rows of a capture that do not come to its amount are better left out: the hub then asks the order.",
		},
		{
			ID: "purchases.withheld", Level: 2, After: []string{"purchases.valid"}, unfit: without, run: checkWithheld,
			Title: "Personal data for which kvitt has no use, such as a date of birth, is neither in the order nor in the raw page that is kept of it.",
			Why:   "Raw pages are kept for years. What was never taken in need not be protected, shown or erased.",
		},
		{
			ID: "purchases.not-found", Level: 2, After: []string{"read.answers"}, unfit: without, run: checkNoPurchase,
			Title: "An order that the provider does not know is an error of class not_found, with a remedy.",
			Why:   "It may be another merchant's, or too new; the hub tries again for a while and then tells a person, who must know what to look at.",
		},
		{
			ID: "purchases.read-only", Level: 2, After: []string{"grant.counted"}, unfit: without, run: checkOnlyRead,
			Title: "Reading an order changes nothing at the provider: it is not acknowledged, captured or renamed.",
			Why:   "The shop owns its orders. One that is acknowledged behind its back never arrives there.",
		},
	}
}

// eachPurchase puts a check to every order of the plan.
func eachPurchase(check func(id string, p order.Purchase) error) func(context.Context, *stage) error {
	return func(ctx context.Context, st *stage) error {
		for _, known := range st.known.purchases {
			r, err := st.purchaseOf(ctx, known.ID)
			if err != nil {
				return err
			}
			if err := check(known.ID, r.Purchase); err != nil {
				return err
			}
		}
		return nil
	}
}

// happening is an order, a capture or a refund: an amount that rows come to.
type happening struct {
	what, id string
	at       time.Time
	amount   money.Amount
	rows     []order.Row
}

const theOrder = "the order"

func happenings(p order.Purchase) []happening {
	all := []happening{{theOrder, p.ID, p.PlacedAt, p.Total, p.Rows}}
	for _, c := range p.Captures {
		all = append(all, happening{"capture " + c.ID, c.ID, c.At, c.Amount, c.Rows})
	}
	for _, r := range p.Refunds {
		all = append(all, happening{"refund " + r.ID, r.ID, r.At, r.Amount, r.Rows})
	}
	return all
}

func checkPurchase(id string, p order.Purchase) error {
	call := readPurchase(id).String()
	switch {
	case p.ID != id:
		return wrong(call, fmt.Sprintf("order %q", p.ID), "the order that was asked for")
	case !slices.Contains(order.PurchaseStates(), p.State):
		return wrong(call, fmt.Sprintf("the state %q", p.State), "one of order.PurchaseStates")
	case len(p.References) == 0:
		return wrong(call, "no reference", "those by which lines of payouts name the order")
	}
	for _, name := range slices.Sorted(maps.Keys(p.References)) {
		if !slices.Contains(payout.References(), name) || p.References[name] == "" {
			return wrong(call, fmt.Sprintf("the reference %s %q", name, p.References[name]), "names of payout.References, and a text for each")
		}
	}
	ids := map[string]bool{}
	for _, h := range happenings(p) {
		if err := checkHappening(call+", "+h.what, h); err != nil {
			return err
		}
		if h.what != theOrder && ids[h.what] {
			return wrong(call, h.what+" twice", "an id for each capture and each refund")
		}
		ids[h.what] = true
	}
	return nil
}

func checkHappening(call string, h happening) error {
	switch {
	case h.id == "":
		return wrong(call, "no id", "the provider's own id")
	case h.at.IsZero():
		return wrong(call, "no moment", "when it happened: the date of a document follows from it")
	case h.amount.Currency() == "" || h.amount.Sign() < 0:
		return wrong(call, "the amount "+h.amount.String(), "an amount that is not negative: what it is tells the direction")
	}
	for i, row := range h.rows {
		if err := checkSaleRow(fmt.Sprintf("%s, row %d", call, i+1), row); err != nil {
			return err
		}
	}
	return nil
}

func checkSaleRow(call string, row order.Row) error {
	reduces := row.Kind == order.DiscountRow || row.Kind == order.GiftCardRow || row.Kind == order.ReturnFeeRow
	switch {
	case !slices.Contains(order.RowKinds(), row.Kind):
		return wrong(call, fmt.Sprintf("the kind %q", row.Kind), "one of order.RowKinds")
	case row.Quantity.IsNegative():
		return wrong(call, "a quantity of "+row.Quantity.String(), "one that is not negative: the sign stands in the amount")
	case reduces && row.Gross.Sign() > 0, !reduces && row.Gross.Sign() < 0:
		return wrong(call, fmt.Sprintf("%s of kind %s", row.Gross, row.Kind), "what is sold positive, and what reduces it negative")
	case row.Kind == order.GiftCardRow && (!row.VAT.IsZero() || !row.Rate.IsZero()):
		return wrong(call, "a gift card with VAT", "none: it pays for what has its own VAT")
	case row.VAT.Sign() != 0 && row.VAT.Sign() != row.Gross.Sign(), row.VAT.Abs().Minor() > row.Gross.Abs().Minor():
		return wrong(call, fmt.Sprintf("VAT of %s in %s", row.VAT, row.Gross), "VAT that is part of the amount")
	}
	return nil
}

func checkPurchaseAmounts(id string, p order.Purchase) error {
	call := readPurchase(id).String()
	currency := p.Total.Currency()
	captured, refunded := money.Zero(currency), money.Zero(currency)
	for _, h := range happenings(p) {
		if h.amount.Currency() != currency {
			return wrong(call+", "+h.what, "amounts in "+string(h.amount.Currency()), "the currency of the order, "+string(currency))
		}
		var amounts []money.Amount
		for _, row := range h.rows {
			amounts = append(amounts, row.Gross)
		}
		sum, err := money.Sum(currency, amounts...)
		if err != nil {
			return wrong(call+", the rows of "+h.what, err, "amounts in "+string(currency))
		}
		if len(h.rows) > 0 && sum != h.amount {
			return wrong(call+", "+h.what, "rows of "+sum.String()+" in all", h.amount.String()+", or no rows where the source does not say")
		}
	}
	for _, c := range p.Captures {
		captured, _ = captured.Add(c.Amount) // of one currency, see above
	}
	for _, r := range p.Refunds {
		refunded, _ = refunded.Add(r.Amount)
	}
	switch {
	case captured.Minor() > p.Total.Minor():
		return wrong(call, captured.String()+" captured", "at most the total of "+p.Total.String())
	case refunded.Minor() > captured.Minor():
		return wrong(call, refunded.String()+" refunded", "at most the "+captured.String()+" that were captured")
	}
	return nil
}

func checkWithheld(ctx context.Context, st *stage) error {
	withheld := st.setup.Plan.Purchases.Withheld
	if len(withheld) == 0 {
		return &unfit{"the plan names no text that is to be withheld"}
	}
	for _, text := range withheld {
		if !bytes.Contains(st.setup.Remote.World.Section, []byte(text)) {
			return wrong("the plan", fmt.Sprintf("the text %q to withhold", text), "texts that the world holds")
		}
	}
	for _, known := range st.known.purchases {
		r, err := st.purchaseOf(ctx, known.ID)
		if err != nil {
			return err
		}
		a := tellPurchase(r)
		texts := map[string]string{"the order": a.text()}
		for _, page := range a.raw {
			texts["the raw page"] += string(page.Bytes)
		}
		for _, where := range slices.Sorted(maps.Keys(texts)) {
			for _, text := range withheld {
				if strings.Contains(texts[where], text) {
					return wrong(readPurchase(known.ID).String(), fmt.Sprintf("%q in %s", text, where), "an order without it: take it out before the page is named by its SHA-256")
				}
			}
		}
	}
	return nil
}

func checkNoPurchase(ctx context.Context, st *stage) error {
	q := readPurchase("CONFORMANCE-NO-SUCH-ORDER")
	_, err := st.ask(ctx, q, "")
	switch {
	case err == nil:
		return wrong(q.String(), "an order", "an error of class not_found")
	case fault.ClassOf(err) != fault.NotFound:
		return wrong(q.String(), err, "class not_found")
	case fault.Of(err).Remedy == "":
		return wrong(q.String(), err, "a remedy: what to look at when an order is not there")
	}
	return nil
}

func checkOnlyRead(ctx context.Context, st *stage) error {
	return st.harmless(ctx, "ReadPurchase", func() error {
		for _, known := range st.known.purchases {
			if _, err := st.purchaseOf(ctx, known.ID); err != nil {
				return err
			}
		}
		return nil
	})
}
