package settlement

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/start"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// Faults of what a person decides.
const (
	// CodeNotOpen: the exception is resolved already.
	CodeNotOpen fault.Code = "exception.not_open"
	// CodeNotAdoptable: this kind of exception has nothing to adopt.
	CodeNotAdoptable fault.Code = "exception.not_adoptable"
	// CodeNotResolvable: the exception does not concern a line that can be given a document.
	CodeNotResolvable fault.Code = "exception.not_resolvable"
	// CodeWrongDocument: the chosen document cannot be what the line settles.
	CodeWrongDocument fault.Code = "exception.wrong_document"
)

// casefile is an exception with everything that a decision on it needs.
type casefile struct {
	*work
	exception ports.Exception
	payout    ports.PayoutRecord
	line      ports.LineRecord
	by        string
	// adoptedOn is the day of a payment by others that stands where it belongs.
	adoptedOn civil.Date
}

// openCase loads an open exception and the flow it belongs to.
func (s *Service) openCase(ctx context.Context, exceptionID, by string) (*casefile, error) {
	c := &casefile{work: &work{Service: s, tally: &remote.Tally{}}, by: by}
	err := s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if c.exception, err = tx.Exceptions().Get(ctx, exceptionID); err != nil {
			return err
		}
		if c.exception.State != ports.ExceptionOpen {
			return fault.New(CodeNotOpen, fault.Conflict, "the exception is resolved: "+c.exception.Resolution)
		}
		if c.exception.PayoutID == "" {
			return c.ofFlow(ctx, tx)
		}
		if c.payout, err = tx.Payouts().Get(ctx, c.exception.PayoutID); err != nil {
			return err
		}
		if c.exception.LineID != 0 {
			if c.line, err = tx.Lines().Get(ctx, c.exception.LineID); err != nil {
				return err
			}
		}
		if c.flow, err = tx.Flows().Get(ctx, c.payout.FlowID); err != nil {
			return err
		}
		c.merchant, err = tx.Merchants().Get(ctx, c.flow.MerchantID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, c.connect(ctx)
}

// Resolve ties the line of an exception to the document that a person chose and
// plans its payment: in full, in part if the line is smaller, but never more than
// what is open and what the tolerance writes off. No document accepts what was
// suggested.
func (s *Service) Resolve(ctx context.Context, exceptionID, document, by string) error {
	return s.resolve(ctx, exceptionID, document, by, plainly{})
}

// resolve ties the line of an exception to a document, in the way that a person chose
// for what the two differ by.
func (s *Service) resolve(ctx context.Context, exceptionID, document, by string, difference difference) error {
	c, err := s.openCase(ctx, exceptionID, by)
	if err != nil {
		return err
	}
	if c.exception.LineID == 0 || c.exception.StepID != 0 || !c.line.Kind.NeedsDocument() {
		return fault.New(CodeNotResolvable, fault.Conflict, "the exception is not about a sale or refund without a document").
			WithRemedy("retry it when its reason is gone")
	}
	if document == "" {
		if c.exception.Code != matching.CodeSuggested {
			return fault.Invalid(CodeWrongDocument, "document", "nothing was suggested for the line").WithRemedy("name the document that the line settles")
		}
		document = c.exception.Document
	}
	if err := c.search(ctx, ports.DocumentKey{Reference: invoice.Number, Value: normalise(document)}); err != nil {
		return err
	}
	if err := c.learnForLine(ctx, document); err != nil {
		return err
	}
	return s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		chosen, err := tx.Documents().Get(ctx, c.flow.Target, document)
		if err != nil {
			return err
		}
		settled, detail, err := difference.settle(ctx, tx, c, chosen)
		if err != nil {
			return err
		}
		planned, err := c.planPayment(c.payout, c.line, paymentKey(c.payout, c.line), settled)
		if err != nil {
			return err
		}
		if err := tx.Steps().Plan(ctx, []ports.Step{planned.step}); err != nil {
			return err
		}
		if err := tx.Documents().Claim(ctx, c.flow.Target, []ports.Claim{planned.claim}); err != nil {
			return err
		}
		return c.settle(ctx, tx, document, "resolved", "document "+document+" chosen"+detail)
	})
}

// choose checks that a document chosen by hand can be settled by the line.
func choose(l ports.LineRecord, d ports.DocumentRecord, tolerance money.Amount) (matching.Decision, error) {
	wrong := func(reason string) (matching.Decision, error) {
		return matching.Decision{}, fault.Invalid(CodeWrongDocument, "document", reason).WithRemedy("choose another document, or correct this one in the accounting system")
	}
	want := invoice.Invoice
	if l.Kind == payout.Refund {
		want = invoice.Credit
	}
	open, err := d.Balance.Sub(d.Claimed)
	if err != nil {
		return matching.Decision{}, err
	}
	rest, err := open.Sub(l.Gross)
	rounding := err == nil && rest.Abs().Minor() <= tolerance.Minor()
	switch {
	case d.Kind != want:
		return wrong("document " + d.Number + " is no " + strings.ReplaceAll(string(want), "_", " "))
	case d.Cancelled || !d.Booked:
		return wrong("document " + d.Number + " is not booked")
	case open.Currency() != l.Gross.Currency():
		return wrong("document " + d.Number + " is in " + string(open.Currency()))
	case open.Abs().Minor() < l.Gross.Abs().Minor() && !rounding:
		return wrong("only " + open.String() + " is open on document " + d.Number + ", the line is " + l.Gross.String())
	}
	decision := matching.Decision{Line: l.Key, State: matching.Matched, Document: d.Number, Kind: d.Kind, Amount: l.Gross, WriteOff: rest, Partial: !rounding}
	if !rounding {
		decision.WriteOff = money.Zero(l.Gross.Currency())
	}
	return decision, nil
}

