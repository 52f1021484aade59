package evidence

import (
	"context"

	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// Origin is what a document in the accounting system was made from.
type Origin struct {
	ports.Step
	// Voucher is what a voucher says, nil for other kinds.
	Voucher *posting.Voucher
	// Of is the payout it belongs to, nil for a step of a flow.
	Of *Subject
	// Line is the line that it settles, nil if it stands for more than one.
	Line *ports.LineRecord
}

// ByNumber gives the steps of a merchant that carry a number of the accounting
// system: series-number-year of a voucher ("K-12-3"), number of a payment, or
// number of the invoice or credit invoice that was paid. They are in the order in
// which they were planned; page.After is the id of a step.
func (r *Reader) ByNumber(ctx context.Context, merchantID, number string, page ports.Page) ([]Origin, error) {
	return walk.View(ctx, r.store, func(ctx context.Context, tx ports.Tx) ([]Origin, error) {
		steps, err := tx.Steps().ByNumber(ctx, merchantID, number, page)
		if err != nil {
			return nil, err
		}
		origins := make([]Origin, 0, len(steps))
		for _, s := range steps {
			o := Origin{Step: s}
			if err := o.find(ctx, tx); err != nil {
				return nil, err
			}
			origins = append(origins, o)
		}
		return origins, nil
	})
}

func (o *Origin) find(ctx context.Context, tx ports.Tx) error {
	if o.Kind == ports.StepVoucher || o.Kind == ports.StepCorrection {
		v, err := content(o.Step)
		if err != nil {
			return err
		}
		o.Voucher = &v
	}
	if o.PayoutID == "" {
		return nil
	}
	about, err := subject(ctx, tx, o.PayoutID)
	if err != nil {
		return err
	}
	o.Of = &about
	if o.LineID == 0 {
		return nil
	}
	line, err := tx.Lines().Get(ctx, o.LineID)
	if fault.CodeOf(err) == ports.CodeNotFound {
		return nil
	}
	o.Line = &line
	return err
}
