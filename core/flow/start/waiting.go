package start

import (
	"context"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// Waiting lets the flows go on that wait for a connection. One that was switched off
// meanwhile ends the run that it has.
func Waiting(ctx context.Context, tx ports.Tx, record ports.ConnectionRecord) error {
	return walk.Flows(ctx, tx, record.MerchantID, func(f merchant.Flow) error {
		if f.Source != record.ID && f.Target != record.ID {
			return nil
		}
		if !f.Enabled {
			_, err := tx.Runs().Current(ctx, f.ID)
			if fault.CodeOf(err) == ports.CodeNotFound {
				return nil
			}
			if err != nil {
				return err
			}
		}
		return tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.AdvanceFlow, Subject: f.ID})
	})
}
