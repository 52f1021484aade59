package settlement

import (
	"context"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// Adoption is what adopting somebody else's booking means.
type Adoption struct {
	// Document is the invoice or credit invoice that the line is tied to.
	Document string
	// Payments are the payments that stand on it in the accounting system.
	Payments []ports.RegisteredPayment
	// Correction is the voucher that moves what was paid on another account than
	// clearing, empty if nothing has to move.
	Correction     []ledger.Row
	CorrectionText string
	// Confirmed says that it was done and not merely proposed.
	Confirmed bool
}

// Adopt accepts that somebody else has paid the document of an exception. Without
// confirm it only says what that means. If the payments lie on another account
// than clearing, a voucher moves them there, so that the payout's own voucher does
// not count the money twice.
func (s *Service) Adopt(ctx context.Context, exceptionID string, confirm bool, by string) (Adoption, error) {
	c, err := s.openCase(ctx, exceptionID, by)
	if err != nil {
		return Adoption{}, err
	}
	adoptable := c.exception.Code == matching.CodeAlreadyPaid || c.exception.Code == matching.CodeAlreadyCredited
	if !adoptable || c.exception.Document == "" {
		return Adoption{}, fault.New(CodeNotAdoptable, fault.Conflict, "only a document that somebody else has paid can be adopted").
			WithRemedy("resolve the exception by choosing a document")
	}
	adoption := Adoption{Document: c.exception.Document, Confirmed: confirm}
	if adoption.Payments, err = c.paymentsOf(ctx, c.exception.Document); err != nil {
		return Adoption{}, err
	}
	var voucher ledger.Voucher
	if c.foreign(c.payout) {
		err = c.standsOnClearing(adoption.Payments)
	} else {
		voucher, err = c.correction(ctx, adoption.Payments)
	}
	if err != nil {
		return Adoption{}, err
	}
	if !voucher.IsZero() {
		adoption.Correction, adoption.CorrectionText = voucher.Rows(), voucher.Text()
	}
	if !confirm {
		return adoption, nil
	}
	return adoption, s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := c.dropStep(ctx, tx); err != nil {
			return err
		}
		if err := c.planCorrection(ctx, tx, voucher); err != nil {
			return err
		}
		return c.settle(ctx, tx, adoption.Document, "adopted", "payment of "+adoption.Document+" by others adopted")
	})
}

// dropStep gives up the payment that was refused because somebody else had paid:
// theirs takes its place, and what was planned against the document is given back.
func (c *casefile) dropStep(ctx context.Context, tx ports.Tx) error {
	if c.exception.StepID == 0 {
		return nil
	}
	step, err := tx.Steps().Get(ctx, c.exception.StepID)
	if err != nil {
		return err
	}
	step.State = ports.StepDropped
	if err := tx.Steps().Save(ctx, step); err != nil {
		return err
	}
	return tx.Documents().Claim(ctx, c.flow.Target, []ports.Claim{{Number: step.Document, Amount: step.Amount.Neg()}})
}

func (c *casefile) paymentsOf(ctx context.Context, document string) ([]ports.RegisteredPayment, error) {
	return paymentsAt(ctx, c.target, document)
}

// PaymentsOf gives the payments that stand on a document of an accounting system.
func (s *Service) PaymentsOf(ctx context.Context, connectionID, document string) ([]ports.RegisteredPayment, error) {
	target, err := s.desk.Open(ctx, connectionID)
	if err != nil {
		return nil, err
	}
	return paymentsAt(ctx, target, document)
}

func paymentsAt(ctx context.Context, target *remote.Account, document string) ([]ports.RegisteredPayment, error) {
	source, err := remote.Capability[ports.PaymentSource](target, ports.CapabilityPayments)
	if err != nil {
		return nil, err
	}
	var list ports.PaymentList
	err = target.Do(ctx, "ListPayments", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		var err error
		list, err = source.ListPayments(ctx, ports.ListPaymentsRequest{Call: call, DocumentNumber: document})
		return list.Usage, err
	})
	return list.Payments, err
}

