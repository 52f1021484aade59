package registration

import (
	"context"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/ports"
)

// telling is an order as the shop tells it, beside what is known of it.
type telling struct {
	*ledger
	number string
	// byKey are the events known by now, paidBy the method of each transaction.
	byKey  map[string]ports.EventRecord
	paidBy map[string]string
	first  map[string]payment.Event
}

// shopEvents gives the events of an order that are new.
func (l *ledger) shopEvents(ctx context.Context, told ports.ShopOrder, known []ports.EventRecord) ([]ports.EventRecord, error) {
	t := telling{ledger: l, number: told.Number, byKey: map[string]ports.EventRecord{}, paidBy: map[string]string{}, first: map[string]payment.Event{}}
	for _, e := range known {
		t.byKey[e.Key] = e
		if e.State != ports.EventWithdrawn {
			t.paidBy[e.Transaction] = e.Method
		}
	}
	var created []ports.EventRecord
	for _, e := range told.Events {
		record, isNew, err := t.event(ctx, e)
		if err != nil {
			return nil, about(e.Key, err)
		}
		if isNew {
			created, t.byKey[record.Key] = append(created, record), record
		}
	}
	return created, nil
}

// event makes what is kept of an event, if it is new and not somebody else's to
// book.
func (t *telling) event(ctx context.Context, e ports.ShopEvent) (ports.EventRecord, bool, error) {
	f := Fact{Event: e.Event, Parts: goods(e.Parts)}
	f.Order, f.Origin, f.At = t.number, payment.FromShop, f.At.UTC()
	if f.Fee.IsZero() {
		f.Fee, f.FeeVAT = money.Amount{}, money.Amount{}
	}
	known, err := t.name(&f)
	if known || err != nil {
		return ports.EventRecord{}, false, err
	}
	if f.At.Before(t.flow.Since) && f.Kind != payment.Prepare && f.Kind != payment.Cancel {
		return ports.EventRecord{}, false, nil // what was before is not kvitt's to book
	}
	method, err := t.methodOf(ctx, f)
	if err != nil {
		return ports.EventRecord{}, false, err
	}
	f.Method = method.ID
	if method.Connection != "" && t.owners[method.Connection] == merchant.Payouts {
		if !soldBy(f.Kind) {
			return ports.EventRecord{}, false, nil // the payouts prove it, and the fee
		}
		f.Fee, f.FeeVAT = money.Amount{}, money.Amount{}
	}
	record, _, err := t.acceptOne(ctx, f, t.byKey, t.first)
	return record, err == nil, err
}

// name gives a fact its key and reports whether it is known. What is told anew
// under the key of an event that was withdrawn is another fact.
func (t *telling) name(f *Fact) (known bool, err error) {
	key := t.shopPrefix() + keyPart(t.number) + "/" + f.Key
	f.Key = key
	for again := 2; ; again++ {
		e, there := t.byKey[f.Key]
		if !there {
			return false, nil
		}
		if same, err := t.same(e, *f); same || err != nil {
			return same, err
		}
		if e.State != ports.EventWithdrawn {
			return false, fault.New(CodeKeyReused, fault.Duplicate, "the shop now tells another amount, moment or content of it").
				WithRemedy("find out which one holds; to take the new one withdraw event " + e.ID + ", then retry the exception")
		}
		f.Key = key + "#" + strconv.Itoa(again)
	}
}

// same reports whether an event is told as it was registered, whatever method its
// name stood for then and whoever booked its fee.
func (t *telling) same(known ports.EventRecord, f Fact) (bool, error) {
	f.Method = known.Method
	if known.Fee.IsZero() {
		f.Fee, f.FeeVAT = money.Amount{}, money.Amount{}
	}
	record, err := t.record(f)
	return record.Fingerprint == known.Fingerprint, err
}

// methodOf gives the payment method that the shop means: that of the transaction,
// if it is known, else the one that the settings name.
func (t *telling) methodOf(ctx context.Context, f Fact) (payment.Method, error) {
	id := t.paidBy[f.Transaction]
	if id == "" {
		id = t.settings.FromShop(f.Method)
	}
	if id == "" {
		return payment.Method{}, fault.New(CodeMethodUnmapped, fault.Conflict,
			"no setting says which payment method the shop means by \""+f.Method+"\"").WithField("settings.shop_methods." + f.Method).
			WithRemedy("set shop_methods." + f.Method + " of the flow to the id of a payment method; the order follows by itself")
	}
	return t.method(ctx, id)
}

// shopPrefix begins the keys of what the shop tells.
func (l *ledger) shopPrefix() string { return l.flow.Source + "/" }

// keyPart makes a number a part of a key that no other number can be mistaken for.
func keyPart(number string) string {
	return strings.NewReplacer("%", "%25", "/", "%2F").Replace(number)
}

// about says which event of an order a fault concerns.
func about(key string, err error) error {
	f := fault.Of(err)
	if f == nil {
		return err
	}
	at := *f
	at.Reason = "event " + key + ": " + f.Reason
	return &at
}
