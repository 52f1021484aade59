package reconciliation

import (
	"context"

	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/books"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

// Payouts is the source of what is written for payouts: their vouchers, the
// payments of their lines, and payments that a person adopted.
type Payouts struct{}

var _ Source = Payouts{}

// Each implements Source, payout by payout in the order of their dates.
func (Payouts) Each(ctx context.Context, tx ports.Tx, flow *Flow, take func(Document) error) error {
	return eachPayout(ctx, tx, flow, func(p ports.PayoutRecord) error {
		template, err := templateOf(ctx, tx, flow, p)
		if err != nil {
			return err
		}
		written := writings{}
		rate := converter{nothing: p.Net.Currency() != flow.Currency}
		err = template.steps(ctx, tx, written, func(one Document) error {
			if err := rate.note(one); err != nil {
				return err
			}
			return take(one)
		})
		if err != nil || rate.nothing {
			return err
		}
		return template.adopted(ctx, tx, written, rate, take)
	})
}

// templateOf gives what all documents of a payout have in common.
func templateOf(ctx context.Context, tx ports.Tx, flow *Flow, p ports.PayoutRecord) (Document, error) {
	sets, err := flow.settingsOf(ctx, tx, p.SettingsVersion)
	if err != nil {
		return Document{}, err
	}
	settings := sets[0]
	d := Document{
		Settings: settings, Currency: flow.Currency, Clearing: settings.Accounts.Clearing[p.Net.Currency()],
		Payout: &p, Day: civil.In(p.Date, flow.Zone),
	}
	d.Expected.Payout = p.Reference
	return d, nil
}

// steps gives the documents that kvitt itself writes, and notes for which lines.
func (d Document) steps(ctx context.Context, tx ports.Tx, written writings, take func(Document) error) error {
	return walk.Steps(ctx, tx, d.Payout.ID, func(s ports.Step) error {
		e, ok, err := Expect(s, d.Settings)
		if err != nil || !ok {
			return err
		}
		one := d
		e.Payout = d.Expected.Payout
		one.Expected, one.Step, one.Day = e, s, e.Date
		if !one.moot() && s.LineID != 0 {
			amount, err := one.onClearing()
			if err != nil {
				return err
			}
			if written[s.LineID], err = written[s.LineID].Add(amount); err != nil {
				return err
			}
		}
		return take(one)
	})
}

// adopted gives the payments that somebody else has registered on the clearing
// account and a person adopted, those of a line in another currency at the rate of
// its payout.
func (d Document) adopted(ctx context.Context, tx ports.Tx, written writings, rate converter, take func(Document) error) error {
	return walk.Lines(ctx, tx, d.Payout.ID, ports.LineFilter{State: ports.LineMatched}, 0, func(l ports.LineRecord) error {
		amount, err := rate.inBooks(written.byOthers(l))
		if err != nil || amount.IsZero() || !l.Kind.NeedsDocument() {
			return err
		}
		one := d
		one.Line = l
		one.Step = ports.Step{State: ports.StepDone, LineID: l.ID, Document: l.Document, Amount: amount, PayoutID: d.Payout.ID}
		one.Expected = books.Expected{
			Kind: books.Adopted, Payout: d.Expected.Payout, Document: l.Document,
			Voucher: books.Voucher{Text: "Adopted payment of invoice " + l.Document, Rows: []ledger.Row{{Account: d.Clearing, Amount: amount}}},
		}
		return take(one)
	})
}

// writings are what kvitt writes to the clearing account, by the lines for which
// it writes anything at all.
type writings map[int64]money.Amount

// byOthers gives what others have registered on the clearing account for a matched
// line. If kvitt wrote nothing for it, that is its gross. A direct line does not
// come by the account, so there it is what a correction has taken off again.
func (w writings) byOthers(l ports.LineRecord) money.Amount {
	amount, known := w[l.ID]
	switch {
	case l.Direct:
		return amount.Neg()
	case known:
		return money.Amount{}
	}
	return l.Gross
}

// eachPayout gives the payouts of a flow of which something may be in the books.
func eachPayout(ctx context.Context, tx ports.Tx, flow *Flow, fn func(ports.PayoutRecord) error) error {
	return walk.Payouts(ctx, tx, flow.MerchantID, func(p ports.PayoutRecord) error {
		if p.FlowID != flow.ID || !planned(p.State) {
			return nil
		}
		return fn(p)
	})
}
