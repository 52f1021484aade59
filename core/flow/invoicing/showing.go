package invoicing

import (
	"context"

	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// Purchases lists the orders of a connection in the sequence in which they became
// known, above after. A name leaves only those that have it as id or reference.
func (s *Service) Purchases(ctx context.Context, connectionID, name string, after int64, limit int) ([]ports.PurchaseRecord, error) {
	return walk.View(ctx, s.store, func(ctx context.Context, tx ports.Tx) ([]ports.PurchaseRecord, error) {
		if name != "" {
			return tx.Purchases().Named(ctx, connectionID, name, limit)
		}
		return tx.Purchases().List(ctx, connectionID, after, limit)
	})
}

// Dossier is an order with the documents planned and made of it.
type Dossier struct {
	ports.PurchaseRecord
	Steps []ports.Step
}

// Purchase gives one order with its documents, in the order planned.
func (s *Service) Purchase(ctx context.Context, connectionID, id string) (Dossier, error) {
	return walk.View(ctx, s.store, func(ctx context.Context, tx ports.Tx) (Dossier, error) {
		var d Dossier
		var err error
		if d.PurchaseRecord, err = tx.Purchases().Get(ctx, connectionID, id); err != nil {
			return d, err
		}
		record, err := tx.Connections().Get(ctx, connectionID)
		if err != nil {
			return d, err
		}
		targets := map[string]bool{}
		err = walk.Flows(ctx, tx, record.MerchantID, func(f merchant.Flow) error {
			if f.Source != connectionID || !f.Kind.MakesDocuments() || targets[f.Target] {
				return nil
			}
			targets[f.Target] = true
			steps, err := tx.Steps().OfDocument(ctx, f.Target, queue(id))
			d.Steps = append(d.Steps, steps...)
			return err
		})
		return d, err
	})
}
