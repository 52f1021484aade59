package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

type steps struct{ *tx }

const stepSelect = `SELECT s.id, p.id, s.flow, s.line, s.kind, s.key, s.state, s.content, s.document, s.currency, s.amount, s.reverses, s.registration,
	s.intent, s.attempt, s.number, s.outcome, s.result, s.run, s.connector_version, s.settings_version, s.released_at, s.released_by, s.opened_at, s.closed_at, s.fault
	FROM step s LEFT JOIN payout p ON p.num = s.payout `

func readStep(row scanner) (ports.Step, error) {
	var s ports.Step
	var currency string
	var units int64
	var registration sql.NullInt64
	err := row.Scan(&s.ID, text(&s.PayoutID), text(&s.FlowID), &s.LineID, &s.Kind, &s.Key, &s.State, rawJSON(&s.Content), &s.Document, &currency, &units,
		text(&s.Reverses), &registration, rawJSON(&s.Intent), &s.Attempt, &s.Number, &s.Outcome, rawJSON(&s.Result), &s.RunID, &s.ConnectorVersion, &s.SettingsVersion,
		moment(&s.ReleasedAt), &s.ReleasedBy, moment(&s.OpenedAt), moment(&s.ClosedAt), decoded(&s.Fault))
	s.Amount, s.Registration = money.New(units, money.Currency(currency)), registration.Int64
	return s, err
}

var insertSteps = newBulk(23, "INSERT INTO step (payout, flow, line, kind, key, state, content, document, currency, amount, reverses, registration, intent, attempt, number, outcome, "+
	"result, run, connector_version, settings_version, opened_at, closed_at, fault)",
	" ON CONFLICT (key) DO NOTHING") //nolint:gochecknoglobals // a constant in all but name

func (s steps) Plan(ctx context.Context, planned []ports.Step) error {
	if !s.writable {
		return errReadOnly()
	}
	if len(planned) > ports.MaxBatch {
		return errBatch(len(planned))
	}
	numbered, err := s.register(ctx, planned)
	if err != nil {
		return err
	}
	values := make([]any, 0, len(planned)*insertSteps.columns)
	for i, p := range planned {
		if err := validState(p.State); err != nil {
			return err
		}
		payout, err := s.payoutOfStep(ctx, p)
		if err != nil {
			return err
		}
		fault, err := encoded(p.Fault)
		if err != nil {
			return err
		}
		values = append(values, payout, orNull(p.FlowID), p.LineID, p.Kind, p.Key, p.State, jsonText(p.Content), p.Document,
			p.Amount.Currency(), p.Amount.Minor(), orNull(p.Reverses), numbered[i], jsonText(p.Intent), p.Attempt, p.Number, p.Outcome,
			jsonText(p.Result), p.RunID, p.ConnectorVersion, p.SettingsVersion, micros(p.OpenedAt), micros(p.ClosedAt), fault)
	}
	return insertSteps.run(ctx, s.tx, values)
}

// payoutOfStep gives the payout's number, or NULL for a step of a flow.
func (s steps) payoutOfStep(ctx context.Context, p ports.Step) (any, error) {
	if (p.PayoutID == "") == (p.FlowID == "") {
		return nil, errInvalid("payout", "a step belongs to a payout or to a flow")
	}
	if p.PayoutID == "" {
		return nil, nil
	}
	return s.payout(ctx, p.PayoutID)
}

func validState(state ports.StepState) error {
	if slices.Contains(stepStates(), state) {
		return nil
	}
	return errInvalid("state", "\""+string(state)+"\" is not a state of a step")
}

func stepStates() []ports.StepState {
	return []ports.StepState{ports.StepPlanned, ports.StepOpen, ports.StepDone, ports.StepParked, ports.StepDropped}
}

func (s steps) Save(ctx context.Context, p ports.Step) error {
	if !s.writable {
		return errReadOnly()
	}
	if err := validState(p.State); err != nil {
		return err
	}
	fault, err := encoded(p.Fault)
	if err != nil {
		return err
	}
	changed, err := s.exec(ctx, `UPDATE step SET state = ?, intent = ?, attempt = ?, number = ?, outcome = ?, result = ?, run = ?,
		connector_version = ?, opened_at = ?, closed_at = ?, fault = ? WHERE id = ?`,
		p.State, jsonText(p.Intent), p.Attempt, p.Number, p.Outcome, jsonText(p.Result), p.RunID,
		p.ConnectorVersion, micros(p.OpenedAt), micros(p.ClosedAt), fault, p.ID)
	return oneOf(changed, err, "step")
}

