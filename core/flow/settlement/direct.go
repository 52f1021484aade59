package settlement

import (
	"encoding/json"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// direct reports whether payments go to the bank account with the fees written off.
func (w *work) direct() bool { return w.settings.Shape == booking.Direct }

// directNet is what the payments of direct lines bring to the bank account.
func directNet(currency money.Currency, sums []ports.LineSum) (money.Amount, error) {
	direct := money.Zero(currency)
	for _, sum := range BookingSums(sums) {
		if !sum.Direct {
			continue
		}
		net, err := sum.Net()
		if err != nil {
			return money.Amount{}, err
		}
		if direct, err = direct.Add(net); err != nil {
			return money.Amount{}, err
		}
	}
	return direct, nil
}

// groupFees are the fees of the groups of a batch's lines. The first line of a
// group whose payment is direct takes all of them; a line after it cannot know what
// its own share is, and goes by way of the clearing account.
type groupFees struct {
	sums  map[string][]ports.LineSum
	taken map[string]bool
}

func newGroupFees(sums map[string][]ports.LineSum) groupFees {
	g := groupFees{sums: sums, taken: map[string]bool{}}
	for group, of := range sums {
		for _, s := range of {
			g.taken[group] = g.taken[group] || s.Direct
		}
	}
	return g
}

// of gives the fees that the payment of a line writes off, and whether they are
// still to be had.
func (g groupFees) of(l ports.LineRecord) (fees []payout.Line, free bool) {
	if g.taken[l.Group] {
		return nil, false
	}
	for _, s := range g.sums[l.Group] {
		fees = append(fees, payout.Line{Kind: s.Kind, RawType: s.RawType, Gross: s.Gross, FeeExVAT: s.FeeExVAT, FeeVAT: s.FeeVAT, FeeVATLocal: s.FeeVATLocal, Group: l.Group})
	}
	return fees, true
}

// take notes that the payment of a line writes off the fees of its group.
func (g groupFees) take(l ports.LineRecord) { g.taken[l.Group] = len(g.sums[l.Group]) > 0 }

// plannedPayment is the payment of a line with what it claims of the document.
type plannedPayment struct {
	step  ports.Step
	claim ports.Claim
	// direct says that the money reaches the bank account (booking.Payment.Direct).
	direct bool
}

// planPayment plans a payment of a line under a key; it fills in the dates.
func (w *work) planPayment(p ports.PayoutRecord, l ports.LineRecord, key string, settled booking.Settlement) (plannedPayment, error) {
	settled.Dates = booking.Dates{Payout: w.date(p), Occurred: w.occurred(l), Today: civil.In(w.clock.Now(), w.zone)}
	paid, err := booking.PaymentFor(settled, w.settings)
	if err != nil {
		return plannedPayment{}, err
	}
	day, moved, err := w.bookingDay(paid.Date)
	if err != nil {
		return plannedPayment{}, err
	}
	payment := ports.Payment{
		DocumentNumber: paid.DocumentNumber, DocumentKind: paid.DocumentKind, Amount: paid.Amount, Account: paid.Account, Date: day,
		Text: w.title(p) + " " + caption(l),
	}
	if moved {
		payment.Text = booking.EventText(payment.Text, paid.Date)
	}
	effect := paid.Amount
	if paid.Original != (money.Amount{}) {
		payment.Exchange = &ports.Exchange{Original: paid.Original, Rate: paid.Rate, Difference: writeOff(paid.Difference)}
	}
	for _, off := range paid.WriteOffs {
		payment.WriteOffs = append(payment.WriteOffs, writeOff(off))
		if effect, err = effect.Add(off.Amount); err != nil {
			return plannedPayment{}, err
		}
	}
	if payment.Exchange != nil {
		effect = payment.Exchange.Original
	}
	content, err := json.Marshal(payment)
	if err != nil {
		return plannedPayment{}, err
	}
	return plannedPayment{
		step: ports.Step{
			PayoutID: p.ID, LineID: l.ID, Kind: ports.StepPayment, Key: key, State: ports.StepPlanned,
			Content: content, Document: paid.DocumentNumber, Amount: effect, SettingsVersion: w.flow.SettingsVersion,
		},
		claim:  ports.Claim{Number: paid.DocumentNumber, Amount: effect},
		direct: paid.Direct,
	}, nil
}

func writeOff(w booking.WriteOff) ports.WriteOff {
	return ports.WriteOff{Account: w.Account, Amount: w.Amount, Reason: w.Reason, Text: w.Text}
}
