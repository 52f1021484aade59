package hub_test

import (
	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// currencies are what fakeBooks remembers of payments of documents that are not in
// kronor, by the numbers of the payments.
type currencies map[string]ports.Payment

// settle registers a payment as an accounting system does that keeps a document in
// its own currency: the document's balance falls by what the payment says in that
// currency, the customer ledger by what that is booked for, and the rest is a gain on
// 3960 or a loss on 7960. It gives the number.
func (f *fakeBooks) settle(p ports.Payment) (string, error) {
	d := f.document(p.DocumentNumber)
	if d == nil || d.Total.Currency() == "SEK" {
		if p.Exchange != nil {
			return "", fault.New("fake.currency", fault.Validation, "the document is in SEK")
		}
		f.pay(p.DocumentNumber, p.Amount, p.WriteOffs, string(p.Account))
		return f.lastOf(p.DocumentNumber), nil
	}
	x := p.Exchange
	if x == nil || x.Original.Currency() != d.Total.Currency() || x.Rate.Validate() != nil {
		return "", fault.New("fake.currency", fault.Validation, "the document is in "+string(d.Total.Currency()))
	}
	balance := d.Balance
	f.pay(p.DocumentNumber, p.Amount, p.WriteOffs, string(p.Account))
	left, err := balance.Sub(x.Original)
	if err != nil {
		return "", err
	}
	claim := f.standsFor(*d, balance) - f.standsFor(*d, left)
	gain := p.Amount.Minor() - claim
	for _, off := range p.WriteOffs {
		gain += off.Amount.Minor()
	}
	f.ledger["1510"] -= claim
	f.ledger[map[bool]ledger.Account{true: "3960", false: "7960"}[gain > 0]] -= gain
	d.Balance = left
	number := f.lastOf(p.DocumentNumber)
	f.currencies[number] = p
	return number, nil
}

// standsFor is what is booked of an open balance, in öre.
func (f *fakeBooks) standsFor(d invoice.Document, balance money.Amount) int64 {
	amount, err := exchange.Rate{From: d.Total.Currency(), To: "SEK", Value: d.Rate}.Convert(balance)
	if err != nil {
		panic(err)
	}
	return amount.Minor()
}

func (f *fakeBooks) lastOf(document string) string {
	return f.payments[document][len(f.payments[document])-1].Number
}

func (f *fakeBooks) document(number string) *invoice.Document {
	for i := range f.documents {
		if f.documents[i].Number == number {
			return &f.documents[i]
		}
	}
	return nil
}

// undone is the payment that takes back another.
func undone(p ports.Payment) ports.Payment {
	p.Amount = p.Amount.Neg()
	offs := p.WriteOffs
	p.WriteOffs = nil
	for _, off := range offs {
		off.Amount = off.Amount.Neg()
		p.WriteOffs = append(p.WriteOffs, off)
	}
	if p.Exchange != nil {
		x := *p.Exchange
		x.Original = x.Original.Neg()
		p.Exchange = &x
	}
	return p
}
