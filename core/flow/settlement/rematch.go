package settlement

import (
	"context"
	"maps"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// CodeNotOfPayouts: the flow has no lines, because it is not one of payouts.
const CodeNotOfPayouts fault.Code = "flow.not_of_payouts"

// mostOutlooks bounds the lines that a rematching shows.
const mostOutlooks = 1000

// Outlook is what the next run would make of an open line by what kvitt knows now.
// The run asks the accounting system as well for references that it has not
// searched for, and about its closed periods.
type Outlook struct {
	PayoutID string
	Payout   string
	// Line is as it stands now.
	Line ports.LineRecord
	// Becomes is LineMatched, LineWaiting, LineException, or LineNoDocument if events
	// of the shop settle the line.
	Becomes ports.LineState
	// Rule found the documents; it is empty where a person or amount and date did.
	Rule matching.KeyPair
	// Documents are what the line settles; of an exception what is suggested or in
	// question.
	Documents []string
	// Partial says that the document stays open.
	Partial bool
	// Fault is why it stays or becomes an exception.
	Fault *fault.Error
}

// Rematching is what would become of the open lines of a flow.
type Rematching struct {
	// Lines are at most 1000, oldest payout first; Omitted counts the others.
	Lines   []Outlook
	Omitted int
	// Matched, Suggested, Waiting and Exceptions count all lines; what events settle
	// is among the matched.
	Matched, Suggested, Waiting, Exceptions int
	// Run is the one that was started, none if nothing was to be applied.
	Run ports.Run
}

// Rematch says what would become now of every line of a flow that waits for a
// document or is an exception of matching. With apply it starts the run that does it.
func (s *Service) Rematch(ctx context.Context, flowID string, apply bool, by string) (Rematching, error) {
	c, err := s.openFlow(ctx, flowID, "")
	if err != nil {
		return Rematching{}, err
	}
	var r Rematching
	err = c.eachPlanned(ctx, newForecast(c.work).of(r.add))
	if err != nil || !apply {
		return r, err
	}
	r.Run, err = s.StartBy(ctx, flowID, "rematch", by)
	return r, err
}

func (r *Rematching) add(o Outlook) {
	switch {
	case o.Becomes == ports.LineMatched, o.Becomes == ports.LineNoDocument:
		r.Matched++
	case o.Becomes == ports.LineWaiting:
		r.Waiting++
	case o.Fault.Code == matching.CodeSuggested:
		r.Suggested++
	default:
		r.Exceptions++
	}
	if len(r.Lines) == mostOutlooks {
		r.Omitted++
		return
	}
	r.Lines = append(r.Lines, o)
}

// openFlow loads a flow for a person who decides about several of its lines.
func (s *Service) openFlow(ctx context.Context, flowID, by string) (*casefile, error) {
	c := &casefile{work: &work{Service: s, tally: &remote.Tally{}}, by: by}
	err := s.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if c.flow, err = tx.Flows().Get(ctx, flowID); err != nil {
			return err
		}
		c.merchant, err = tx.Merchants().Get(ctx, c.flow.MerchantID)
		return err
	})
	if err != nil {
		return nil, err
	}
	if c.flow.Kind != merchant.Payouts {
		return nil, fault.New(CodeNotOfPayouts, fault.Conflict, "the flow is not one of payouts, so it has no lines").
			WithRemedy("name the flow of payouts of the same provider")
	}
	return c, c.connect(ctx)
}

// eachPlanned visits the payouts of the flow that may have open lines, oldest first.
func (w *work) eachPlanned(ctx context.Context, visit func(context.Context, ports.PayoutRecord) error) error {
	for after := ""; ; {
		var page []ports.PayoutRecord
		err := w.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
			var err error
			page, err = tx.Payouts().Unfinished(ctx, w.flow.ID, ports.Page{After: after, Limit: 100})
			return err
		})
		if err != nil || len(page) == 0 {
			return err
		}
		for _, p := range page {
			if !rematched(p.State) {
				continue
			}
			if err := visit(ctx, p); err != nil {
				return err
			}
		}
		after = page[len(page)-1].ID
	}
}

// rematched reports whether a run looks again at the open lines of payouts in a state.
func rematched(state payout.State) bool {
	return state == payout.Planned || state == payout.Booking || state == payout.Booked
}

// lister reads some lines of a payout.
type lister func(context.Context, ports.LineStore) ([]ports.LineRecord, error)

// openLines lists lines that wait for a document or are exceptions, as people have
// corrected them.
func (w *work) openLines(p ports.PayoutRecord, after int64) lister {
	return func(ctx context.Context, lines ports.LineStore) ([]ports.LineRecord, error) {
		found, err := lines.After(ctx, p.ID, after, w.options.Batch, ports.LineWaiting, ports.LineException)
		if err != nil {
			return nil, err
		}
		return found, overlay(ctx, lines, found)
	}
}

// overlay puts what people said of references in the place of what the provider sent.
func overlay(ctx context.Context, store ports.LineStore, lines []ports.LineRecord) error {
	ids := make([]int64, len(lines))
	for i, l := range lines {
		ids[i] = l.ID
	}
	corrections, err := store.Corrections(ctx, ids)
	for i := range lines {
		amend(&lines[i], corrections[lines[i].ID])
	}
	return err
}

