package registration

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/ports"
)

// forgo gives up the planned vouchers of a flow that has left shadow which are dated
// before its first moment: if they stand in the books, others have put them there. One
// that takes back what kvitt itself has written stays.
func (s *Service) forgo(ctx context.Context, p *poster) error {
	if !p.flow.LeftShadow {
		return nil
	}
	return s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		owner, err := tx.Merchants().Get(ctx, p.flow.MerchantID)
		if err != nil {
			return err
		}
		zone, err := time.LoadLocation(owner.Zone)
		if err != nil {
			return err
		}
		first := civil.In(p.flow.Since, zone)
		for after := int64(0); ; {
			steps, err := tx.Steps().PendingOfFlow(ctx, p.flow.ID, after, ports.MaxBatch)
			if err != nil || len(steps) == 0 {
				return err
			}
			for _, step := range steps {
				if after = step.ID; step.State != ports.StepPlanned || step.Reverses != "" {
					continue
				}
				_, voucher, err := posting.ReadVoucher(step)
				if err != nil {
					return err
				}
				if !voucher.Date().Before(first) {
					continue
				}
				step.State = ports.StepDropped
				if err := tx.Steps().Save(ctx, step); err != nil {
					return err
				}
			}
		}
	})
}
