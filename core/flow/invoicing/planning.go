package invoicing

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/ports"
)

// errWaits: a document rests on another one that is not there yet.
var errWaits = errors.New("waits for another document")

// plan plans the documents of all orders that this kind of flow has to look at, each in
// a unit of work of its own.
func (w *work) plan(ctx context.Context) error {
	for after := int64(0); ; {
		var list []ports.PurchaseRecord
		err := w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
			var err error
			list, err = tx.Purchases().Unplanned(ctx, w.flow.Source, w.flow.Kind, after, ordersAtOnce)
			return err
		})
		if err != nil || len(list) == 0 {
			return err
		}
		for _, r := range list {
			after = r.Num
			if err := w.planOne(ctx, r); err != nil {
				return err
			}
		}
	}
}

func (w *work) planOne(ctx context.Context, r ports.PurchaseRecord) error {
	if err := w.lookUp(ctx, r); err != nil {
		return err
	}
	return w.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		now, err := tx.Purchases().Get(ctx, w.flow.Source, r.ID)
		if err != nil {
			return err
		}
		p := planner{work: w, tx: tx, record: now}
		if err := p.all(ctx); err != nil {
			return err
		}
		if !p.left {
			now.Unplanned = slices.DeleteFunc(slices.Clone(now.Unplanned), func(k merchant.FlowKind) bool { return k == w.flow.Kind })
			return tx.Purchases().Save(ctx, now)
		}
		return nil
	})
}

// planner plans the documents that one kind of flow makes of one order.
type planner struct {
	*work
	tx     ports.Tx
	record ports.PurchaseRecord
	// left: something waits, or a person must look, so that it is planned again later.
	left bool
	// taken is a document that a person takes for the one of a fact, until it is.
	taken    *ports.DocumentRecord
	takenFor string
	refused  error
	// at is the fact that is being planned.
	at string
}

func (p *planner) all(ctx context.Context) error {
	switch p.flow.Kind {
	case merchant.Orders:
		return p.each(ctx, "", func(ctx context.Context) error { return p.order(ctx) })
	case merchant.Invoices:
		for i, c := range p.record.Purchase.Captures {
			if err := p.each(ctx, c.ID, func(ctx context.Context) error { return p.invoice(ctx, i) }); err != nil {
				return err
			}
		}
	case merchant.Refunds:
		return p.credits(ctx)
	case merchant.Payouts, merchant.Events:
	}
	return nil
}

// each plans what follows from one fact. What keeps it from being planned becomes an
// exception, which goes once it is planned.
func (p *planner) each(ctx context.Context, id string, plan func(ctx context.Context) error) error {
	fact := p.fact(p.record.ID, string(p.flow.Kind), id)
	p.at = fact
	err := plan(ctx)
	if p.taken != nil && p.takenFor == fact {
		p.refused = err
	}
	if errors.Is(err, errWaits) {
		p.left = true
		return nil
	}
	if f := fault.Of(err); f != nil && f.Class != fault.Temporary {
		p.left = true
		return p.raise(ctx, p.tx, about{purchase: p.record, fact: fact, document: documentOf(err)}, f)
	}
	if err != nil {
		return err
	}
	return p.tx.Exceptions().ResolveFact(ctx, p.merchant.ID, fact, "the document is planned", "kvitt", p.clock.Now().UTC())
}

// step plans one document, unless it was planned before.
func (p *planner) step(ctx context.Context, kind ports.StepKind, key string, content any, amount money.Amount) error {
	text, err := json.Marshal(content)
	if err != nil {
		return err
	}
	s := ports.Step{
		FlowID: p.flow.ID, Kind: kind, Key: key, State: ports.StepPlanned, Content: text, Document: queue(p.record.ID),
		Amount: amount, SettingsVersion: p.flow.SettingsVersion,
	}
	if p.takes() {
		return p.take(ctx, s)
	}
	return p.tx.Steps().Plan(ctx, []ports.Step{s})
}

// takes reports whether a person takes a document for the one that is being planned.
func (p *planner) takes() bool { return p.taken != nil && p.takenFor == p.at }

// take keeps a document that somebody else made as if the step had found it.
func (p *planner) take(ctx context.Context, s ports.Step) error {
	shown, err := json.Marshal(invoice.Written{Document: p.taken.Document})
	if err != nil {
		return err
	}
	s.State, s.Number, s.Outcome, s.Result, s.ClosedAt = ports.StepDone, p.taken.Number, ports.Found, shown, p.clock.Now().UTC()
	booked := s
	booked.Kind, booked.Key = ports.StepBooking, ending(s.Key, bookedMark)
	steps := []ports.Step{s}
	if p.taken.Booked {
		steps = append(steps, booked)
	}
	p.taken = nil
	return p.tx.Steps().Plan(ctx, steps)
}

// queue has the documents of one order made one after the other.
func queue(purchaseID string) string { return "order/" + purchaseID }

// The ends of keys, by what they make. Keys have one length, so that none is part of
// another where systems search for substrings (fortnox.md 15.1).
const (
	orderMark   = "O"
	invoiceMark = "I"
	creditMark  = "C"
	aloneMark   = "A"
	bookedMark  = "B"
	cancelMark  = "X"
)

// key names a document for ever, by what it is made of.
func (w *work) key(mark, purchaseID string, facts ...string) string {
	return "kv:" + identify("", append([]string{w.flow.Source, purchaseID}, facts...)...) + ":" + mark + ";"
}

