package settlement

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// CodeExceedsEvents: the provider pays out, or keeps back, more of a transaction than
// the shop has registered.
const CodeExceedsEvents fault.Code = "match.exceeds_events"

// sold tells which lines need no document because the shop has registered what they
// pay out as events, whose vouchers stand on the clearing account. It holds for one
// unit of work.
type sold struct {
	*work
	// methods are those that are linked to the connection; without any no line is
	// settled by events.
	methods []payment.Method
	// settled is what lines of this unit of work have settled so far, lines are their ids.
	settled map[side]money.Amount
	lines   map[int64]bool
}

// side is one direction of one transaction: what was captured, or what was refunded.
type side struct {
	transaction string
	kind        payment.Kind
}

func sideOf(l ports.LineRecord) side {
	of := side{l.References[payout.OrderID], payment.Payment}
	if l.Kind == payout.Refund {
		of.kind = payment.Refund
	}
	return of
}

func (w *work) sold(ctx context.Context, tx ports.Tx) (*sold, error) {
	methods, err := w.linkedMethods(ctx, tx)
	return &sold{work: w, methods: methods, settled: map[side]money.Amount{}, lines: map[int64]bool{}}, err
}

// settle lets events settle a line that has no document. All lines of a side together
// may come to what the shop's booked events of that side come to; a line that breaks
// this bound gets a fault. A payout in another currency than the books has no part in
// it, nor has a line whose reference a person corrected to another transaction.
func (s *sold) settle(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, l ports.LineRecord, x *proposal) error {
	if x.State != matching.None && x.State != matching.Suggested {
		return nil
	}
	of := sideOf(l)
	events, err := s.events(ctx, tx, p, of)
	if err != nil {
		return err
	}
	told, keys, err := s.told(events, of, l.Gross.Currency())
	if err != nil || len(keys) == 0 {
		return err
	}
	if moved, err := s.moved(ctx, tx, p, l, of); err != nil || moved {
		return err
	}
	others, err := s.byOthers(ctx, tx, p, l, of, events)
	if err != nil {
		return err
	}
	all, err := others.Add(l.Gross.Abs())
	if err != nil {
		return err
	}
	if all.Minor() > told.Minor() {
		x.State, x.Document, x.Fault = matching.None, "", exceeds(l, of, told, others)
		return nil
	}
	s.lines[l.ID] = true
	if s.settled[of], err = s.settled[of].Add(l.Gross.Abs()); err != nil {
		return err
	}
	x.State, x.Document, x.Fault, x.events = matching.None, "", nil, keys
	x.kept, err = json.Marshal(verdict{Events: keys})
	return err
}

// tell reports whether the shop has registered the side of a line, so that the
// accounting system need not be searched for its invoice.
func (s *sold) tell(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, l ports.LineRecord) (bool, error) {
	of := sideOf(l)
	events, err := s.events(ctx, tx, p, of)
	if err != nil {
		return false, err
	}
	_, keys, err := s.told(events, of, l.Gross.Currency())
	return len(keys) > 0, err
}

// events gives those of a transaction that may settle lines of a payout.
func (s *sold) events(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, of side) ([]ports.EventRecord, error) {
	if len(s.methods) == 0 || of.transaction == "" || s.foreign(p) {
		return nil, nil
	}
	return tx.Events().List(ctx, p.MerchantID, ports.EventFilter{Transaction: of.transaction}, 0, ports.MaxBatch)
}

// told adds up what the shop has registered of a side and what is booked of it, now or
// with the summary of its day or payout.
func (s *sold) told(events []ports.EventRecord, of side, currency money.Currency) (sum money.Amount, keys []string, err error) {
	sum = money.Zero(currency)
	for _, e := range events {
		booked := e.State == ports.EventBooked || e.State == ports.EventDue
		if e.Origin != payment.FromShop || e.Kind != of.kind || !booked || e.Amount.Currency() != currency || !s.links(e.Method) {
			continue
		}
		if sum, err = sum.Add(e.Amount); err != nil {
			return sum, nil, err
		}
		keys = append(keys, e.Key)
	}
	return sum, keys, nil
}

func (s *sold) links(method string) bool {
	for _, m := range s.methods {
		if m.ID == method {
			return true
		}
	}
	return false
}

// moved reports whether the line has proven events of another transaction before a
// person corrected its reference.
func (s *sold) moved(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, l ports.LineRecord, of side) (bool, error) {
	if l.State == ports.LinePending {
		return false, nil
	}
	own, err := tx.Events().ByKey(ctx, p.MerchantID, provenPrefix(p.ID, l.Ordinal)+"1")
	if fault.CodeOf(err) == ports.CodeNotFound {
		return false, nil
	}
	return err == nil && own.Transaction != of.transaction, err
}

// byOthers adds up what other lines have settled of a side: those of this unit of
// work, and those before it by the events that they proved.
func (s *sold) byOthers(ctx context.Context, tx ports.Tx, p ports.PayoutRecord, l ports.LineRecord, of side, events []ports.EventRecord) (money.Amount, error) {
	sum, err := money.Zero(l.Gross.Currency()).Add(s.settled[of])
	if err != nil {
		return sum, err
	}
	for _, e := range events {
		if e.Origin != payment.FromPayout || e.Kind != of.kind || strings.HasPrefix(e.Key, provenPrefix(p.ID, l.Ordinal)) {
			continue
		}
		settled, err := settledByEvents(ctx, tx, e.Key)
		if err != nil {
			return sum, err
		}
		if !settled {
			continue
		}
		if sum, err = sum.Add(e.Amount); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// settledByEvents reports whether the line that proved an event is settled by events
// and its payout was not undone.
func settledByEvents(ctx context.Context, tx ports.Tx, key string) (bool, error) {
	parts := strings.Split(key, "/") // as provenPrefix makes it
	ordinal, err := strconv.ParseInt(parts[len(parts)-2], 10, 64)
	if err != nil {
		return false, err
	}
	p, err := tx.Payouts().Get(ctx, parts[1])
	if err != nil || p.State == payout.Undoing || p.State == payout.Undone {
		return false, err
	}
	lines, err := tx.Lines().After(ctx, p.ID, ordinal-1, 1)
	return len(lines) == 1 && lines[0].Ordinal == ordinal && lines[0].State == ports.LineNoDocument, err
}

// provenPrefix begins the keys of the events that a line proves.
func provenPrefix(payoutID string, ordinal int64) string {
	return "line/" + payoutID + "/" + strconv.FormatInt(ordinal, 10) + "/"
}

func exceeds(l ports.LineRecord, of side, told, others money.Amount) *fault.Error {
	what := "captured"
	if of.kind == payment.Refund {
		what = "refunded"
	}
	return fault.New(CodeExceedsEvents, fault.Conflict, "the shop registered "+told.String()+" as "+what+" in transaction "+of.transaction+
		", of which other lines settle "+others.String()+"; this line is of "+l.Gross.Abs().String()).
		WithRemedy("see whether the provider counted a " + string(l.Kind) + " twice, or register the event that is missing; the next run then settles the line")
}
