package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/kvitt/kvitt/ports"
)

// tx is one unit of work. It prepares each statement once and remembers the
// numbers of the payouts, connections and words that it has met.
type tx struct {
	store    *Store
	sql      *sql.Tx
	writable bool

	statements  map[string]*sql.Stmt
	connections map[string]int64
	payouts     map[string]int64
	words       map[string]int64
	classes     map[lineClass]int64
	classOfID   map[int64]lineClass
	wordOfID    map[int64]string
	payoutOfNum map[int64]string
}

var _ ports.Tx = (*tx)(nil)

func newTx(s *Store, sqlTx *sql.Tx, writable bool) *tx {
	return &tx{
		store: s, sql: sqlTx, writable: writable,
		statements:  map[string]*sql.Stmt{},
		connections: map[string]int64{},
		payouts:     map[string]int64{},
		words:       map[string]int64{},
		classes:     map[lineClass]int64{},
		classOfID:   map[int64]lineClass{},
		wordOfID:    map[int64]string{},
		payoutOfNum: map[int64]string{},
	}
}

func (t *tx) Merchants() ports.MerchantStore     { return merchants{t} }
func (t *tx) Connections() ports.ConnectionStore { return connections{t} }
func (t *tx) Flows() ports.FlowStore             { return flows{t} }
func (t *tx) Runs() ports.RunStore               { return runs{t} }
func (t *tx) Payouts() ports.PayoutStore         { return payouts{t} }
func (t *tx) Lines() ports.LineStore             { return lines{t} }
func (t *tx) RawPages() ports.RawPageStore       { return rawPages{t} }
func (t *tx) Documents() ports.DocumentStore     { return documents{t} }
func (t *tx) Steps() ports.StepStore             { return steps{t} }
func (t *tx) Methods() ports.MethodStore         { return methods{t} }
func (t *tx) Orders() ports.OrderStore           { return orders{t} }
func (t *tx) Events() ports.EventStore           { return events{t} }
func (t *tx) ShopOrders() ports.ShopOrderStore   { return shopOrders{t} }
func (t *tx) Purchases() ports.PurchaseStore     { return purchases{t} }
func (t *tx) Exceptions() ports.ExceptionStore   { return exceptions{t} }
func (t *tx) Catalogue() ports.CatalogueStore    { return catalogue{t} }
func (t *tx) Impact() ports.ImpactStore          { return impact{t} }
func (t *tx) Backlogs() ports.BacklogStore       { return backlogs{t} }
func (t *tx) Cursors() ports.CursorStore         { return cursors{t} }
func (t *tx) Lanes() ports.LaneStore             { return lanes{t} }
func (t *tx) Consents() ports.ConsentStore       { return consents{t} }
func (t *tx) Callbacks() ports.CallbackStore     { return callbacks{t} }
func (t *tx) CallbackTokens() ports.CallbackTokenStore {
	return callbackTokens{t}
}

func (t *tx) Subscriptions() ports.SubscriptionStore {
	return subscriptions{t}
}
func (t *tx) Access() ports.AccessStore { return access{t} }
func (t *tx) Audit() ports.AuditStore   { return audit{t} }
func (t *tx) Search() ports.SearchStore { return search{t} }
func (t *tx) Jobs() ports.JobQueue      { return jobs{t} }

type jobs struct{ *tx }

func (j jobs) Enqueue(ctx context.Context, job ports.Job) error {
	if !j.writable {
		return errReadOnly()
	}
	if j.store.enqueue == nil {
		return errors.New("enqueueing job: the store was opened without a queue")
	}
	return j.store.enqueue(ctx, j.sql, job)
}

// prepare fails if ctx has ended. The statements themselves run without its
// deadline: for one that can end early the driver starts a goroutine per statement
// and per row, which costs more than most of the statements. Hence a unit of work
// ends between two statements.
func (t *tx) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if stmt, ok := t.statements[query]; ok {
		return stmt, nil
	}
	if long, ok := t.store.bulk[query]; ok && t.writable {
		t.statements[query] = t.sql.StmtContext(context.WithoutCancel(ctx), long)
		return t.statements[query], nil
	}
	stmt, err := t.sql.PrepareContext(context.WithoutCancel(ctx), query) // closed with the transaction
	if err != nil {
		return nil, err
	}
	t.statements[query] = stmt
	return stmt, nil
}

// exec changes rows and gives their number. All changes go through it, so that a
// view can refuse them.
func (t *tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := t.change(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// insert adds one row and gives its number.
func (t *tx) insert(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := t.change(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

func (t *tx) change(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if !t.writable {
		return nil, errReadOnly()
	}
	stmt, err := t.prepare(ctx, query) //nolint:sqlclosecheck // closed with the transaction
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(context.WithoutCancel(ctx), args...)
}

// scanner is a row that is being read.
type scanner interface{ Scan(dest ...any) error }

// one reads one row; it fails with sql.ErrNoRows if there is none.
func one[T any](ctx context.Context, t *tx, read func(scanner) (T, error), query string, args ...any) (T, error) {
	stmt, err := t.prepare(ctx, query) //nolint:sqlclosecheck // closed with the transaction
	if err != nil {
		var none T
		return none, err
	}
	return read(stmt.QueryRowContext(context.WithoutCancel(ctx), args...))
}

// all reads every row before it returns, so that none is open in the caller.
func all[T any](ctx context.Context, t *tx, read func(scanner) (T, error), query string, args ...any) ([]T, error) {
	stmt, err := t.prepare(ctx, query) //nolint:sqlclosecheck // closed with the transaction
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(context.WithoutCancel(ctx), args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var items []T
	for rows.Next() {
		item, err := read(rows)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, rows.Err()
}

// scalar reads a row of one column.
func scalar[T any](row scanner) (T, error) {
	var v T
	err := row.Scan(&v)
	return v, err
}

// oneOf makes sure that a change met one row.
func oneOf(changed int64, err error, thing string) error {
	if err != nil {
		return named(err, thing)
	}
	if changed == 0 {
		return errNotFound("there is no such " + thing)
	}
	return nil
}

// number gives the number by which big tables name a payout or a connection.
func (t *tx) number(ctx context.Context, cache map[string]int64, query, id, thing string) (int64, error) {
	if num, ok := cache[id]; ok {
		return num, nil
	}
	num, err := one(ctx, t, scalar[int64], query, id)
	if err != nil {
		return 0, named(err, thing)
	}
	cache[id] = num
	return num, nil
}

func (t *tx) connection(ctx context.Context, id string) (int64, error) {
	return t.number(ctx, t.connections, "SELECT num FROM connection WHERE id = ?", id, "connection")
}

func (t *tx) payout(ctx context.Context, id string) (int64, error) {
	return t.number(ctx, t.payouts, "SELECT num FROM payout WHERE id = ?", id, "payout")
}

// word gives the number of a shared text and stores it if it is new.
func (t *tx) word(ctx context.Context, text string) (int64, error) {
	if id, ok := t.words[text]; ok {
		return id, nil
	}
	id, err := one(ctx, t, scalar[int64], "SELECT id FROM word WHERE text = ?", text)
	if errors.Is(err, sql.ErrNoRows) {
		id, err = t.insert(ctx, "INSERT INTO word (text) VALUES (?)", text)
	}
	if err != nil {
		return 0, err
	}
	t.words[text] = id
	return id, nil
}