// settle marks the line as matched by a person and lets the flow go on.
func (c *casefile) settle(ctx context.Context, tx ports.Tx, document, act, detail string) error {
	kept, err := json.Marshal(verdict{By: c.by, AdoptedOn: c.adoptedOn})
	if err != nil {
		return err
	}
	now := c.clock.Now().UTC()
	line := ports.LineDecision{LineID: c.line.ID, State: ports.LineMatched, Document: document, Decision: kept, WaitingSince: c.line.WaitingSince}
	if err := tx.Lines().Decide(ctx, []ports.LineDecision{line}); err != nil {
		return err
	}
	if err := tx.Exceptions().Resolve(ctx, c.exception.ID, detail, c.by, now); err != nil {
		return err
	}
	return c.resume(ctx, tx, act, detail)
}

// resume writes the audit log and starts a run.
func (c *casefile) resume(ctx context.Context, tx ports.Tx, act, detail string) error {
	err := tx.Audit().Append(ctx, ports.AuditEntry{
		MerchantID: c.flow.MerchantID, At: c.clock.Now().UTC(), By: c.by, Act: "exception." + act, Subject: c.exception.ID, Detail: detail,
	})
	if err != nil {
		return err
	}
	return c.trigger(ctx, tx, "exception "+act)
}

// trigger opens a run of the flow unless one is running, and enqueues its work.
func (c *casefile) trigger(ctx context.Context, tx ports.Tx, trigger string) error {
	run, fresh, err := start.Run(ctx, tx, c.flow, trigger, c.machine())
	c.tell(run, fresh)
	return err
}

// RetryException tries again what an exception stopped, after its reason is gone.
func (s *Service) RetryException(ctx context.Context, exceptionID, by string) error {
	c, err := s.openCase(ctx, exceptionID, by)
	if err != nil {
		return err
	}
	if c.exception.Code == matching.CodeCoverageDropped {
		return s.store.Update(ctx, c.seeCoverage)
	}
	if c.exception.LineID == 0 && c.exception.StepID == 0 {
		return s.RetryPayout(ctx, c.payout.ID, by)
	}
	return s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if c.exception.StepID == 0 && !c.line.Kind.NeedsDocument() {
			return c.placeParked(ctx, tx)
		}
		if c.exception.StepID == 0 {
			return c.resume(ctx, tx, "retried", "matched again in the next run")
		}
		step, err := tx.Steps().Get(ctx, c.exception.StepID)
		if err != nil {
			return err
		}
		// Whether the refused attempt left a trace is looked up: the step stays open
		// and its next attempt searches first.
		step.State, step.Fault = ports.StepOpen, nil
		if err := tx.Steps().Save(ctx, step); err != nil {
			return err
		}
		if c.exception.LineID == 0 || !c.line.Kind.NeedsDocument() {
			if err := tx.Exceptions().Resolve(ctx, c.exception.ID, "retried", by, c.clock.Now().UTC()); err != nil {
				return err
			}
			return c.resume(ctx, tx, "retried", "step "+step.Key)
		}
		return c.settle(ctx, tx, c.line.Document, "retried", "step "+step.Key)
	})
}

// RetryPayout reads a held payout anew and takes whatever the provider shows now.
func (s *Service) RetryPayout(ctx context.Context, payoutID, by string) error {
	return s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		p, err := tx.Payouts().Get(ctx, payoutID)
		if err != nil {
			return err
		}
		if p.State != payout.Held {
			return fault.New("payout.not_held", fault.Conflict, "the payout is "+string(p.State)+", not held").
				WithRemedy("retry its exceptions one by one")
		}
		flow, err := tx.Flows().Get(ctx, p.FlowID)
		if err != nil {
			return err
		}
		if err := s.takeUp(ctx, tx, p); err != nil {
			return err
		}
		c := casefile{work: &work{Service: s, flow: flow}, exception: ports.Exception{ID: p.ID}, by: by}
		return c.resume(ctx, tx, "payout_retried", p.Reference)
	})
}

// takeUp lets a held payout be read or, if its plan was rejected, planned anew.
func (s *Service) takeUp(ctx context.Context, tx ports.Tx, p ports.PayoutRecord) error {
	switch {
	case p.Hold != nil && p.Hold.Code == payout.CodeContentChanged:
		p.Fingerprint = "" // the next listing takes the new content
		return tx.Payouts().Save(ctx, p)
	case p.Hold != nil && p.Hold.Code == CodeRejected:
		p.State, p.Hold, p.UpdatedAt = payout.Fetched, nil, s.clock.Now().UTC()
		if err := s.settlePayoutException(ctx, tx, p, "the payout is planned anew"); err != nil {
			return err
		}
		return tx.Payouts().Save(ctx, p)
	}
	return s.reread(ctx, tx, p)
}

func correctionKey(p ports.PayoutRecord, l ports.LineRecord) string {
	return strings.TrimSuffix(paymentKey(p, l), ";") + "C;"
}
