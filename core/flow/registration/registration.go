// Package registration takes the payment events that a merchant's own web shop
// registers, judges each within its transaction, and books those that stand.
//
// Facts are always kept. What they mean for the books follows from the set of
// events of a transaction alone, so the order in which they arrive changes no
// account total: an event is booked when it stands, and its booking is taken back
// by a correction if an event that comes later says that it does not.
//
// Money has one owner: what a payout proves, the payouts flow books, and an event
// of the same money is refused.
package registration

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
)

// Faults of registration.
const (
	// CodeNoFlow: the merchant has no flow of events, whose settings say how to book.
	CodeNoFlow fault.Code = "event.no_flow"
	// CodeMethodUnknown: the merchant has no such payment method.
	CodeMethodUnknown fault.Code = "event.method_unknown"
	// CodeOwned: a flow books this side of the money.
	CodeOwned fault.Code = "event.owned_by_flow"
	// CodeKeyReused: the key stands for another fact.
	CodeKeyReused fault.Code = "event.key_reused"
	// CodeOrderUnknown: nothing says what was sold.
	CodeOrderUnknown fault.Code = "event.order_unknown"
	// CodePartsDiffer: the parts of an amount do not make the amount.
	CodePartsDiffer fault.Code = "event.parts_differ"
	// CodeSaleNotBooked: a refund waits for the booking of its sale.
	CodeSaleNotBooked fault.Code = "event.sale_not_booked"
	// CodeRateInvalid: the country has no such VAT rate on the day of the sale.
	CodeRateInvalid fault.Code = "vat.rate_invalid"
	// CodeRateNotOriginal: a refund carries a rate at which nothing was sold.
	CodeRateNotOriginal fault.Code = "vat.rate_not_original"
	// CodeOrderChanged: the number stands for another order.
	CodeOrderChanged fault.Code = "order.changed"
	// CodeNotOpen: the exception is resolved already.
	CodeNotOpen fault.Code = "exception.not_open"
	// CodeClearingShared: another flow uses the clearing account.
	CodeClearingShared fault.Code = "flow.clearing_shared"
	// CodeMethodExists: the merchant has another method of this id.
	CodeMethodExists fault.Code = "method.exists"
)

// Log takes what support wants to read; a hclog.Logger is one.
type Log interface {
	Info(message string, pairs ...any)
	Warn(message string, pairs ...any)
	Error(message string, pairs ...any)
}

// Options bound the work. All are required.
type Options struct {
	// Slice is how long Advance works before it gives way.
	Slice time.Duration
	// Attempts is how often an open write is tried.
	Attempts int
}

// Service registers events. It is safe for concurrent use.
type Service struct {
	store ports.Store
	desk  *remote.Desk
	clock ports.BusinessClock
	// machine bounds slices only.
	machine func() time.Time
	rates   tax.Table
	log     Log
	options Options
}

// New makes the service; rates says which VAT rates there are.
func New(store ports.Store, desk *remote.Desk, clock ports.BusinessClock, machine func() time.Time, rates tax.Table, log Log, options Options) *Service {
	return &Service{store: store, desk: desk, clock: clock, machine: machine, rates: rates, log: log, options: options}
}

// ledger is one unit of work on the events of one merchant.
type ledger struct {
	*Service
	tx       ports.Tx
	merchant merchant.Merchant
	flow     merchant.Flow
	settings booking.ByMethod
	// versions are earlier settings that were asked for.
	versions map[int]booking.ByMethod
	zone     *time.Location
	methods  map[string]payment.Method
	orders   map[string]order.Order
	// owners are the kinds of flow that are on, by the connection that they read.
	owners map[string]merchant.FlowKind
}

