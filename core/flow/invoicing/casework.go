package invoicing

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/posting"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/invoicing"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// About reports whether an exception is about the documents of these flows.
func (s *Service) About(ctx context.Context, exceptionID string) (bool, error) {
	return walk.View(ctx, s.store, func(ctx context.Context, tx ports.Tx) (bool, error) {
		_, _, ours, err := subject(ctx, tx, exceptionID)
		return ours, err
	})
}

// subject gives an exception and the flow whose document it is about.
func subject(ctx context.Context, tx ports.Tx, exceptionID string) (ports.Exception, merchant.Flow, bool, error) {
	e, err := tx.Exceptions().Get(ctx, exceptionID)
	if err != nil || e.PayoutID != "" {
		return e, merchant.Flow{}, false, err
	}
	if e.Fact != "" {
		flow, err := flowOfFact(ctx, tx, e)
		return e, flow, true, err
	}
	if e.StepID == 0 {
		return e, merchant.Flow{}, false, nil
	}
	step, err := tx.Steps().Get(ctx, e.StepID)
	if err != nil || step.FlowID == "" {
		return e, merchant.Flow{}, false, err
	}
	flow, err := tx.Flows().Get(ctx, step.FlowID)
	return e, flow, flow.Kind.MakesDocuments(), err
}

// flowOfFact gives the flow that a fact is planned by, any of the connection's if the
// order as a whole is meant.
func flowOfFact(ctx context.Context, tx ports.Tx, e ports.Exception) (flow merchant.Flow, err error) {
	connectionID, _, kind, _ := purchaseOf(e.Fact)
	err = walk.Flows(ctx, tx, e.MerchantID, func(f merchant.Flow) error {
		if f.Source == connectionID && f.Kind.MakesDocuments() && (string(f.Kind) == kind || flow.ID == "") {
			flow = f
		}
		return nil
	})
	if err == nil && flow.ID == "" {
		err = fault.New(CodeNoFlow, fault.Conflict, "no flow makes documents of the connection's orders any more")
	}
	return flow, err
}

// RetryException tries again what an exception stopped: it reads the order anew, looks
// at a draft that differed anew, or writes again what was refused.
func (s *Service) RetryException(ctx context.Context, exceptionID, by string) error {
	e, flow, err := s.subject(ctx, exceptionID)
	if err != nil {
		return err
	}
	w, err := s.open(ctx, flow.ID)
	if err != nil {
		return err
	}
	if e.StepID != 0 {
		return w.retryStep(ctx, e, by)
	}
	_, purchaseID, _, _ := purchaseOf(e.Fact)
	return s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if _, err := tx.Purchases().Learn(ctx, flow.Source, purchaseID, ports.LearnedByPerson, s.clock.Now().UTC()); err != nil {
			return err
		}
		if err := tx.Exceptions().Resolve(ctx, e.ID, "retried", by, s.clock.Now().UTC()); err != nil {
			return err
		}
		return s.goOn(ctx, tx, flow)
	})
}

func (s *Service) subject(ctx context.Context, exceptionID string) (e ports.Exception, flow merchant.Flow, err error) {
	err = s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var ours bool
		e, flow, ours, err = subject(ctx, tx, exceptionID)
		switch {
		case err != nil:
			return err
		case !ours:
			return fault.New(CodeNotAbout, fault.Conflict, "the exception is about something else than a document of an order")
		case e.State != ports.ExceptionOpen:
			return fault.New("exception.not_open", fault.Conflict, "the exception is resolved already")
		}
		return nil
	})
	return e, flow, err
}

// goOn opens a run of a flow, if it is on.
func (s *Service) goOn(ctx context.Context, tx ports.Tx, flow merchant.Flow) error {
	if !flow.Enabled {
		return nil
	}
	return tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.AdvanceFlow, Subject: flow.ID})
}

// retryStep looks again at the document of a step, or writes it again.
func (w *work) retryStep(ctx context.Context, e ports.Exception, by string) error {
	var step ports.Step
	err := w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		step, err = tx.Steps().Get(ctx, e.StepID)
		return err
	})
	if err != nil {
		return err
	}
	if step.State == ports.StepDone {
		return w.lookAgain(ctx, e, step, by)
	}
	return w.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Exceptions().Resolve(ctx, e.ID, "retried", by, w.clock.Now().UTC()); err != nil {
			return err
		}
		switch {
		case step.State != ports.StepParked:
		case e.Code == ports.CodeCredited:
			if err := w.creditAlone(ctx, tx, step); err != nil {
				return err
			}
		default:
			step.State, step.Fault = ports.StepOpen, nil
			if err := tx.Steps().Save(ctx, step); err != nil {
				return err
			}
		}
		return w.goOn(ctx, tx, w.flow)
	})
}

// creditAlone plans a credit invoice that stands alone in the place of one that could
// not be linked, because a person has seen that the link is another refund's.
func (w *work) creditAlone(ctx context.Context, tx ports.Tx, refused ports.Step) error {
	content, err := posting.ReadDocument(refused)
	if err != nil {
		return err
	}
	refused.State = ports.StepDropped
	if err := tx.Steps().Save(ctx, refused); err != nil {
		return err
	}
	content.Linked = false
	text, err := json.Marshal(content)
	if err != nil {
		return err
	}
	return tx.Steps().Plan(ctx, []ports.Step{{
		FlowID: w.flow.ID, Kind: ports.StepCredit, Key: strings.TrimSuffix(refused.Key, creditMark+";") + aloneMark + ";", State: ports.StepPlanned,
		Content: text, Document: refused.Document, Amount: refused.Amount, SettingsVersion: w.flow.SettingsVersion,
	}})
}

