package sqlite

import (
	"database/sql"
	"errors"
	"strconv"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// Faults of the database file.
const (
	// CodeLocked: another hub has the database open.
	CodeLocked fault.Code = "store.locked"
	// CodeSchema: the database was made by another version of kvitt than this one
	// can read.
	CodeSchema fault.Code = "store.schema_mismatch"
	// CodeNested: a unit of work was started inside another one.
	CodeNested fault.Code = "store.nested"
)

func errNotFound(reason string) *fault.Error {
	return fault.New(ports.CodeNotFound, fault.NotFound, reason)
}

func errExists(reason string) *fault.Error {
	return fault.New(ports.CodeExists, fault.Duplicate, reason)
}

func errConflict(reason string) *fault.Error {
	return fault.New(ports.CodeConflict, fault.Conflict, reason)
}

func errInvalid(field, reason string) *fault.Error {
	return fault.Invalid(ports.CodeInvalid, field, reason)
}

func errReadOnly() *fault.Error {
	return fault.New(ports.CodeReadOnly, fault.Validation, "a view cannot change anything")
}

func errNested() *fault.Error {
	return fault.New(CodeNested, fault.Validation, "a unit of work cannot start inside another one")
}

func errBatch(items int) *fault.Error {
	return errInvalid("items", strconv.Itoa(items)+" are more than the "+strconv.Itoa(ports.MaxBatch)+" that one call may write")
}

// named replaces what the driver says of a broken constraint by a fault that
// names the thing; other errors stay as they are.
func named(err error, thing string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errNotFound("there is no such " + thing)
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() {
	case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY, lib.SQLITE_CONSTRAINT_ROWID:
		return errExists("the " + thing + " is already there")
	case lib.SQLITE_CONSTRAINT_FOREIGNKEY:
		return errNotFound("what the " + thing + " belongs to is not there")
	}
	return err
}