// openLedger loads what every unit of work on a merchant's events needs.
func (s *Service) openLedger(ctx context.Context, tx ports.Tx, merchantID string) (*ledger, error) {
	l := &ledger{Service: s, tx: tx, methods: map[string]payment.Method{}, orders: map[string]order.Order{}, versions: map[int]booking.ByMethod{}, owners: map[string]merchant.FlowKind{}}
	var err error
	if l.merchant, err = tx.Merchants().Get(ctx, merchantID); err != nil {
		return nil, err
	}
	if l.zone, err = time.LoadLocation(l.merchant.Zone); err != nil {
		return nil, fault.Invalid("merchant.zone_unknown", "zone", "\""+l.merchant.Zone+"\" is not an IANA time zone").Wrap(err)
	}
	for page := (ports.Page{Limit: 1000}); ; {
		flows, err := tx.Flows().List(ctx, merchantID, page)
		if err != nil {
			return nil, err
		}
		for _, f := range flows {
			if f.Kind == merchant.Events {
				l.flow = f
			} else if f.Enabled {
				l.owners[f.Source] = f.Kind
			}
			page.After = f.ID
		}
		if len(flows) < page.Limit {
			break
		}
	}
	if l.flow.ID == "" {
		return nil, fault.New(CodeNoFlow, fault.Conflict, "the merchant has no flow of events, so that nothing says how to book them").
			WithRemedy("create a flow of kind events to the accounting system")
	}
	l.settings, err = booking.ParseByMethod(l.flow.Settings)
	return l, err
}

// loadSettings makes a version of the flow's settings known to settingsAt.
func (l *ledger) loadSettings(ctx context.Context, version int) error {
	if _, known := l.versions[version]; known || version == 0 || version == l.flow.SettingsVersion {
		return nil
	}
	raw, err := l.tx.Flows().Settings(ctx, l.flow.ID, version)
	if err != nil {
		return err
	}
	l.versions[version], err = booking.ParseByMethod(raw)
	return err
}

// settingsAt gives a version that was loaded, or else the present one.
func (l *ledger) settingsAt(version int) booking.ByMethod {
	if earlier, ok := l.versions[version]; ok {
		return earlier
	}
	return l.settings
}

// update runs fn as a unit of work on a merchant's events.
func (s *Service) update(ctx context.Context, merchantID string, fn func(ctx context.Context, l *ledger) error) error {
	return s.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		l, err := s.openLedger(ctx, tx, merchantID)
		if err != nil {
			return err
		}
		return fn(ctx, l)
	})
}

// method gives a payment method of the merchant.
func (l *ledger) method(ctx context.Context, id string) (payment.Method, error) {
	if known, ok := l.methods[id]; ok {
		return known, nil
	}
	record, err := l.tx.Methods().Get(ctx, l.merchant.ID, id)
	if fault.CodeOf(err) == ports.CodeNotFound {
		return payment.Method{}, fault.Invalid(CodeMethodUnknown, "method", "the merchant has no payment method \""+id+"\"").
			WithRemedy("add the method first; a virtual one may be added at any time")
	}
	l.methods[id] = record.Method
	return record.Method, err
}

// order gives an order of the merchant; found is false if there is none.
func (l *ledger) order(ctx context.Context, number string) (o order.Order, found bool, err error) {
	if number == "" {
		return order.Order{}, false, nil
	}
	if known, ok := l.orders[number]; ok {
		return known, true, nil
	}
	o, err = l.tx.Orders().Get(ctx, l.merchant.ID, number)
	if fault.CodeOf(err) == ports.CodeNotFound {
		return order.Order{}, false, nil
	}
	if err == nil {
		l.orders[number] = o
	}
	return o, err == nil, err
}

// wake asks for the flow to be moved on.
func (l *ledger) wake(ctx context.Context) error {
	return l.tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.AdvanceFlow, Subject: l.flow.ID})
}

// audit keeps who did what.
func (l *ledger) audit(ctx context.Context, by, act, subject, detail string) error {
	return l.tx.Audit().Append(ctx, ports.AuditEntry{
		MerchantID: l.merchant.ID, At: l.clock.Now().UTC(), By: by, Act: act, Subject: subject, Detail: detail,
	})
}

// identify makes an id that is the same whenever it is made from the same parts.
func identify(prefix string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return prefix + hex.EncodeToString(sum[:8])
}
