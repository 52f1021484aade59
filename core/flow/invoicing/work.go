package invoicing

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// work is a slice of work on one flow.
type work struct {
	*Service
	flow     merchant.Flow
	merchant merchant.Merchant
	settings booking.Settings
	zone     *time.Location
	// beside are the enabled flows of the same pair of connections, this one included.
	beside map[merchant.FlowKind]merchant.Flow
	run    *posting.Run
	target *remote.Account
	// raised takes exceptions in place of the store while something is tried, else nil.
	raised *[]ports.Exception
}

// open loads a flow with all that its work needs. How documents are made stands in the
// settings of the invoices flow of the pair, if there is one, so that the three agree.
func (s *Service) open(ctx context.Context, flowID string) (*work, error) {
	return walk.View(ctx, s.store, func(ctx context.Context, tx ports.Tx) (*work, error) {
		flow, err := tx.Flows().Get(ctx, flowID)
		if err != nil {
			return nil, err
		}
		w := &work{Service: s, flow: flow, beside: map[merchant.FlowKind]merchant.Flow{}}
		w.run = &posting.Run{
			Store: s.store, Clock: s.clock, Machine: s.machine, Log: s.log, Tally: &remote.Tally{}, Flow: flow.ID,
		}
		if w.merchant, err = tx.Merchants().Get(ctx, flow.MerchantID); err != nil {
			return nil, err
		}
		if w.zone, err = time.LoadLocation(w.merchant.Zone); err != nil {
			return nil, fault.Invalid("merchant.zone_unknown", "zone", "\""+w.merchant.Zone+"\" is not an IANA time zone").Wrap(err)
		}
		rules := flow.Settings
		err = walk.Flows(ctx, tx, flow.MerchantID, func(f merchant.Flow) error {
			if f.Source != flow.Source || f.Target != flow.Target {
				return nil
			}
			if f.Kind == merchant.Invoices {
				rules = f.Settings
			}
			if f.Enabled {
				w.beside[f.Kind] = f
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if w.settings, err = booking.Parse(rules); err != nil {
			return nil, err
		}
		w.run.Run, err = tx.Runs().Current(ctx, flow.ID)
		if fault.CodeOf(err) == ports.CodeNotFound {
			err = nil
		}
		return w, err
	})
}

// wake asks for the flows of some kinds beside this one to be moved on.
func (w *work) wake(ctx context.Context, tx ports.Tx, kinds ...merchant.FlowKind) error {
	for _, kind := range kinds {
		f, on := w.beside[kind]
		if !on || f.ID == w.flow.ID {
			continue
		}
		if err := tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.AdvanceFlow, Subject: f.ID}); err != nil {
			return err
		}
	}
	return nil
}
