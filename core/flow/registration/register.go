package registration

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

// MostFacts is how many facts one call may register.
const MostFacts = 1000

// Fact is an event as a web shop states it.
type Fact struct {
	// Event needs a Key of the caller's own, by which it may be sent again.
	payment.Event
	// Parts is what the amount of a payment or refund consists of. Without it the
	// amount takes its share of the order.
	Parts []order.Part
}

// Register keeps facts, judges the transactions that they concern, and plans the
// vouchers of what stands. All of them are kept or, with the first fault, none;
// its field names the fact ("events[3].amount"). A fact whose key is known is
// passed over if it is the same, and refused with CodeKeyReused if it is not. The
// records come in the order of the facts.
func (s *Service) Register(ctx context.Context, merchantID string, facts []Fact, by string) ([]ports.EventRecord, error) {
	if len(facts) == 0 || len(facts) > MostFacts {
		return nil, fault.Invalid(payment.CodeEventInvalid, "events", "1 to "+strconv.Itoa(MostFacts)+" events are registered at a time")
	}
	var registered []ports.EventRecord
	err := s.update(ctx, merchantID, func(ctx context.Context, l *ledger) error {
		records, created, err := l.accept(ctx, facts)
		if err != nil {
			return err
		}
		if err := l.keep(ctx, created, by); err != nil {
			return err
		}
		registered, err = l.reread(ctx, records)
		return err
	})
	return registered, err
}

// keep stores new events, judges the transactions that they concern, and plans what
// follows.
func (l *ledger) keep(ctx context.Context, created []ports.EventRecord, by string) error {
	if err := l.tx.Events().Create(ctx, created); err != nil {
		return err
	}
	if len(created) > 0 {
		if err := l.audit(ctx, by, "events.registered", created[0].ID, strconv.Itoa(len(created))+" events"); err != nil {
			return err
		}
	}
	if err := l.judgeAll(ctx, transactionsOf(created)); err != nil {
		return err
	}
	return l.wake(ctx)
}

// accept checks facts one by one and tells new ones from known ones.
func (l *ledger) accept(ctx context.Context, facts []Fact) (all, created []ports.EventRecord, err error) {
	byKey := map[string]ports.EventRecord{}
	first := map[string]payment.Event{}
	for i, f := range facts {
		record, known, err := l.acceptOne(ctx, f, byKey, first)
		if err == nil && !known {
			err = l.leftToCallers(ctx, f)
		}
		if err != nil {
			return nil, nil, placed(i, err)
		}
		all = append(all, record)
		if !known {
			created = append(created, record)
		}
		byKey[f.Key] = record
	}
	return all, created, nil
}

func (l *ledger) acceptOne(ctx context.Context, f Fact, byKey map[string]ports.EventRecord, first map[string]payment.Event) (ports.EventRecord, bool, error) {
	f.Origin, f.At = payment.FromShop, f.At.UTC()
	record, err := l.record(f)
	if err != nil {
		return ports.EventRecord{}, false, err
	}
	known, ok := byKey[f.Key]
	if !ok {
		known, err = l.tx.Events().ByKey(ctx, l.merchant.ID, f.Key)
		ok = err == nil
		if err != nil && fault.CodeOf(err) != ports.CodeNotFound {
			return ports.EventRecord{}, false, err
		}
	}
	if ok && known.Fingerprint != record.Fingerprint {
		return ports.EventRecord{}, false, fault.New(CodeKeyReused, fault.Duplicate, "the key \""+f.Key+"\" stands for another fact").
			WithField("key").WithRemedy("give each fact a key of its own; what happened is never changed, only followed by other events")
	}
	if ok {
		return known, true, nil
	}
	return record, false, l.permits(ctx, f, first)
}

// record makes what is kept of a new fact.
func (l *ledger) record(f Fact) (ports.EventRecord, error) {
	switch {
	case f.Key == "" || len(f.Key) > 200:
		return ports.EventRecord{}, fault.Invalid(payment.CodeEventInvalid, "key", "an event needs a key of 1 to 200 characters")
	case len(f.Transaction) > 200 || len(f.Order) > 200 || len(f.Reference) > 500:
		return ports.EventRecord{}, fault.Invalid(payment.CodeEventInvalid, "reference", "transaction and order have at most 200 characters, the reference 500")
	case f.At.IsZero():
		return ports.EventRecord{}, fault.Invalid(payment.CodeEventInvalid, "at", "an event needs the moment at which it happened")
	}
	content, err := json.Marshal(f)
	return ports.EventRecord{
		ID: identify("ev-", l.merchant.ID, f.Key), MerchantID: l.merchant.ID, Event: f.Event, Fingerprint: identify("", string(content)),
		Parts: f.Parts, State: ports.EventPending, RegisteredAt: l.clock.Now().UTC(),
	}, err
}

