//go:build unix

package sqlite

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// tryLock uses flock(2), which belongs to the open file and not to the process,
// so that two stores in one process exclude each other too.
func tryLock(file *os.File) error {
	err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB) //nolint:gosec // a descriptor fits in an int
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errTaken
	}
	return err
}

func unlock(file *os.File) error {
	return unix.Flock(int(file.Fd()), unix.LOCK_UN) //nolint:gosec // a descriptor fits in an int
}