// ending gives the key of what books or cancels the document of a key.
func ending(key, mark string) string { return strings.TrimSuffix(key, ";") + mark + ";" }

// known gives the step of a key, and whether there is one.
func (p *planner) known(ctx context.Context, key string) (ports.Step, bool, error) {
	s, err := p.tx.Steps().ByKey(ctx, key)
	if fault.CodeOf(err) == ports.CodeNotFound {
		return s, false, nil
	}
	return s, err == nil, err
}

// beforeCutOff reports whether a fact lies before the moment from which the flow makes
// documents.
func (p *planner) beforeCutOff(at time.Time) bool { return at.Before(p.flow.Since) }

// order plans the order, or its cancelling.
func (p *planner) order(ctx context.Context) error {
	purchase := p.record.Purchase
	key := p.key(orderMark, p.record.ID)
	made, known, err := p.known(ctx, key)
	switch {
	case err != nil:
		return err
	case known:
		return p.cancelOrder(ctx, made)
	case purchase.State == order.PurchasePending || !p.ordersAre(p.flow):
		return nil
	}
	day := p.day(purchase.PlacedAt)
	m, err := p.maker(ctx, purchase.Total, purchase.Rows, day)
	if err != nil {
		return err
	}
	draft, err := m.Order(day)
	if err != nil {
		return err
	}
	// What somebody else has invoiced needs no order; the flow of invoices asks what to do.
	invoiced, err := p.foreign(ctx, draft.References, invoice.Invoice)
	if err != nil || len(invoiced) > 0 {
		return err
	}
	return p.step(ctx, ports.StepOrder, key, posting.Document{Draft: draft}, purchase.Total)
}

// ordersAre reports whether a flow of orders makes one of this purchase: what was
// placed before its cut-off has none, and neither has what ended without a capture.
func (p *planner) ordersAre(orders merchant.Flow) bool {
	purchase := p.record.Purchase
	ended := purchase.State == order.PurchaseEnded && len(purchase.Captures) == 0
	return !ended && !purchase.PlacedAt.Before(orders.Since) && len(purchase.Rows) > 0
}

// cancelOrder plans the cancelling of an order that ended without a capture.
func (p *planner) cancelOrder(ctx context.Context, made ports.Step) error {
	purchase := p.record.Purchase
	if purchase.State != order.PurchaseEnded || len(purchase.Captures) > 0 {
		return nil
	}
	switch made.State {
	case ports.StepPlanned:
		made.State = ports.StepDropped
		return p.tx.Steps().Save(ctx, made)
	case ports.StepDropped:
		return nil
	case ports.StepOpen, ports.StepParked:
		return errWaits
	case ports.StepDone:
	}
	return p.step(ctx, ports.StepOrderCancel, ending(made.Key, cancelMark), posting.Ending{Number: made.Number}, made.Amount)
}

// invoice plans the invoice of the capture at place i.
func (p *planner) invoice(ctx context.Context, i int) error {
	purchase := p.record.Purchase
	capture := purchase.Captures[i]
	key := p.key(invoiceMark, p.record.ID, capture.ID)
	if _, known, err := p.known(ctx, key); err != nil || known || p.beforeCutOff(capture.At) {
		return err
	}
	sold, day, err := p.sold(i)
	if err != nil {
		return err
	}
	m, err := p.maker(ctx, capture.Amount, sold.Rows, day)
	if err != nil {
		return err
	}
	draft, err := m.Invoice(i, sold, day)
	if err != nil {
		return err
	}
	if err := p.notElsewhere(ctx, draft, invoice.Invoice, capture.Amount, len(purchase.Captures) == 1); err != nil {
		return err
	}
	content := posting.Document{Draft: draft}
	if content.OrderStep, err = p.throughOrder(ctx, capture, sold.Assumed); err != nil {
		return err
	}
	if err := p.countAbroad(ctx, m.Market, draft, day); err != nil {
		return err
	}
	if err := p.step(ctx, ports.StepInvoice, key, content, capture.Amount); err != nil || !sold.Assumed {
		return err
	}
	return p.askToLook(ctx, capture.ID, "capture", capture.Amount)
}

// askToLook asks a person to look at rows that nobody named. The document is made
// meanwhile.
func (p *planner) askToLook(ctx context.Context, id, what string, amount money.Amount) error {
	return p.raise(ctx, p.tx, about{purchase: p.record, fact: p.fact(p.record.ID, "rows", id), amount: amount},
		fault.New(CodeRowsAssumed, fault.Conflict, "the provider does not say what the "+what+" of "+amount.String()+" consists of, so that it is shared over the VAT rates of the order in proportion").
			WithRemedy("compare the document with what was delivered or given back; resolve the exception if it is right, else correct it in the accounting system"))
}

// throughOrder gives the step of the order that the capture of the whole of it is made
// an invoice of, empty if the invoice stands for itself.
func (p *planner) throughOrder(ctx context.Context, capture order.Capture, assumed bool) (string, error) {
	purchase := p.record.Purchase
	orders, on := p.beside[merchant.Orders]
	if !on || p.takes() || !p.settings.Documents.ThroughOrder || assumed || len(purchase.Captures) > 1 || capture.Amount != purchase.Total || !p.ordersAre(orders) {
		return "", nil
	}
	made, known, err := p.known(ctx, p.key(orderMark, p.record.ID))
	if err != nil {
		return "", err
	}
	if !known || made.State != ports.StepDone {
		return "", errWaits
	}
	return made.Key, nil
}