// correction is the voucher that moves a line's money from the account on which
// somebody booked it to clearing, or in the direct shape to where its payment would
// have brought it; it is zero if it is there already. A payment of
// another amount is not the line's, and one that was adopted before is taken.
func (c *casefile) correction(ctx context.Context, payments []ports.RegisteredPayment) (ledger.Voucher, error) {
	taken, err := c.adopted(ctx)
	if err != nil {
		return ledger.Voucher{}, err
	}
	clearing := c.settings.Accounts.Clearing[c.line.Gross.Currency()]
	for _, p := range payments {
		switch {
		case !p.Booked || p.Amount != c.line.Gross:
			continue
		case p.Account == clearing && !c.line.Direct:
			c.adoptedOn = p.Date
			return ledger.Voucher{}, nil
		case taken > 0:
			taken--
			continue
		}
		moved, err := booking.MoveFromClearing(c.line.Gross, p.Account, civil.In(c.clock.Now(), c.zone), "Payment of "+c.exception.Document+" moved to clearing", c.settings)
		if err != nil || !c.line.Direct {
			return moved, err
		}
		return c.throughClearing(ctx, moved)
	}
	return ledger.Voucher{}, fault.New(CodeNotAdoptable, fault.Conflict,
		"no payment of "+c.line.Gross.String()+" that is not taken stands on document "+c.exception.Document).
		WithRemedy("undo the other payment in the accounting system and retry, or resolve the exception by choosing a document")
}

// throughClearing adds to the voucher that moves the payment of a direct line to
// clearing what the payout's voucher left out: the net to the bank account, the
// fees, and the gross off the clearing account. VAT that the buyer accounts for on
// the fees is not among it, because the payout's voucher has that of all lines.
func (c *casefile) throughClearing(ctx context.Context, moved ledger.Voucher) (ledger.Voucher, error) {
	var sums map[string][]ports.LineSum
	err := c.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		sums, err = tx.Lines().GroupFees(ctx, c.payout.ID, []string{c.line.Group})
		return err
	})
	if err != nil {
		return ledger.Voucher{}, err
	}
	l := c.line
	alone := []booking.Sum{{Kind: l.Kind, RawType: l.RawType, Lines: 1, Gross: l.Gross, FeeExVAT: l.FeeExVAT, FeeVAT: l.FeeVAT}}
	for _, fee := range BookingSums(sums[l.Group]) {
		fee.Direct = false
		alone = append(alone, fee)
	}
	whole := payout.Payout{Reference: c.payout.Reference, Net: money.Zero(l.Gross.Currency())}
	for _, sum := range alone {
		net, err := sum.Net()
		if err != nil {
			return ledger.Voucher{}, err
		}
		if whole.Net, err = whole.Net.Add(net); err != nil {
			return ledger.Voucher{}, err
		}
	}
	settings := c.settings
	settings.ReverseCharge.Moment = booking.Monthly
	entry, err := booking.PayoutVoucher(whole, moved.Date(), alone, settings)
	if err != nil {
		return ledger.Voucher{}, err
	}
	return ledger.New(moved.Date(), "Payment of "+c.exception.Document+" moved to the bank account", append(moved.Rows(), entry.Voucher.Rows()...))
}

// adopted counts the payments of the document that other lines have adopted.
func (c *casefile) adopted(ctx context.Context) (int, error) {
	taken := 0
	err := c.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		steps, err := tx.Steps().OfDocument(ctx, c.flow.Target, c.exception.Document)
		for _, s := range steps {
			if s.Kind == ports.StepCorrection && s.State != ports.StepDropped {
				taken++
			}
		}
		return err
	})
	return taken, err
}

func (c *casefile) planCorrection(ctx context.Context, tx ports.Tx, voucher ledger.Voucher) error {
	if voucher.IsZero() {
		return nil
	}
	sum, err := voucher.Sum()
	if err != nil {
		return err
	}
	content, err := posting.VoucherContent(c.settings.VoucherSeries, voucher.Text(), voucher)
	if err != nil {
		return err
	}
	return tx.Steps().Plan(ctx, []ports.Step{{
		PayoutID: c.payout.ID, LineID: c.line.ID, Kind: ports.StepCorrection, Key: correctionKey(c.payout, c.line), State: ports.StepPlanned,
		Content: content, Document: c.exception.Document, Amount: sum, SettingsVersion: c.flow.SettingsVersion,
	}})
}
