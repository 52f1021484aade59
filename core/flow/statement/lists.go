package statement

import (
	"context"

	"github.com/kvitt/kvitt/core/flow/walk"

	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// Lines lists the lines of a payout by ordinal; after is an ordinal.
func (r *Reader) Lines(ctx context.Context, payoutID string, filter ports.LineFilter, after int64, limit int) ([]ports.LineRecord, error) {
	return walk.View(ctx, r.store, func(ctx context.Context, tx ports.Tx) ([]ports.LineRecord, error) {
		if _, err := tx.Payouts().Get(ctx, payoutID); err != nil {
			return nil, err
		}
		return tx.Lines().List(ctx, payoutID, filter, after, limit)
	})
}

// Run gives one run.
func (r *Reader) Run(ctx context.Context, id string) (ports.Run, error) {
	return walk.View(ctx, r.store, func(ctx context.Context, tx ports.Tx) (ports.Run, error) { return tx.Runs().Get(ctx, id) })
}

// Runs lists a merchant's runs, newest first.
func (r *Reader) Runs(ctx context.Context, merchantID string, filter ports.RunFilter, page ports.Page) ([]ports.Run, error) {
	return walk.View(ctx, r.store, func(ctx context.Context, tx ports.Tx) ([]ports.Run, error) {
		return tx.Runs().List(ctx, merchantID, filter, page)
	})
}

// Exception gives one exception.
func (r *Reader) Exception(ctx context.Context, id string) (ports.Exception, error) {
	return walk.View(ctx, r.store, func(ctx context.Context, tx ports.Tx) (ports.Exception, error) {
		return tx.Exceptions().Get(ctx, id)
	})
}

// Exceptions lists a merchant's exceptions, oldest first.
func (r *Reader) Exceptions(ctx context.Context, merchantID string, filter ports.ExceptionFilter, page ports.Page) ([]ports.Exception, error) {
	return walk.View(ctx, r.store, func(ctx context.Context, tx ports.Tx) ([]ports.Exception, error) {
		return tx.Exceptions().List(ctx, merchantID, filter, page)
	})
}

// Audit lists who did what, newest first.
func (r *Reader) Audit(ctx context.Context, filter ports.AuditFilter, page ports.Page) ([]ports.AuditEntry, error) {
	return walk.View(ctx, r.store, func(ctx context.Context, tx ports.Tx) ([]ports.AuditEntry, error) {
		return tx.Audit().List(ctx, filter, page)
	})
}

// Ping reads something, to see whether the store works.
func (r *Reader) Ping(ctx context.Context) error {
	return r.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		_, err := tx.Merchants().List(ctx, ports.Page{Limit: 1})
		return err
	})
}

// Caption is the text by which people know a line.
func Caption(l ports.LineRecord) string {
	for _, name := range []payout.Reference{payout.MerchantReference1, payout.ShortOrderID, payout.OrderID, payout.TransactionID} {
		if text := l.References[name]; text != "" {
			return text
		}
	}
	return l.Key
}
