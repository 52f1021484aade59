package sqlite

import (
	"context"
	"encoding/json"
	"time"

	"github.com/kvitt/kvitt/ports"
)

type runs struct{ *tx }

const runColumns = "id, flow, merchant, cause, state, started_at, finished_at, report, fault, scope"

func readRun(row scanner) (ports.Run, error) {
	var r ports.Run
	var report *ports.RunReport
	err := row.Scan(&r.ID, &r.FlowID, &r.MerchantID, &r.Trigger, &r.State,
		moment(&r.StartedAt), moment(&r.FinishedAt), decoded(&report), decoded(&r.Fault), decoded(&r.Scope))
	if report != nil {
		r.Report = *report
	}
	return r, err
}

func (s runs) Create(ctx context.Context, r ports.Run) error {
	report, err := json.Marshal(r.Report)
	if err != nil {
		return err
	}
	fault, err := encoded(r.Fault)
	if err != nil {
		return err
	}
	scope, err := encoded(r.Scope)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, "INSERT INTO run ("+runColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		r.ID, r.FlowID, r.MerchantID, r.Trigger, r.State, sortable(r.StartedAt), micros(r.FinishedAt), string(report), fault, scope)
	return named(err, "run")
}

func (s runs) Add(ctx context.Context, id string, delta ports.RunReport) error {
	if !s.writable {
		return errReadOnly()
	}
	r, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	sum := r.Report
	sum.PayoutsSeen += delta.PayoutsSeen
	sum.PayoutsNew += delta.PayoutsNew
	sum.OrdersSeen += delta.OrdersSeen
	sum.Created = addCounts(sum.Created, delta.Created)
	sum.Found = addCounts(sum.Found, delta.Found)
	sum.Calls = addCounts(sum.Calls, delta.Calls)
	sum.RateLimited = addCounts(sum.RateLimited, delta.RateLimited)
	report, err := json.Marshal(sum)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, "UPDATE run SET report = ? WHERE id = ?", string(report), id)
	return err
}

func addCounts[K comparable](sum, delta map[K]int64) map[K]int64 {
	if sum == nil && len(delta) > 0 {
		sum = make(map[K]int64, len(delta))
	}
	for k, n := range delta {
		sum[k] += n
	}
	return sum
}

func (s runs) Wait(ctx context.Context, id string, f *ports.FaultRecord) error {
	fault, err := encoded(f)
	if err != nil {
		return err
	}
	changed, err := s.exec(ctx, "UPDATE run SET fault = ? WHERE id = ?", fault, id)
	return oneOf(changed, err, "run")
}

func (s runs) Finish(ctx context.Context, id string, state ports.RunState, at time.Time, f *ports.FaultRecord) error {
	fault, err := encoded(f)
	if err != nil {
		return err
	}
	changed, err := s.exec(ctx, "UPDATE run SET state = ?, finished_at = ?, fault = ? WHERE id = ?", state, micros(at), fault, id)
	return oneOf(changed, err, "run")
}

func (s runs) Get(ctx context.Context, id string) (ports.Run, error) {
	r, err := one(ctx, s.tx, readRun, "SELECT "+runColumns+" FROM run WHERE id = ?", id)
	return r, named(err, "run")
}

func (s runs) Current(ctx context.Context, flowID string) (ports.Run, error) {
	r, err := one(ctx, s.tx, readRun, "SELECT "+runColumns+
		" FROM run WHERE flow = ? AND state = 'running' ORDER BY started_at, num LIMIT 1", flowID)
	return r, named(err, "run")
}

func (s runs) Whole(ctx context.Context, flowID string) (ports.Run, error) {
	r, err := one(ctx, s.tx, readRun, "SELECT "+runColumns+
		" FROM run WHERE flow = ? AND state = 'running' AND scope IS NULL ORDER BY started_at, num LIMIT 1", flowID)
	return r, named(err, "run")
}

func (s runs) List(ctx context.Context, merchantID string, filter ports.RunFilter, page ports.Page) ([]ports.Run, error) {
	if err := limitOf(page.Limit, maxPage); err != nil {
		return nil, err
	}
	query := narrowed{"SELECT " + runColumns + " FROM run WHERE merchant = ?", []any{merchantID}}
	if filter.FlowID != "" {
		query.and("flow = ?", filter.FlowID)
	}
	if filter.State != "" {
		query.and("state = ?", filter.State)
	}
	if filter.Trigger != "" {
		query.and("cause = ?", filter.Trigger)
	}
	if filter.Waiting {
		query.and("state = 'running' AND fault IS NOT NULL")
	}
	if page.After != "" {
		after, err := one(ctx, s.tx, readPlace, "SELECT started_at, num FROM run WHERE id = ?", page.After)
		if err != nil {
			return nil, named(err, "run")
		}
		query.and("(started_at, num) < (?, ?)", after.at, after.num)
	}
	return all(ctx, s.tx, readRun, query.sql+" ORDER BY started_at DESC, num DESC LIMIT ?", append(query.args, page.Limit)...)
}

// narrowed is a query with conditions that are joined by AND.
type narrowed struct {
	sql  string
	args []any
}

func (n *narrowed) and(condition string, args ...any) {
	n.sql, n.args = n.sql+" AND "+condition, append(n.args, args...)
}

// place is where a list by time and number goes on.
type place struct {
	at  int64
	num int64
}

func readPlace(row scanner) (place, error) {
	var p place
	err := row.Scan(&p.at, &p.num)
	return p, err
}
