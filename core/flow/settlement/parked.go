package settlement

import (
	"context"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// placeParked books from the clearing account what the payout's voucher left there
// for want of an account: all parked lines of the exception's kind and raw type at
// once. It fails with what is missing if the settings still have no place for them.
func (c *casefile) placeParked(ctx context.Context, tx ports.Tx) error {
	lines, err := c.parkedAlike(ctx, tx)
	if err != nil {
		return err
	}
	tally := booking.Tally{}
	for _, l := range lines {
		if err := tally.Add(l.Line, l.Direct); err != nil {
			return err
		}
	}
	text := "Parked " + string(c.line.Kind) + " " + c.line.RawType + " of payout " + c.payout.Reference
	entry, err := booking.PlaceParked(tally.Sums(), civil.In(c.clock.Now(), c.zone), text, c.settings)
	if err != nil {
		return err
	}
	if len(entry.Open) > 0 {
		return entry.Open[0].Fault
	}
	part := "P" + identify("", string(c.line.Kind), c.line.RawType, lines[0].Key)
	if err := c.planMove(ctx, tx, part, entry.Voucher); err != nil {
		return err
	}
	decisions := make([]ports.LineDecision, len(lines))
	for i, l := range lines {
		decisions[i] = ports.LineDecision{LineID: l.ID, State: ports.LineNoDocument}
		if err := tx.Exceptions().ResolveLine(ctx, l.ID, "booked from the clearing account", c.by, c.clock.Now().UTC()); err != nil {
			return err
		}
	}
	if err := tx.Lines().Decide(ctx, decisions); err != nil {
		return err
	}
	return c.resume(ctx, tx, "retried", text)
}

// parkedAlike gives the lines that were parked with that of the exception.
func (c *casefile) parkedAlike(ctx context.Context, tx ports.Tx) ([]ports.LineRecord, error) {
	var alike []ports.LineRecord
	for after := int64(0); ; {
		lines, err := tx.Lines().List(ctx, c.payout.ID, ports.LineFilter{State: ports.LineException, Kind: c.line.Kind}, after, 1000)
		if err != nil || len(lines) == 0 {
			return alike, err
		}
		for _, l := range lines {
			after = l.Ordinal
			if l.RawType == c.line.RawType && !l.Direct && len(alike) < ports.MaxBatch {
				alike = append(alike, l)
			}
		}
	}
}

// planMove plans a voucher that moves money of the payout between accounts, and
// lets the flow take the payout up again. It belongs to no single line.
func (c *casefile) planMove(ctx context.Context, tx ports.Tx, part string, voucher ledger.Voucher) error {
	sum, err := voucher.Sum()
	if err != nil {
		return err
	}
	content, err := posting.VoucherContent(c.settings.VoucherSeries, voucher.Text(), voucher)
	if err != nil {
		return err
	}
	err = tx.Steps().Plan(ctx, []ports.Step{{
		PayoutID: c.payout.ID, Kind: ports.StepCorrection, Key: stepKey(c.payout, part), State: ports.StepPlanned,
		Content: content, Amount: sum, SettingsVersion: c.flow.SettingsVersion,
	}})
	if err != nil {
		return err
	}
	return c.reopen(ctx, tx)
}

// reopen lets the flow take a payout up again for which something was planned.
func (c *casefile) reopen(ctx context.Context, tx ports.Tx) error {
	p, err := tx.Payouts().Get(ctx, c.payout.ID)
	if err != nil || (p.State != payout.Closed && p.State != payout.Booked) {
		return err
	}
	p.State, p.UpdatedAt = payout.Booking, c.clock.Now().UTC()
	return tx.Payouts().Save(ctx, p)
}