// permits refuses a fact that makes no sense or that somebody else books.
func (l *ledger) permits(ctx context.Context, f Fact, first map[string]payment.Event) error {
	method, err := l.method(ctx, f.Method)
	if err != nil {
		return err
	}
	if err := f.ValidateFor(method); err != nil {
		return err
	}
	if err := l.owned(method, f.Event); err != nil {
		return err
	}
	if err := l.oneMethod(ctx, f, first); err != nil {
		return err
	}
	return checkParts(f)
}

// owned refuses events of money that a flow books (never both for the same money).
func (l *ledger) owned(method payment.Method, e payment.Event) error {
	if method.Connection == "" || l.owners[method.Connection] != merchant.Payouts {
		return nil
	}
	refused := fault.New(CodeOwned, fault.Conflict, "a flow of payouts books what connection "+method.Connection+" pays out")
	switch {
	case e.Kind == payment.Deposit || e.Kind == payment.Credit:
		return refused.WithField("kind").WithRemedy("leave " + string(e.Kind) + " events of this method out; the payouts prove them")
	case !e.Fee.IsZero():
		return refused.WithField("fee").WithRemedy("leave the fee out; the payouts state it")
	}
	return nil
}

// oneMethod holds a transaction to one payment method and one order.
func (l *ledger) oneMethod(ctx context.Context, f Fact, first map[string]payment.Event) error {
	if _, met := first[f.Transaction]; !met {
		first[f.Transaction] = f.Event
		stored, err := l.tx.Events().List(ctx, l.merchant.ID, ports.EventFilter{Transaction: f.Transaction}, 0, ports.MaxBatch)
		if err != nil {
			return err
		}
		stored = slices.DeleteFunc(stored, func(e ports.EventRecord) bool { return e.State == ports.EventWithdrawn })
		for i, e := range stored {
			known := first[f.Transaction]
			if i == 0 {
				known = e.Event
			}
			if known.Order == "" {
				known.Order = e.Order
			}
			first[f.Transaction] = known
		}
	}
	known := first[f.Transaction]
	switch {
	case known.Method != f.Method:
		return fault.Invalid(payment.CodeEventInvalid, "method", "transaction "+f.Transaction+" is paid by "+known.Method).
			WithRemedy("an order that is paid in two ways has two transactions")
	case f.Order != "" && known.Order != "" && known.Order != f.Order:
		return fault.Invalid(payment.CodeEventInvalid, "order", "transaction "+f.Transaction+" pays for order "+known.Order)
	}
	if known.Order == "" {
		known.Order = f.Order
		first[f.Transaction] = known
	}
	return nil
}

// checkParts holds the parts of a fact to its amount.
func checkParts(f Fact) error {
	if f.Parts == nil {
		return nil
	}
	if err := order.CheckVAT(f.Parts); err != nil {
		return err
	}
	if f.Kind != payment.Payment && f.Kind != payment.Refund {
		return fault.Invalid(payment.CodeEventInvalid, "parts", "only a payment or a refund consists of parts")
	}
	var sum money.Amount
	for i, p := range f.Parts {
		var err error
		if sum, err = sum.Add(p.Gross); err != nil {
			return fault.Invalid(CodePartsDiffer, "parts["+strconv.Itoa(i)+"].gross", "a part is in the currency of the amount").Wrap(err)
		}
	}
	if sum != f.Amount {
		return fault.Invalid(CodePartsDiffer, "parts", "the parts make "+sum.String()+", the amount is "+f.Amount.String())
	}
	return nil
}

// placed says which of the facts a fault concerns.
func placed(i int, err error) error {
	f := fault.Of(err)
	if f == nil {
		return err
	}
	at := *f
	at.Field = "events[" + strconv.Itoa(i) + "]"
	if f.Field != "" {
		at.Field += "." + f.Field
	}
	return &at
}

func transactionsOf(events []ports.EventRecord) []string {
	var all []string
	met := map[string]bool{}
	for _, e := range events {
		if !met[e.Transaction] {
			met[e.Transaction] = true
			all = append(all, e.Transaction)
		}
	}
	return all
}

func (l *ledger) reread(ctx context.Context, records []ports.EventRecord) ([]ports.EventRecord, error) {
	current := make([]ports.EventRecord, 0, len(records))
	for _, r := range records {
		e, err := l.tx.Events().Get(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		current = append(current, e)
	}
	return current, nil
}
