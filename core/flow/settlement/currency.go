package settlement

import (
	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// settlements says how the parts of a line settle their documents: each with its
// share of the line in the currencies of the line and of the books, so that the
// shares add up to the line, and with what it realises where the document is in
// another currency.
func (w *work) settlements(p ports.PayoutRecord, l ports.LineRecord, parts []matching.Part, documents map[string]invoice.Document, c *conversion) ([]booking.Settlement, error) {
	originals := make([]money.Amount, len(parts))
	for i, part := range parts {
		originals[i] = part.Amount
	}
	gross, shares := originals, []money.Amount(nil)
	var err error
	if originals[0].Currency() != l.Gross.Currency() {
		if gross, err = exchange.Spread(l.Gross, originals); err != nil {
			return nil, err
		}
	}
	if c != nil {
		if c.why != nil {
			return nil, c.why
		}
		if shares, err = exchange.Spread(c.share(l), gross); err != nil {
			return nil, err
		}
	}
	settled := make([]booking.Settlement, len(parts))
	for i, part := range parts {
		settled[i] = booking.Settlement{Line: l.Line, Document: documents[part.Document], WriteOff: part.WriteOff, Dates: booking.Dates{Payout: w.date(p)}}
		settled[i].Line.Gross = gross[i]
		if c != nil {
			settled[i].Converted = &booking.Converted{Rate: c.rate, Gross: shares[i]}
		}
		if err := w.exchange(&settled[i], part); err != nil {
			return nil, err
		}
	}
	return settled, nil
}

// exchange completes a settlement in which more than the currency of the books meets.
func (w *work) exchange(x *booking.Settlement, part matching.Part) error {
	document, line, books := x.Document.Total.Currency(), x.Line.Gross.Currency(), w.merchant.Currency
	if document == books && line == books {
		return nil
	}
	pair, err := w.settings.Pair(document, line, books)
	if err != nil {
		return err
	}
	original, err := part.Amount.Add(part.WriteOff)
	if err != nil {
		return err
	}
	x.Exchanged = &booking.Exchanged{Original: original, Booked: original}
	if document == books {
		return nil
	}
	if x.Exchanged.Rate, err = w.settledAt(*x, part, pair); err != nil {
		return err
	}
	if x.WriteOff, err = x.Exchanged.Rate.Convert(part.WriteOff); err != nil {
		return err
	}
	x.Exchanged.Booked, err = bookedFor(x.Document, books, original, part.Partial)
	return err
}

// settledAt gives the rate at which a part of a line settles a document that is not
// in the currency of the books: that of the payout if the document is in its
// currency, else the one by which the provider has converted the line.
func (w *work) settledAt(x booking.Settlement, part matching.Part, pair booking.CurrencyPair) (exchange.Rate, error) {
	document, gross := x.Document.Total.Currency(), x.Line.Gross
	if x.Converted != nil {
		if document == gross.Currency() {
			return x.Converted.Rate, nil
		}
		gross = x.Converted.Gross
	}
	implied, err := exchange.Implied(part.Amount, gross, exchange.Line, x.Dates.Payout)
	if err != nil {
		return exchange.Rate{}, err
	}
	stated := implied
	stated.Value = x.Line.Rate
	if got, err := stated.Convert(part.Amount); err == nil && got == gross {
		implied = stated
	}
	return pair.Choose(document, gross.Currency(), []exchange.Rate{implied})
}

// bookedFor gives what a part of a document is booked for in the customer ledger. The
// part that closes the document takes what the parts before it have left.
func bookedFor(d invoice.Document, books money.Currency, original money.Amount, partial bool) (money.Amount, error) {
	if d.Rate.IsZero() {
		return money.Amount{}, fault.New(exchange.CodeRateMissing, fault.Conflict, "the accounting system does not say at which rate document "+d.Number+" is booked").
			WithField("rate").WithRemedy("register the payment by hand in the accounting system, then adopt it")
	}
	rate := exchange.Rate{From: d.Total.Currency(), To: books, Value: d.Rate}
	if partial {
		return rate.Convert(original)
	}
	before, err := d.Total.Sub(original)
	if err != nil {
		return money.Amount{}, err
	}
	closed, err := rate.Convert(before)
	if err != nil {
		return money.Amount{}, err
	}
	whole, err := rate.Convert(d.Total)
	if err != nil {
		return money.Amount{}, err
	}
	return whole.Sub(closed)
}

// matchAll matches the lines of a batch. A line that finds nothing in the payout's
// currency is looked at once more as what the customer paid, if the provider states
// that: documents of other currencies are out of reach of all other lines, so that
// the order makes no difference.
func (w *work) matchAll(p ports.PayoutRecord, b batch, candidates []matching.Candidate) []matching.Decision {
	decisions := matching.Match(bare(b.lines), candidates, w.rules(p.Net.Currency()))
	places, again := map[string]int{}, map[money.Currency][]ports.LineRecord{}
	for i, d := range decisions {
		places[d.Line] = i
	}
	for _, l := range b.lines {
		at, wanted := places[l.Key]
		if wanted && l.Original != (money.Amount{}) && lost(decisions[at]) {
			l.Gross = l.Original
			again[l.Gross.Currency()] = append(again[l.Gross.Currency()], l)
		}
	}
	for currency, lines := range again {
		for _, d := range matching.Match(bare(lines), candidates, w.rules(currency)) {
			if d.State != matching.None && fault.CodeOf(d.Fault) != matching.CodeCombination {
				decisions[places[d.Line]] = d
			}
		}
	}
	return decisions
}

// lost reports whether no document in the currency of the line is surely its own.
func lost(d matching.Decision) bool {
	return d.State == matching.None || d.State == matching.Suggested || fault.CodeOf(d.Fault) == matching.CodeCombination
}

// seen gives the line as a person means it who names a document for it: in the
// document's currency. Of a document in a currency in which the provider states no
// amount the person says that the line settles all that is open. That is believed if
// the rate it gives is near the published one.
func (c *casefile) seen(d ports.DocumentRecord) (ports.LineRecord, error) {
	line := c.line
	open, err := d.Balance.Sub(d.Claimed)
	switch {
	case err != nil || open.Currency() == line.Gross.Currency() || open.Sign() != line.Gross.Sign():
		return line, err
	case open.Currency() == line.Original.Currency():
		line.Gross = line.Original
		return line, nil
	}
	if _, err := c.settings.Pair(open.Currency(), line.Gross.Currency(), c.merchant.Currency); err != nil {
		return line, err
	}
	published, err := c.options.Rates.On(open.Currency(), line.Gross.Currency(), c.date(c.payout))
	if err != nil {
		return line, err
	}
	worth, err := published.Convert(open)
	if err != nil {
		return line, err
	}
	off, err := worth.Sub(line.Gross)
	if err != nil {
		return line, err
	}
	const mostOff = 10 // a tenth: no provider's rate is farther off, and a part of an invoice seldom nearer
	if off.Abs().Minor() > worth.Abs().Minor()/mostOff {
		return line, fault.New(booking.CodeOriginal, fault.Conflict,
			"the line of "+line.Gross.String()+" "+string(line.Gross.Currency())+" cannot be all of the "+open.String()+" "+string(open.Currency())+
				" open on document "+d.Number+", which are about "+worth.String()).
			WithField("original").WithRemedy("register the payment by hand in the accounting system, then adopt it")
	}
	line.Gross = open
	return line, nil
}
