package invoicing

import (
	"context"
	"errors"
	"slices"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/flow/purchase"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/ports"
)

// Tried is what would be made of an order, or is already.
type Tried struct {
	Dossier
	// Exceptions are what a person would have to decide.
	Exceptions []ports.Exception
}

// errOver ends a rehearsal, of which nothing is kept.
var errOver = errors.New("the rehearsal is over")

// Try reads an order at its provider and plans its documents as the flows would that
// may write, whether they are on or not, and keeps nothing of it: the plan is made by
// the same code in a unit of work that is given up. Documents that rest on others are
// planned as if those had been made. What is made already is given as it is.
func (s *Service) Try(ctx context.Context, connectionID, orderID string) (Tried, error) {
	flows, err := s.flowsOf(ctx, connectionID)
	if err != nil {
		return Tried{}, err
	}
	bought, err := s.readAlone(ctx, connectionID, orderID)
	if err != nil {
		return Tried{}, err
	}
	works := make([]*work, 0, len(flows))
	for _, kind := range []merchant.FlowKind{merchant.Orders, merchant.Invoices, merchant.Refunds} {
		f, there := flows[kind]
		if !there {
			continue
		}
		w, err := s.open(ctx, f.ID)
		if err != nil {
			return Tried{}, err
		}
		w.beside = flows
		if err := w.lookUp(ctx, ports.PurchaseRecord{ID: orderID, Purchase: bought}); err != nil {
			return Tried{}, err
		}
		works = append(works, w)
	}
	var tried Tried
	err = s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if tried, err = rehearse(ctx, tx, works, bought); err != nil {
			return err
		}
		return errOver
	})
	if errors.Is(err, errOver) {
		err = nil
	}
	return tried, err
}

// flowsOf gives the flows that make documents of a connection's orders, by kind.
func (s *Service) flowsOf(ctx context.Context, connectionID string) (map[merchant.FlowKind]merchant.Flow, error) {
	flows := map[merchant.FlowKind]merchant.Flow{}
	err := s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		record, err := tx.Connections().Get(ctx, connectionID)
		if err != nil {
			return err
		}
		return walk.Flows(ctx, tx, record.MerchantID, func(f merchant.Flow) error {
			if f.Source == connectionID && f.Kind.MakesDocuments() {
				flows[f.Kind] = f
			}
			return nil
		})
	})
	if err == nil && len(flows) == 0 {
		err = fault.New(CodeNoFlow, fault.Conflict, "no flow makes documents of the connection's orders").
			WithRemedy("make a flow of orders, invoices or refunds from it; it need not be enabled")
	}
	return flows, err
}

// readAlone reads an order and keeps nothing.
func (s *Service) readAlone(ctx context.Context, connectionID, orderID string) (order.Purchase, error) {
	source, err := s.desk.Open(ctx, connectionID)
	if err != nil {
		return order.Purchase{}, err
	}
	orders, err := remote.Capability[ports.PurchaseSource](source, ports.CapabilityPurchases)
	if err != nil {
		return order.Purchase{}, err
	}
	var result ports.PurchaseResult
	err = source.Do(ctx, "ReadPurchase", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		var err error
		result, err = orders.ReadPurchase(ctx, ports.ReadPurchaseRequest{Call: call, ID: orderID})
		return result.Usage, err
	})
	if f := fault.Of(err); f != nil && f.Class == fault.NotFound {
		return result.Purchase, fault.New(purchase.CodeUnknown, fault.NotFound, f.Reason).WithRemedy(f.Remedy).Wrap(err)
	}
	return result.Purchase, err
}

// rehearse plans all documents of an order, each kind as if those before had been made.
func rehearse(ctx context.Context, tx ports.Tx, works []*work, bought order.Purchase) (Tried, error) {
	w := works[0]
	now := w.clock.Now().UTC()
	if _, err := tx.Purchases().Learn(ctx, w.flow.Source, bought.ID, ports.LearnedByPerson, now); err != nil {
		return Tried{}, err
	}
	record, err := tx.Purchases().Get(ctx, w.flow.Source, bought.ID)
	if err != nil {
		return Tried{}, err
	}
	record.Purchase, record.ReadAt = bought, now
	if err := tx.Purchases().Save(ctx, record); err != nil {
		return Tried{}, err
	}
	tried := Tried{Dossier: Dossier{PurchaseRecord: record}}
	for _, w := range works {
		w.raised = &tried.Exceptions
		p := planner{work: w, tx: tx, record: record}
		if err := p.all(ctx); err != nil {
			return tried, err
		}
		steps, err := tx.Steps().OfDocument(ctx, w.flow.Target, queue(bought.ID))
		if err != nil {
			return tried, err
		}
		for _, s := range steps {
			if slices.ContainsFunc(tried.Steps, func(known ports.Step) bool { return known.Key == s.Key }) {
				continue
			}
			tried.Steps = append(tried.Steps, s)
			if err := w.pretend(ctx, tx, s, &tried); err != nil {
				return tried, err
			}
		}
	}
	return tried, nil
}

// pretend makes a document that is planned stand as if it had been made and booked.
func (w *work) pretend(ctx context.Context, tx ports.Tx, s ports.Step, tried *Tried) error {
	if s.State != ports.StepPlanned || s.FlowID != w.flow.ID {
		return nil
	}
	s.State, s.Number = ports.StepDone, "to be numbered"
	if err := tx.Steps().Save(ctx, s); err != nil {
		return err
	}
	var kind invoice.Kind
	switch s.Kind {
	case ports.StepInvoice:
		kind = invoice.Invoice
	case ports.StepCredit:
		kind = invoice.Credit
	default:
		return nil
	}
	content, err := posting.ReadDocument(s)
	if err != nil {
		return err
	}
	if err := w.planBooking(ctx, tx, s, kind, content.Draft); err != nil {
		return err
	}
	booking, err := tx.Steps().ByKey(ctx, ending(s.Key, bookedMark))
	if err != nil {
		return err
	}
	tried.Steps = append(tried.Steps, booking)
	booking.State, booking.Number = ports.StepDone, s.Number
	return tx.Steps().Save(ctx, booking)
}