func (s steps) Get(ctx context.Context, id int64) (ports.Step, error) {
	p, err := one(ctx, s.tx, readStep, stepSelect+"WHERE s.id = ?", id)
	return p, named(err, "step")
}

func (s steps) ByKey(ctx context.Context, key string) (ports.Step, error) {
	p, err := one(ctx, s.tx, readStep, stepSelect+"WHERE s.key = ?", key)
	return p, named(err, "step")
}

func (s steps) Reversing(ctx context.Context, key string) (ports.Step, error) {
	p, err := one(ctx, s.tx, readStep, stepSelect+"WHERE s.reverses = ? AND s.state <> 'dropped' ORDER BY s.id LIMIT 1", key)
	return p, named(err, "step")
}

func (s steps) Pending(ctx context.Context, payoutID string, after int64, limit int) ([]ports.Step, error) {
	return s.list(ctx, payoutID, after, limit, ports.StepPlanned, ports.StepOpen)
}

func (s steps) List(ctx context.Context, payoutID string, after int64, limit int) ([]ports.Step, error) {
	return s.list(ctx, payoutID, after, limit, stepStates()...)
}

func (s steps) PendingOfFlow(ctx context.Context, flowID string, after int64, limit int) ([]ports.Step, error) {
	if err := limitOf(limit, ports.MaxBatch); err != nil {
		return nil, err
	}
	return all(ctx, s.tx, readStep, stepSelect+"WHERE s.flow = ? AND s.state IN ('planned', 'open') AND s.id > ? ORDER BY s.id LIMIT ?", flowID, after, limit)
}

func (s steps) ListOfFlow(ctx context.Context, flowID string, after int64, limit int) ([]ports.Step, error) {
	if err := limitOf(limit, ports.MaxBatch); err != nil {
		return nil, err
	}
	return all(ctx, s.tx, readStep, stepSelect+"WHERE s.flow = ? AND s.id > ? ORDER BY s.id LIMIT ?", flowID, after, limit)
}

func (s steps) list(ctx context.Context, payoutID string, after int64, limit int, states ...ports.StepState) ([]ports.Step, error) {
	if err := limitOf(limit, ports.MaxBatch); err != nil {
		return nil, err
	}
	num, err := s.payout(ctx, payoutID)
	if err != nil {
		return nil, err
	}
	return all(ctx, s.tx, readStep, stepSelect+"WHERE s.id IN ("+stepIDs(states)+") ORDER BY s.id", num, after, limit)
}

// stepIDs selects the first ids in the given states. Each part comes in order from
// the index and they are merged, so that the steps in other states are not read.
func stepIDs(states []ports.StepState) string {
	parts := make([]string, len(states))
	for i, state := range states {
		parts[i] = "SELECT id FROM step WHERE payout = ?1 AND state = '" + string(state) + "' AND id > ?2"
	}
	return strings.Join(parts, " UNION ALL ") + " ORDER BY 1 LIMIT ?3"
}

func (s steps) OfDocument(ctx context.Context, connectionID, number string) ([]ports.Step, error) {
	if number == "" {
		return nil, nil
	}
	return all(ctx, s.tx, readStep, stepSelect+`CROSS JOIN flow f ON f.id = coalesce(p.flow, s.flow)
		WHERE s.document = ? AND s.document <> '' AND f.target = ? ORDER BY s.id`, number, connectionID)
}

func (s steps) Counts(ctx context.Context, payoutID string) (map[ports.StepState]int64, error) {
	num, err := s.payout(ctx, payoutID)
	if err != nil {
		return nil, err
	}
	type counted struct {
		state ports.StepState
		n     int64
	}
	read := func(row scanner) (c counted, err error) {
		err = row.Scan(&c.state, &c.n)
		return c, err
	}
	found, err := all(ctx, s.tx, read, "SELECT state, count(*) FROM step WHERE payout = ? GROUP BY state", num)
	counts := make(map[ports.StepState]int64, len(found))
	for _, c := range found {
		counts[c.state] = c.n
	}
	return counts, err
}
