package invoicing

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/invoicing"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

// posted is an invoice as far as its credit invoice needs to know it.
type posted struct {
	number string
	booked bool
	market tax.Market
}

// lookUp searches the accounting system, once for each order, for documents that
// somebody else has made of it, so that no sale is invoiced twice.
func (w *work) lookUp(ctx context.Context, r ports.PurchaseRecord) error {
	name := r.Purchase.References[w.settings.Documents.Reference]
	if w.flow.Kind == merchant.Refunds || name == "" {
		return nil
	}
	key := ports.DocumentKey{Reference: invoice.ExternalReference1, Value: matching.Normalise(name)}
	var searched map[ports.DocumentKey]bool
	err := w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		searched, err = tx.Documents().Searched(ctx, w.flow.Target, []ports.DocumentKey{key}, time.Time{})
		return err
	})
	if err != nil || searched[key] {
		return err
	}
	found, err := w.find(ctx, key)
	if err != nil {
		return err
	}
	return w.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Documents().Upsert(ctx, w.flow.Target, found, matching.Normalise); err != nil {
			return err
		}
		return tx.Documents().MarkSearched(ctx, w.flow.Target, []ports.DocumentKey{key}, w.clock.Now().UTC())
	})
}

func (w *work) find(ctx context.Context, key ports.DocumentKey) ([]invoice.Document, error) {
	target, err := w.books(ctx)
	if err != nil {
		return nil, err
	}
	documents, err := remote.Capability[ports.DocumentSource](target, ports.CapabilityDocuments)
	if err != nil {
		return nil, err
	}
	var page ports.DocumentPage
	err = target.Do(remote.WithTally(ctx, w.run.Tally), "FindDocuments", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		var err error
		page, err = documents.FindDocuments(ctx, ports.FindDocumentsRequest{Call: call, Reference: key.Reference, Value: key.Value})
		return page.Usage, err
	})
	return page.Documents, err
}

// books opens the accounting system, once in a slice of work.
func (w *work) books(ctx context.Context) (*remote.Account, error) {
	if w.target == nil {
		var err error
		if w.target, err = w.desk.Open(ctx, w.flow.Target); err != nil {
			return nil, err
		}
	}
	return w.target, nil
}

// foreign gives the documents of a kind, made by somebody else, that carry the
// references of a draft.
func (p *planner) foreign(ctx context.Context, references map[invoice.Reference]string, kind invoice.Kind) ([]ports.DocumentRecord, error) {
	var keys []ports.DocumentKey
	for reference, value := range references {
		if value != "" {
			keys = append(keys, ports.DocumentKey{Reference: reference, Value: matching.Normalise(value)})
		}
	}
	documents, err := p.tx.Documents().ByKeys(ctx, p.flow.Target, keys)
	if err != nil {
		return nil, err
	}
	var foreign []ports.DocumentRecord
	for _, d := range documents {
		if d.Kind != kind || d.Cancelled {
			continue
		}
		own, err := p.own(ctx, d.Number)
		if err != nil {
			return nil, err
		}
		if !own {
			foreign = append(foreign, d)
		}
	}
	return foreign, nil
}

// mostSteps is more than one document has.
const mostSteps = 1000

// own reports whether kvitt made a document of this accounting system, or adopted it. In
// another system of the merchant's the number is another document's.
func (p *planner) own(ctx context.Context, number string) (bool, error) {
	steps, err := p.tx.Steps().ByNumber(ctx, p.merchant.ID, number, ports.Page{Limit: mostSteps})
	if err != nil {
		return false, err
	}
	for _, s := range steps {
		if (s.Kind != ports.StepInvoice && s.Kind != ports.StepCredit) || s.Number != number {
			continue
		}
		maker, err := p.tx.Flows().Get(ctx, s.FlowID)
		if err != nil || maker.Target == p.flow.Target {
			return err == nil, err
		}
	}
	return false, nil
}

// notElsewhere refuses to make a document that somebody else seems to have made: one of
// the same order that names the same fact or has the same total, or any at all if there
// can be no other.
func (p *planner) notElsewhere(ctx context.Context, d invoice.Draft, kind invoice.Kind, total money.Amount, only bool) error {
	foreign, err := p.foreign(ctx, d.References, kind)
	if err != nil || p.takes() {
		return err
	}
	fact := matching.Normalise(d.References[invoice.ExternalReference2])
	for _, f := range foreign {
		if !only && f.Total != total && matching.Normalise(f.References[invoice.ExternalReference2]) != fact {
			continue
		}
		what := "invoice "
		if kind == invoice.Credit {
			what = "credit invoice "
		}
		return &elsewhere{number: f.Number, why: fault.New(CodeMadeElsewhere, fault.Conflict,
			what+f.Number+" over "+f.Total.String()+" carries the references of "+total.String()+" and was not made by kvitt").
			WithRemedy("adopt the exception to take that document for this one; or cancel or credit it in the accounting system and retry")}
	}
	return nil
}

// elsewhere is the fault of a document that somebody else has made.
type elsewhere struct {
	why    *fault.Error
	number string
}

func (e *elsewhere) Error() string { return e.why.Error() }

func (e *elsewhere) Unwrap() error { return e.why }

// elsewhere gives the invoice of a capture from before the cut-off, which somebody else
// has made: the one of its order that has its amount.
func (p *planner) elsewhere(ctx context.Context, c invoicing.Credit) (posted, error) {
	purchase := p.record.Purchase
	capture := purchase.Captures[c.Capture]
	m := invoicing.Maker{Purchase: purchase, Settings: p.settings}
	references := map[invoice.Reference]string{invoice.ExternalReference1: purchase.References[p.settings.Documents.Reference]}
	if number, err := invoicing.Number(m.Settings.Documents.OrderNumber, purchase); err == nil {
		references[invoice.OrderNumber] = number
	}
	found, err := p.foreign(ctx, references, invoice.Invoice)
	if err != nil {
		return posted{}, err
	}
	var fits []ports.DocumentRecord
	for _, d := range found {
		if d.Total == capture.Amount {
			fits = append(fits, d)
		}
	}
	if len(fits) != 1 {
		return posted{}, fault.New(CodeOriginalMissing, fault.Conflict, "the refund credits the capture of "+capture.Amount.String()+", whose invoice kvitt did not make and cannot tell from others").
			WithRemedy("make the credit invoice in the accounting system by hand and adopt it")
	}
	if !fits[0].Booked {
		return posted{}, fault.New(CodeOriginalMissing, fault.Conflict, "the refund credits invoice "+fits[0].Number+", which kvitt did not make and which is not booked").
			WithRemedy("book the invoice in the accounting system, or cancel it there, then retry the exception")
	}
	maker, err := p.maker(ctx, capture.Amount, c.Rows, p.day(capture.At))
	return posted{number: fits[0].Number, booked: fits[0].Booked, market: maker.Market}, err
}
