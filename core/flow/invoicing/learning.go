package invoicing

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/start"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// Learn makes an order of a provider known, because a callback named it, and asks the
// flows of its connection to read it. It fails with CodeNoFlow if none is on.
func (s *Service) Learn(ctx context.Context, tx ports.Tx, connectionID, orderID string, _ time.Time) error {
	return s.learn(ctx, tx, connectionID, []string{orderID}, ports.LearnedByCallback, ports.TriggerCallback)
}

// LearnIDs makes orders known that a person names, also long after they were placed.
func (s *Service) LearnIDs(ctx context.Context, connectionID string, ids []string, by string) error {
	return s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		record, err := tx.Connections().Get(ctx, connectionID)
		if err != nil {
			return err
		}
		if err := s.learn(ctx, tx, connectionID, ids, ports.LearnedByPerson, ports.TriggerAPI); err != nil {
			return err
		}
		return tx.Audit().Append(ctx, ports.AuditEntry{
			MerchantID: record.MerchantID, At: s.clock.Now().UTC(), By: by, Act: "orders.named", Subject: connectionID,
		})
	})
}

func (s *Service) learn(ctx context.Context, tx ports.Tx, connectionID string, ids []string, origin ports.PurchaseOrigin, trigger string) error {
	flows, err := readers(ctx, tx, connectionID)
	if err != nil {
		return err
	}
	if len(flows) == 0 {
		return fault.New(CodeNoFlow, fault.Conflict, "no enabled flow reads orders of the connection").
			WithRemedy("enable a flow of orders, invoices, refunds or events from it")
	}
	for _, id := range ids {
		if _, err := tx.Purchases().Learn(ctx, connectionID, id, origin, s.clock.Now().UTC()); err != nil {
			return err
		}
	}
	for _, f := range flows {
		if _, _, err := start.Run(ctx, tx, f, trigger, s.machine()); err != nil {
			return err
		}
	}
	return nil
}

// readers gives the enabled flows that make documents of a connection's orders, or book
// them as events.
func readers(ctx context.Context, tx ports.Tx, connectionID string) ([]merchant.Flow, error) {
	record, err := tx.Connections().Get(ctx, connectionID)
	if err != nil {
		return nil, err
	}
	var flows []merchant.Flow
	err = walk.Flows(ctx, tx, record.MerchantID, func(f merchant.Flow) error {
		if f.Source == connectionID && f.Enabled && f.ReadsOrders() {
			flows = append(flows, f)
		}
		return nil
	})
	return flows, err
}
