package statement

import (
	"context"
	"fmt"
	"strings"

	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// Explanation says how a payout is booked.
type Explanation struct {
	Payout Payout
	Shape  booking.Shape
	// SettingsVersion is the version by which it is explained: that of the plan, or
	// the flow's own as long as there is no plan.
	SettingsVersion int
	Sums            []ExplainedSum
	// Direct is what payments of documents bring to the bank account by themselves;
	// the voucher's bank row is the rest of the net.
	Direct money.Amount
	// Disputes are the chargebacks, at most 500.
	Disputes []ports.LineRecord
}

// ExplainedSum is a sum of lines that are booked alike.
type ExplainedSum struct {
	ports.LineSum
	// Rows is what the sum comes to in the payout's voucher, without the bank row.
	Rows     []ledger.Row
	Sentence string
}

const shownDisputes = 500

// Explanation explains one payout by the rules that book it.
func (r *Reader) Explanation(ctx context.Context, payoutID string) (Explanation, error) {
	return walk.View(ctx, r.store, func(ctx context.Context, tx ports.Tx) (Explanation, error) {
		stated, err := readPayout(ctx, tx, payoutID)
		if err != nil {
			return Explanation{}, err
		}
		flow, err := tx.Flows().Get(ctx, stated.FlowID)
		if err != nil {
			return Explanation{}, err
		}
		settings, err := planSettings(ctx, tx, flow, stated.SettingsVersion)
		if err != nil {
			return Explanation{}, err
		}
		sums, err := tx.Lines().Sums(ctx, payoutID)
		if err != nil {
			return Explanation{}, err
		}
		e := Explanation{Payout: stated, Shape: settings.Shape, SettingsVersion: stated.SettingsVersion, Direct: money.Zero(stated.Net.Currency())}
		if e.SettingsVersion == 0 {
			e.SettingsVersion = flow.SettingsVersion
		}
		for _, sum := range sums {
			e.Sums = append(e.Sums, explain(sum, stated.Day, settings))
			if err := e.addDirect(sum); err != nil {
				return Explanation{}, err
			}
		}
		e.Disputes, err = tx.Lines().List(ctx, payoutID, ports.LineFilter{Kind: payout.Chargeback}, 0, shownDisputes)
		return e, err
	})
}

func (e *Explanation) addDirect(sum ports.LineSum) error {
	if !sum.Direct {
		return nil
	}
	net, err := payout.Line{Gross: sum.Gross, FeeExVAT: sum.FeeExVAT, FeeVAT: sum.FeeVAT}.Net()
	if err != nil {
		return err
	}
	e.Direct, err = e.Direct.Add(net)
	return err
}

// explain books the sum as if it were a payout of its own: what it then comes to
// is what it comes to in the whole.
func explain(sum ports.LineSum, day civil.Date, settings booking.Settings) ExplainedSum {
	explained := ExplainedSum{LineSum: sum}
	alone := booking.Sum{
		Kind: sum.Kind, RawType: sum.RawType, Direct: sum.Direct, Lines: sum.Lines, Gross: sum.Gross, FeeExVAT: sum.FeeExVAT, FeeVAT: sum.FeeVAT,
	}
	net, err := alone.Net()
	if err != nil {
		explained.Sentence = "It cannot be booked: " + err.Error() + "."
		return explained
	}
	entry, err := booking.PayoutVoucher(payout.Payout{Reference: sum.RawType, Net: net}, day, []booking.Sum{alone}, settings)
	if err != nil {
		explained.Sentence = "It cannot be booked: " + err.Error() + "."
		return explained
	}
	bank := settings.Accounts.Bank[net.Currency()]
	for _, row := range entry.Voucher.Rows() {
		if row.Account != bank {
			explained.Rows = append(explained.Rows, row)
		}
	}
	explained.Sentence = sentence(sum, explained.Rows, entry.Open, settings.Accounts.Clearing[net.Currency()], bank)
	return explained
}

// sentence says what the rows mean for the lines behind them.
func sentence(sum ports.LineSum, rows []ledger.Row, open []booking.Open, clearing, bank ledger.Account) string {
	booked := make([]string, 0, len(rows))
	for _, row := range rows {
		side := "debit"
		if row.Amount.Sign() < 0 {
			side = "credit"
		}
		booked = append(booked, fmt.Sprintf("%s %s with %s (%s)", side, row.Account, row.Amount.Abs(), lowered(row.Text)))
	}
	text := "The voucher posts nothing for it."
	if len(booked) > 0 {
		text = raised(strings.Join(booked, ", ")) + "."
	}
	after := background(sum, string(clearing))
	if sum.Direct {
		after = directly(sum, string(bank))
	}
	if after != "" {
		text += " " + after
	}
	for _, o := range open {
		text += " " + o.Amount.String() + " stays on " + string(clearing) + " until a person decides: " + o.Fault.Reason + "."
	}
	return text
}

func lowered(text string) string {
	if text == "" {
		return text
	}
	return strings.ToLower(text[:1]) + text[1:]
}

func raised(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// directly says how payments book lines that the voucher leaves out.
func directly(sum ports.LineSum, bank string) string {
	switch {
	case sum.Kind == payout.Fee:
		return "It is written off on the payments of the invoices that it belongs to."
	case !sum.Settled:
		return "The payment to " + bank + " that was planned for it is not made; a person must decide."
	case sum.Kind == payout.Refund:
		return "The credit invoices are settled on " + bank + ", each with its fees written off."
	}
	return "The invoices are paid on " + bank + ", each with its fees written off."
}

// background says what a kind of line means, whatever the accounts are.
func background(sum ports.LineSum, clearing string) string {
	switch sum.Kind {
	case payout.Sale:
		if sum.Settled {
			return "The invoices are marked paid gross on " + clearing + ", so that nothing is left there."
		}
		return "No invoice is tied to it, so that its gross stays open on " + clearing + " unless events of the shop have put it there."
	case payout.Refund:
		if sum.Settled {
			return "The credit invoices are settled gross on " + clearing + ", so that nothing is left there."
		}
		return "No credit invoice is tied to it, so that its gross stays open on " + clearing + " unless events of the shop have put it there."
	case payout.Fee:
		return "The provider kept it from the payout."
	case payout.Chargeback:
		return "The customer disputes the payment; the claim is open until it is won or lost."
	case payout.ChargebackReversal:
		return "A dispute was won; the claim is gone."
	case payout.Reserve:
		return "The provider holds it back as security; it is still the merchant's money."
	case payout.Release:
		return "Security that the provider held back is paid out."
	case payout.Carry:
		return "The debt moves to another payout; it stays on " + clearing + " in between."
	case payout.Unknown:
		return "Nobody knows what it means; nothing of the payout is booked before somebody does."
	case payout.Commission, payout.Loan, payout.Tax, payout.Adjustment:
	}
	return ""
}