// amend changes the references of one line. Other lines may share the map.
func amend(l *ports.LineRecord, corrections []ports.LineCorrection) {
	if len(corrections) == 0 {
		return
	}
	references := make(map[payout.Reference]string, len(l.References)+len(corrections))
	maps.Copy(references, l.References)
	for _, c := range corrections {
		references[c.Reference] = c.Value
	}
	l.References = references
}

// refused reports whether a payment of the line was planned and then refused, which
// is a matter of its own.
func refused(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, l ports.LineRecord) (bool, error) {
	if l.State != ports.LineException {
		return false, nil
	}
	for _, key := range []string{paymentKey(p, l), partKey(p, l, 1)} {
		if _, err := tx.Steps().ByKey(ctx, key); fault.CodeOf(err) != ports.CodeNotFound {
			return err == nil, err
		}
	}
	return false, nil
}

// becomes gives the state of a line after a proposal, and the fault if that is an
// exception.
func (w *work) becomes(p ports.PayoutRecord, l ports.LineRecord, x proposal) (ports.LineState, *fault.Error) {
	switch {
	case x.Fault != nil:
		return ports.LineException, x.Fault
	case len(x.events) > 0:
		return ports.LineNoDocument, nil
	case x.State == matching.Matched:
		return ports.LineMatched, nil
	case w.stillWaiting(p):
		return ports.LineWaiting, nil
	}
	return ports.LineException, notFound(l)
}

// forecast works out what the next run would make of open lines, from the store alone.
type forecast struct {
	*work
	// said are corrections that are not stored, by line.
	said map[int64][]ports.LineCorrection
	// taken is what the lines before take of documents.
	taken takings
	// sold tells what events settle, nil before it is asked for.
	sold *sold
}

func newForecast(w *work) *forecast {
	return &forecast{work: w, said: map[int64][]ports.LineCorrection{}, taken: takings{}}
}

// of gives a function that works it out for the open lines of a payout.
func (f *forecast) of(visit func(Outlook)) func(context.Context, ports.PayoutRecord) error {
	return func(ctx context.Context, p ports.PayoutRecord) error {
		for after := int64(0); ; {
			b, err := f.collect(ctx, p, f.amended(p, after))
			if err != nil || len(b.lines) == 0 {
				return err
			}
			after = b.lines[len(b.lines)-1].Ordinal
			if err := f.batch(ctx, p, b, visit); err != nil {
				return err
			}
		}
	}
}

func (f *forecast) amended(p ports.PayoutRecord, after int64) lister {
	return func(ctx context.Context, lines ports.LineStore) ([]ports.LineRecord, error) {
		found, err := f.openLines(p, after)(ctx, lines)
		for i := range found {
			amend(&found[i], f.said[found[i].ID])
		}
		return found, err
	}
}

func (f *forecast) batch(ctx context.Context, p ports.PayoutRecord, b batch, visit func(Outlook)) error {
	if err := f.taken.from(b.documents); err != nil {
		return err
	}
	found, err := f.propose(p, b)
	if err == nil {
		err = f.leaveRefused(ctx, p, b, found)
	}
	if err == nil {
		err = f.taken.add(found)
	}
	if err == nil {
		err = f.suggest(ctx, p, b, found, f.taken)
	}
	if err == nil {
		err = f.settleByEvents(ctx, p, b, found)
	}
	if err != nil {
		return err
	}
	for _, l := range b.lines {
		if x, wanted := found[l.Key]; wanted {
			visit(f.outlook(p, l, x))
		}
	}
	return nil
}

// leaveRefused takes out the lines that a run does not decide on.
func (f *forecast) leaveRefused(ctx context.Context, p ports.PayoutRecord, b batch, found map[string]proposal) error {
	return f.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		for _, l := range b.lines {
			out, err := refused(ctx, tx, p, l)
			if err != nil {
				return err
			}
			if out {
				delete(found, l.Key)
			}
		}
		return nil
	})
}

// settleByEvents lets events of the shop settle what has no document.
func (f *forecast) settleByEvents(ctx context.Context, p ports.PayoutRecord, b batch, found map[string]proposal) error {
	return f.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if f.sold == nil {
			if f.sold, err = f.work.sold(ctx, tx); err != nil {
				return err
			}
		}
		for _, l := range b.lines {
			x, wanted := found[l.Key]
			if !wanted {
				continue
			}
			if err := f.sold.settle(ctx, tx, p, l, &x); err != nil {
				return err
			}
			found[l.Key] = x
		}
		return nil
	})
}

func (f *forecast) outlook(p ports.PayoutRecord, l ports.LineRecord, x proposal) Outlook {
	o := Outlook{PayoutID: p.ID, Payout: p.Reference, Line: l, Rule: x.Rule, Partial: x.Partial}
	o.Becomes, o.Fault = f.becomes(p, l, x)
	for _, part := range x.Settles() {
		o.Documents = append(o.Documents, part.Document)
	}
	if len(o.Documents) == 0 && x.Document != "" {
		o.Documents = []string{x.Document}
	}
	return o
}
