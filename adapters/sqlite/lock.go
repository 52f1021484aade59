package sqlite

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
)

// errTaken is what tryLock gives when another process holds the lock.
var errTaken = errors.New("taken")

// fileLock is held by the one process that uses a database. The system frees it
// when the process ends, however it ends; the file itself stays.
type fileLock struct {
	file *os.File
}

func acquire(path string) (*fileLock, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator names the folder
	if err != nil {
		return nil, fmt.Errorf("opening lock file: %w", err)
	}
	if err := tryLock(file); err != nil {
		defer func() { _ = file.Close() }()
		if errors.Is(err, errTaken) {
			return nil, errLocked(file)
		}
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	if err := writePID(file); err != nil {
		return nil, errors.Join(fmt.Errorf("writing lock file: %w", err), file.Close())
	}
	return &fileLock{file: file}, nil
}

// release unlocks before it closes: a process that is being started has a copy of
// every open file for a moment and would keep the lock as long.
func (l *fileLock) release() error { return errors.Join(unlock(l.file), l.file.Close()) }

func writePID(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func errLocked(file *os.File) error {
	owner := "another process"
	if text, err := io.ReadAll(io.LimitReader(file, 32)); err == nil && len(text) > 0 {
		owner = "the process with pid " + strings.TrimSpace(string(text))
	}
	return fault.New(CodeLocked, fault.Conflict, owner+" has the database open").
		WithRemedy("stop the other hub, or give this one a data folder of its own")
}