// lookAgain reads a draft that differed and holds it against what was asked for.
func (w *work) lookAgain(ctx context.Context, e ports.Exception, step ports.Step, by string) error {
	target, err := w.books(ctx)
	if err != nil {
		return err
	}
	invoices, err := remote.Capability[ports.Invoices](target, ports.CapabilityInvoices)
	if err != nil {
		return err
	}
	content, err := posting.ReadDocument(step)
	if err != nil {
		return err
	}
	kind := invoice.Invoice
	if step.Kind == ports.StepCredit {
		kind = invoice.Credit
	}
	var seen ports.InvoiceReading
	err = target.Do(ctx, "ReadInvoice", 1, func(ctx context.Context, call ports.Call) (ports.Usage, error) {
		var err error
		seen, err = invoices.ReadInvoice(ctx, ports.ReadInvoiceRequest{Call: call, Number: step.Number, Kind: kind})
		return seen.Usage, err
	})
	if err != nil {
		return err
	}
	if seen.Invoice.Cancelled {
		return w.makeAnew(ctx, e, step, by)
	}
	if f := invoicing.Compare(content.Draft, kind, seen.Invoice); f != nil {
		return f
	}
	return w.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if step.Result, err = json.Marshal(seen.Invoice); err != nil {
			return err
		}
		if err := tx.Steps().Save(ctx, step); err != nil {
			return err
		}
		if err := tx.Exceptions().Resolve(ctx, e.ID, "the document is right now", by, w.clock.Now().UTC()); err != nil {
			return err
		}
		if err := w.planBooking(ctx, tx, step, kind, content.Draft); err != nil {
			return err
		}
		return w.goOn(ctx, tx, w.flow)
	})
}

// makeAnew plans a document once more whose draft a person has cancelled. Nothing of the
// draft was booked, so that its number says nothing any more.
func (w *work) makeAnew(ctx context.Context, e ports.Exception, step ports.Step, by string) error {
	return w.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		resolution := "draft " + step.Number + " is cancelled, the document is made anew"
		step.State, step.Attempt, step.Number, step.Outcome, step.Result = ports.StepPlanned, 0, "", "", nil
		if err := tx.Steps().Save(ctx, step); err != nil {
			return err
		}
		if err := tx.Exceptions().Resolve(ctx, e.ID, resolution, by, w.clock.Now().UTC()); err != nil {
			return err
		}
		return w.goOn(ctx, tx, w.flow)
	})
}

// Resolve takes a document that somebody else made for the one that an exception keeps
// from being made. Without a document it closes one that asked a person to look at what
// was made.
func (s *Service) Resolve(ctx context.Context, exceptionID, document, by string) error {
	e, flow, err := s.subject(ctx, exceptionID)
	if err != nil {
		return err
	}
	if document == "" {
		return s.accept(ctx, e, by)
	}
	connectionID, purchaseID, kind, id := purchaseOf(e.Fact)
	if kind != string(merchant.Invoices) && kind != string(merchant.Refunds) || id == "" {
		return notResolvable()
	}
	w, err := s.open(ctx, flow.ID)
	if err != nil {
		return err
	}
	found, err := w.find(ctx, ports.DocumentKey{Reference: invoice.Number, Value: matching.Normalise(document)})
	if err != nil {
		return err
	}
	return s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Documents().Upsert(ctx, flow.Target, found, matching.Normalise); err != nil {
			return err
		}
		taken, err := tx.Documents().Get(ctx, flow.Target, document)
		if err != nil {
			return err
		}
		record, err := tx.Purchases().Get(ctx, connectionID, purchaseID)
		if err != nil {
			return err
		}
		p := planner{work: w, tx: tx, record: record, taken: &taken, takenFor: e.Fact}
		if err := p.all(ctx); err != nil {
			return err
		}
		if p.taken != nil {
			return p.refused
		}
		if err := tx.Audit().Append(ctx, ports.AuditEntry{
			MerchantID: w.merchant.ID, At: s.clock.Now().UTC(), By: by, Act: "document.adopted", Subject: document, Detail: e.Fact,
		}); err != nil {
			return err
		}
		return s.goOn(ctx, tx, flow)
	})
}

// Adopt takes the document that an exception names and gives its number. Without
// confirm it only says which one that is.
func (s *Service) Adopt(ctx context.Context, exceptionID string, confirm bool, by string) (string, error) {
	e, _, err := s.subject(ctx, exceptionID)
	switch {
	case err != nil:
		return "", err
	case e.Document == "" || e.Fact == "":
		return "", notResolvable()
	case !confirm:
		return e.Document, nil
	}
	return e.Document, s.Resolve(ctx, exceptionID, e.Document, by)
}

func notResolvable() error {
	return fault.New("exception.not_resolvable", fault.Conflict, "no document can be taken for what the exception is about").
		WithRemedy("mend what it names and retry it")
}

func (s *Service) accept(ctx context.Context, e ports.Exception, by string) error {
	if e.Code != CodeRowsAssumed {
		return notResolvable()
	}
	return s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		return tx.Exceptions().Resolve(ctx, e.ID, "the rows are right", by, s.clock.Now().UTC())
	})
}
