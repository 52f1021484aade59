package statement

import (
	"context"

	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// portion is what one payout contributes to a clearing account.
type portion struct {
	*Clearing
	payout     ports.PayoutRecord
	exceptions map[int64]ports.Exception
	zero       money.Amount
	// moved is what the payments and corrections of matched lines put on the
	// account, done or not.
	moved money.Amount
	// kinds are those of the steps by key, for the steps that take them back.
	kinds map[string]ports.StepKind
	conversion
	// written are the lines for which kvitt puts anything on the account.
	written map[int64]bool
}

// step adds what a document put on the account, or lists what it will.
func (p *portion) step(s ports.Step) error {
	if s.State == ports.StepDropped || (s.State == ports.StepParked && s.LineID != 0) {
		return nil // nothing was made; the line is an exception and listed as such
	}
	d, err := document(s)
	if err != nil {
		return err
	}
	if d.Voucher != nil && d.Voucher.Rate != nil {
		p.rate = d.Voucher.Rate
	}
	amount, err := d.on(p.Account)
	if err != nil || amount.IsZero() {
		return err
	}
	kind := s.Kind
	if s.Reverses != "" { // it counts where what it takes back was counted
		kind = p.kinds[s.Reverses]
	}
	p.kinds[s.Key] = kind
	total := &p.Payments
	switch kind {
	case ports.StepVoucher:
		total = &p.Vouchers
	case ports.StepCorrection:
		total = &p.Corrections
	default: // payments, and what takes them back
	}
	if p.stands, err = p.stands.Add(amount); err != nil {
		return err
	}
	p.written[s.LineID] = true
	if kind != ports.StepVoucher && s.LineID != 0 {
		if p.moved, err = p.moved.Add(amount); err != nil {
			return err
		}
	}
	if s.State == ports.StepDone {
		*total, err = total.Add(amount)
		return err
	}
	return p.list(ClearingItem{Reference: s.Document, Amount: amount.Neg(), Reason: notYet[s.Kind]}, s.LineID)
}

// notYet says why a document that is planned or open explains money on the account.
var notYet = map[ports.StepKind]string{
	ports.StepVoucher:    "the payout's voucher is not booked yet",
	ports.StepPayment:    "the payment is not registered yet",
	ports.StepRelease:    "the payment is not taken back yet",
	ports.StepCorrection: "the voucher that moves the payment is not booked yet",
}

// byOthers adds the payments of lines that a person adopted where somebody had
// registered the payment on the clearing account itself: nothing was planned. The
// payment of a direct line never comes by the account, so that what a correction
// took off it for such a line is what somebody had registered there.
func (p *portion) byOthers(ctx context.Context, tx ports.Tx) error {
	if p.payout.Net.Currency() != p.Currency {
		return p.convertedByOthers(ctx, tx)
	}
	sums, err := tx.Lines().Sums(ctx, p.payout.ID)
	if err != nil {
		return err
	}
	settled := p.zero
	for _, s := range sums {
		if !s.Settled || s.Direct || !s.Kind.NeedsDocument() {
			continue
		}
		if settled, err = settled.Add(s.Gross); err != nil {
			return err
		}
	}
	others, err := settled.Sub(p.moved)
	if err != nil {
		return err
	}
	p.Payments, err = p.Payments.Add(others)
	return err
}

// lines lists the lines that nothing has settled.
func (p *portion) lines(ctx context.Context, tx ports.Tx) error {
	if p.payout.Net.Currency() != p.Currency {
		return p.convertedLines(ctx, tx)
	}
	return p.ownLines(ctx, tx)
}

func (p *portion) ownLines(ctx context.Context, tx ports.Tx) error {
	for _, state := range []ports.LineState{ports.LinePending, ports.LineWaiting, ports.LineException} {
		if err := walk.Lines(ctx, tx, p.payout.ID, ports.LineFilter{State: state}, 0, p.open); err != nil {
			return err
		}
	}
	return walk.Lines(ctx, tx, p.payout.ID, ports.LineFilter{Kind: payout.Carry}, 0, p.carried)
}

// open lists a line without a document: the voucher took its gross away and no
// payment has put it there. Of other kinds the fee stays there, too. A direct line
// is not in the voucher; if its payment was refused, the bank account misses it.
func (p *portion) open(l ports.LineRecord) error {
	if l.Direct {
		return nil
	}
	amount := l.Gross
	if !l.Kind.NeedsDocument() {
		net, err := l.Net()
		if err != nil {
			return err
		}
		amount = net
	}
	if l.Kind == payout.Carry {
		return nil // listed by carried
	}
	amount, err := p.inBooks(amount)
	if err != nil {
		return err
	}
	item := ClearingItem{Reference: Caption(l), Kind: l.Kind, Amount: amount.Neg(), Reason: reasons[l.State]}
	if e, ok := p.exceptions[l.ID]; ok {
		item.Code, item.Reason, item.Remedy = string(e.Code), e.Reason, e.Remedy
	}
	return p.list(item, l.ID)
}

// reasons say why a line of a state is open.
var reasons = map[ports.LineState]string{
	ports.LinePending:   "the line has not been looked at yet",
	ports.LineWaiting:   "its document is not in the accounting system yet",
	ports.LineException: "a person must decide",
}

// carried lists debt that was moved to another payout. Debt that a later payout
// has collected explains nothing any more.
func (p *portion) carried(l ports.LineRecord) error {
	amount, err := p.inBooks(l.Gross.Neg())
	if err != nil {
		return err
	}
	for i, item := range p.Items {
		if item.Kind == payout.Carry && item.Amount == amount.Neg() {
			p.Items = append(p.Items[:i], p.Items[i+1:]...)
			var err error
			p.Open, err = p.Open.Add(amount)
			return err
		}
	}
	return p.list(ClearingItem{
		Reference: Caption(l), Kind: payout.Carry, Amount: amount,
		Reason: "debt that the provider carries to another payout",
	}, l.ID)
}

func (p *portion) list(item ClearingItem, lineID int64) error {
	item.PayoutID, item.Payout, item.LineID = p.payout.ID, p.payout.Reference, lineID
	p.Items = append(p.Items, item)
	var err error
	p.Open, err = p.Open.Add(item.Amount)
	return err
}
