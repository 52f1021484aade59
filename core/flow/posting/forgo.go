package posting

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// Forgo gives up what a flow that has left shadow has planned of no payout and is dated
// before its first moment: if it stands in the books, others have put it there. What
// takes back, books or cancels something that kvitt itself has written stays.
func Forgo(ctx context.Context, store ports.Store, flow merchant.Flow) error {
	if !flow.LeftShadow {
		return nil
	}
	return store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		owner, err := tx.Merchants().Get(ctx, flow.MerchantID)
		if err != nil {
			return err
		}
		zone, err := time.LoadLocation(owner.Zone)
		if err != nil {
			return err
		}
		return forgo(ctx, tx, flow.ID, civil.In(flow.Since, zone))
	})
}

func forgo(ctx context.Context, tx ports.Tx, flowID string, first civil.Date) error {
	for after := int64(0); ; {
		steps, err := tx.Steps().PendingOfFlow(ctx, flowID, after, ports.MaxBatch)
		if err != nil || len(steps) == 0 {
			return err
		}
		for _, s := range steps {
			after = s.ID
			day, dated, err := dateOf(s)
			if err != nil {
				return err
			}
			if !dated || s.State != ports.StepPlanned || !day.Before(first) {
				continue
			}
			s.State = ports.StepDropped
			if err := tx.Steps().Save(ctx, s); err != nil {
				return err
			}
		}
	}
}

// dateOf gives the date of a document that rests on none which kvitt has written.
func dateOf(s ports.Step) (day civil.Date, dated bool, err error) {
	switch s.Kind {
	case ports.StepVoucher, ports.StepCorrection:
		if s.Reverses != "" {
			return day, false, nil
		}
		_, voucher, err := ReadVoucher(s)
		return voucher.Date(), err == nil, err
	case ports.StepOrder, ports.StepInvoice, ports.StepCredit:
		content, err := ReadDocument(s)
		return content.Draft.Date, err == nil, err
	case ports.StepAttachment, ports.StepPayment, ports.StepRelease, ports.StepBooking, ports.StepCancel, ports.StepOrderCancel:
	}
	return day, false, nil
}
