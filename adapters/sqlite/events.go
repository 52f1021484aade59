package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/ports"
)

type events struct{ *tx }

const eventSelect = `SELECT e.num, e.id, e.merchant, e.key, e.fingerprint, e.kind, e.origin, e.trade, e.customer_order, e.method,
	e.currency, e.amount, e.fee, e.fee_vat, e.at, e.reference, e.parts, e.taken, e.treatment, e.country, e.delivered, e.state, e.fault, e.bookings, e.settings_version, e.registered_at,
	(SELECT json_group_array(key) FROM (SELECT s.key FROM event_step l JOIN step s ON s.key = l.key WHERE l.event = e.num ORDER BY s.id))
	FROM event e `

func readEvent(row scanner) (ports.EventRecord, error) {
	var e ports.EventRecord
	var currency, steps string
	var units int64
	var fee, feeVAT sql.NullInt64
	err := row.Scan(&e.Num, &e.ID, &e.MerchantID, &e.Key, &e.Fingerprint, &e.Kind, &e.Origin, &e.Transaction, &e.Order, &e.Method,
		&currency, &units, &fee, &feeVAT, moment(&e.At), &e.Reference, partsJSON(&e.Parts), partsJSON(&e.Taken), &e.Market.Treatment, &e.Market.Country, date(&e.Delivered), &e.State, decoded(&e.Fault),
		&e.Bookings, &e.SettingsVersion, moment(&e.RegisteredAt), &steps)
	if err != nil {
		return ports.EventRecord{}, err
	}
	e.Amount = money.New(units, money.Currency(currency))
	e.Fee, e.FeeVAT = amount(fee, currency), amount(feeVAT, currency)
	e.Steps, err = fromArray(steps)
	if len(e.Steps) == 0 {
		e.Steps = nil
	}
	return e, err
}

// partsJSON reads parts of an order; NULL is none.
func partsJSON(into *[]order.Part) sql.Scanner {
	return scan(func(src any) error {
		stored, ok := src.(string)
		if !ok {
			*into = nil
			return nil
		}
		return json.Unmarshal([]byte(stored), into)
	})
}

func partsText(parts []order.Part) (any, error) {
	if parts == nil {
		return nil, nil
	}
	stored, err := json.Marshal(parts)
	return string(stored), err
}

var insertEvents = newBulk(25, "INSERT INTO event (id, merchant, key, fingerprint, kind, origin, trade, customer_order, method, currency, amount, fee, fee_vat, "+
	"at, reference, parts, taken, treatment, country, delivered, state, fault, bookings, settings_version, registered_at)", "") //nolint:gochecknoglobals // a constant in all but name

func (s events) Create(ctx context.Context, created []ports.EventRecord) error {
	if !s.writable {
		return errReadOnly()
	}
	if len(created) > ports.MaxBatch {
		return errBatch(len(created))
	}
	values := make([]any, 0, len(created)*insertEvents.columns)
	for _, e := range created {
		parts, err := partsText(e.Parts)
		if err != nil {
			return err
		}
		taken, err := partsText(e.Taken)
		if err != nil {
			return err
		}
		fault, err := encoded(e.Fault)
		if err != nil {
			return err
		}
		values = append(values, e.ID, e.MerchantID, e.Key, e.Fingerprint, e.Kind, e.Origin, e.Transaction, e.Order, e.Method,
			e.Amount.Currency(), e.Amount.Minor(), minor(e.Fee), minor(e.FeeVAT), sortable(e.At), e.Reference, parts, taken, e.Market.Treatment, e.Market.Country, orNull(e.Delivered.String()), e.State, fault,
			e.Bookings, e.SettingsVersion, micros(e.RegisteredAt))
	}
	if err := insertEvents.run(ctx, s.tx, values); err != nil {
		return named(err, "event")
	}
	for _, e := range created {
		if err := s.link(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

func (s events) Save(ctx context.Context, e ports.EventRecord) error {
	taken, err := partsText(e.Taken)
	if err != nil {
		return err
	}
	fault, err := encoded(e.Fault)
	if err != nil {
		return err
	}
	changed, err := s.exec(ctx, "UPDATE event SET taken = ?, treatment = ?, country = ?, delivered = ?, state = ?, fault = ?, bookings = ?, settings_version = ? WHERE id = ?",
		taken, e.Market.Treatment, e.Market.Country, orNull(e.Delivered.String()), e.State, fault, e.Bookings, e.SettingsVersion, e.ID)
	if err := oneOf(changed, err, "event"); err != nil {
		return err
	}
	return s.link(ctx, e)
}

// link names the steps of an event. None is ever taken away.
func (s events) link(ctx context.Context, e ports.EventRecord) error {
	for _, key := range e.Steps {
		_, err := s.exec(ctx, "INSERT INTO event_step (event, key) SELECT num, ? FROM event WHERE id = ? ON CONFLICT DO NOTHING", key, e.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

func (s events) Get(ctx context.Context, id string) (ports.EventRecord, error) {
	e, err := one(ctx, s.tx, readEvent, eventSelect+"WHERE e.id = ?", id)
	return e, named(err, "event")
}

func (s events) ByKey(ctx context.Context, merchantID, key string) (ports.EventRecord, error) {
	e, err := one(ctx, s.tx, readEvent, eventSelect+"WHERE e.merchant = ? AND e.key = ?", merchantID, key)
	return e, named(err, "event")
}

func (s events) List(ctx context.Context, merchantID string, filter ports.EventFilter, after int64, limit int) ([]ports.EventRecord, error) {
	if err := limitOf(limit, ports.MaxBatch); err != nil {
		return nil, err
	}
	conditions, args := []string{"e.merchant = ?", "e.num > ?"}, []any{merchantID, after}
	if filter.Step != "" {
		conditions[0] = "+e.merchant = ?" // the step finds few events, the merchant many
	}
	narrow := func(condition, value string) {
		if value != "" {
			conditions, args = append(conditions, condition), append(args, value)
		}
	}
	if filter.State != "" {
		if !slices.Contains(eventStates(), filter.State) {
			return nil, errInvalid("state", "\""+string(filter.State)+"\" is not a state of an event")
		}
		conditions = append(conditions, "e.state = '"+string(filter.State)+"'")
		if filter.State != ports.EventRecorded && filter.State != ports.EventBooked {
			conditions = append(conditions, "e.state NOT IN ('recorded', 'booked')") // so that the index of those that wait is met
		}
	}
	narrow("e.kind = ?", string(filter.Kind))
	narrow("e.trade = ?", filter.Transaction)
	narrow("e.customer_order <> '' AND e.customer_order = ?", filter.Order)
	narrow("e.method = ?", filter.Method)
	narrow("e.num IN (SELECT event FROM event_step WHERE key = ?)", filter.Step)
	return all(ctx, s.tx, readEvent, eventSelect+"WHERE "+strings.Join(conditions, " AND ")+" ORDER BY e.num LIMIT ?", append(args, limit)...)
}

func eventStates() []ports.EventState {
	return []ports.EventState{
		ports.EventRecorded, ports.EventPending, ports.EventFlagged, ports.EventParked, ports.EventDue, ports.EventBooked, ports.EventWithdrawn,
	}
}
