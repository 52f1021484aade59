// Package sqlite keeps kvitt's state in one SQLite database (ports.Store).
//
// All writing goes through one connection, whose transactions begin with BEGIN
// IMMEDIATE; reading has a pool of its own, so that a long report never stops the
// work. A lock file beside the database makes sure that one hub alone uses it.
//
// The database is in WAL mode with synchronous=FULL: every commit is on the disk
// when Update returns. With NORMAL a loss of power could take back the last
// commits, and with them the stored intent of a write that the accounting system
// has already carried out; the next start would then write it a second time.
package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"

	// The driver registers itself as "sqlite".
	_ "modernc.org/sqlite"

	"github.com/kvitt/kvitt/ports"
)

// Options change how a store is opened.
type Options struct {
	// Enqueue puts a job into the queue within the transaction of a unit of work.
	// Without it, enqueueing fails.
	Enqueue func(ctx context.Context, tx *sql.Tx, job ports.Job) error
	// Readers is how many views may be open at once; 4 if it is 0.
	Readers int
}

// Store is a ports.Store in one SQLite file.
type Store struct {
	write   *sql.DB
	read    *sql.DB
	lock    *fileLock
	pages   *pageCodec
	keys    *lineKeys
	bulk    map[string]*sql.Stmt
	enqueue func(ctx context.Context, tx *sql.Tx, job ports.Job) error
}

var _ ports.Store = (*Store)(nil)

// Open opens the database at path, makes it if it is not there, brings its schema
// up to date and locks it. It fails with CodeLocked if another hub has it open.
func Open(ctx context.Context, path string, opts Options) (*Store, error) {
	lock, err := acquire(path + ".lock")
	if err != nil {
		return nil, err
	}
	s := &Store{lock: lock, keys: newLineKeys(), enqueue: opts.Enqueue}
	if err := s.open(ctx, path, opts); err != nil {
		return nil, errors.Join(fmt.Errorf("opening database %s: %w", path, err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, path string, opts Options) (err error) {
	if s.pages, err = newPageCodec(); err != nil {
		return err
	}
	if s.write, err = connect(path, "immediate", writerPragmas()); err != nil {
		return err
	}
	// One connection that is never closed while the store is open: whoever wants
	// to write waits for it in turn, so that SQLITE_BUSY cannot arise in the hub.
	s.write.SetMaxOpenConns(1)
	if err := migrate(ctx, s.write, migrations()); err != nil {
		return err
	}
	if s.bulk, err = prepareBulk(ctx, s.write); err != nil {
		return err
	}
	if err := s.completeReferences(ctx); err != nil {
		return err
	}
	if s.read, err = connect(path, "deferred", readerPragmas()); err != nil {
		return err
	}
	readers := opts.Readers
	if readers == 0 {
		readers = 4
	}
	s.read.SetMaxOpenConns(readers)
	s.read.SetMaxIdleConns(readers)
	return s.read.PingContext(ctx)
}

// Close waits for open units of work and gives the database free.
func (s *Store) Close() error {
	var errs []error
	if s.read != nil {
		errs = append(errs, s.read.Close())
	}
	for _, stmt := range s.bulk {
		errs = append(errs, stmt.Close())
	}
	if s.write != nil {
		errs = append(errs, s.write.Close())
	}
	if s.pages != nil {
		s.pages.close()
	}
	return errors.Join(append(errs, s.lock.release())...)
}

// WriteDB gives the one writing connection, for the job queue that shares it.
func (s *Store) WriteDB() *sql.DB { return s.write }

// writerPragmas: 32 MiB of page cache hold the upper levels and the hot ends of
// all indexes; a checkpoint each 4000 pages (16 MiB) instead of each 1000 saves
// writing pages that a bulk load changes again at once.
func writerPragmas() []string {
	return []string{
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
		"cache_size(-32768)", "wal_autocheckpoint(4000)", "journal_size_limit(67108864)",
	}
}

func readerPragmas() []string {
	return []string{"busy_timeout(10000)", "query_only(1)", "cache_size(-4096)"}
}

func connect(path, lock string, pragmas []string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	query := url.Values{"_txlock": {lock}, "_pragma": pragmas}
	dsn := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: query.Encode()}
	return sql.Open("sqlite", dsn.String())
}

// Update runs fn in one transaction. A unit of work that is started inside
// another one fails instead of waiting for itself for ever.
func (s *Store) Update(ctx context.Context, fn func(ctx context.Context, tx ports.Tx) error) error {
	return s.run(ctx, s.write, true, fn)
}

// View runs fn on the state as of the last commit before it.
func (s *Store) View(ctx context.Context, fn func(ctx context.Context, tx ports.Tx) error) error {
	return s.run(ctx, s.read, false, fn)
}

// nesting marks the context of a unit of work.
type nesting struct{}

func (s *Store) run(ctx context.Context, db *sql.DB, writable bool, fn func(ctx context.Context, tx ports.Tx) error) error {
	if ctx.Value(nesting{}) != nil {
		return errNested()
	}
	sqlTx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning unit of work: %w", err)
	}
	// After a commit this does nothing; after an error or a panic it undoes all.
	defer func() { _ = sqlTx.Rollback() }()
	// A deferred transaction sees the state as of its first read.
	if _, err := sqlTx.ExecContext(ctx, "SELECT 1 FROM sqlite_schema LIMIT 1"); err != nil {
		return fmt.Errorf("beginning unit of work: %w", err)
	}
	if err := fn(context.WithValue(ctx, nesting{}, true), newTx(s, sqlTx, writable)); err != nil {
		return err
	}
	if !writable {
		return nil
	}
	if err := sqlTx.Commit(); err != nil {
		// When ctx has ended, database/sql says at times only that the transaction is over.
		return fmt.Errorf("committing unit of work: %w", cmp.Or(ctx.Err(), err))
	}
	return nil
}

// limitOf checks how much a caller asks for.
func limitOf(limit, most int) error {
	if limit >= 1 && limit <= most {
		return nil
	}
	return errInvalid("limit", strconv.Itoa(limit)+" is not between 1 and "+strconv.Itoa(most))
}

// maxPage is the most items of a ports.Page.
const maxPage = 1000
