package pluginhost

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"github.com/kvitt/kvitt/core/fault"
)

// socketFolder is the folder of one host's sockets. Its lock tells other hosts
// that it is in use; the folders of hosts that are gone are removed.
type socketFolder struct {
	path string
	lock *os.File
}

// beneath is what go-plugin adds to the folder: "/plugin-dir" and "/plugin",
// each with a random number of up to ten digits.
const beneath = len("/plugin-dir") + 10 + len("/plugin") + 10

func longestSocket() int {
	if runtime.GOOS == "linux" {
		return 107
	}
	return 103
}

func socketFault(reason, remedy string) *fault.Error {
	return fault.New(CodeSocketDir, fault.Validation, reason).WithRemedy(remedy)
}

func openSocketFolder(base string) (*socketFolder, error) {
	base, err := filepath.Abs(base)
	if err != nil {
		return nil, fmt.Errorf("opening the socket folder: %w", err)
	}
	// The folder of this host is "h" and up to ten digits.
	if over := len(base) + len("/h") + 10 + beneath - longestSocket(); over > 0 {
		return nil, socketFault(base+" is too long a path for sockets, by "+strconv.Itoa(over)+" bytes",
			"set a shorter socket folder, such as /run/kvitt")
	}
	if err := ownFolder(base); err != nil {
		return nil, err
	}
	gate, err := lockFile(filepath.Join(base, "lock"), syscall.LOCK_EX)
	if err != nil {
		return nil, fmt.Errorf("opening the socket folder: %w", err)
	}
	defer func() { _ = gate.Close() }() // which gives the lock back
	sweep(base)
	path, err := os.MkdirTemp(base, "h")
	if err != nil {
		return nil, fmt.Errorf("opening the socket folder: %w", err)
	}
	lock, err := lockFile(filepath.Join(path, "lock"), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		return nil, fmt.Errorf("opening the socket folder: %w", err)
	}
	return &socketFolder{path: path, lock: lock}, nil
}

func (s *socketFolder) close() error {
	err := os.RemoveAll(s.path)
	_ = s.lock.Close()
	if err != nil {
		return fmt.Errorf("removing the socket folder: %w", err)
	}
	return nil
}

// ownFolder makes a folder that nobody else may enter, and refuses one that
// somebody else has made in a place that is open to all.
func ownFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("opening the socket folder: %w", err)
	}
	if wrong := foreignFolder(path); wrong != "" {
		return socketFault(path+" "+wrong, "set another socket folder, or run chmod 700 on it if it is yours")
	}
	return nil
}

// foreignFolder says what is wrong with a folder that must be ours alone, or
// nothing.
func foreignFolder(path string) string {
	info, err := os.Lstat(path)
	if err != nil {
		return "cannot be looked at"
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.IsDir():
		return "is not a folder"
	case ok && int(owner.Uid) != os.Geteuid():
		return "belongs to another user"
	case info.Mode().Perm()&0o077 != 0:
		return "is open to other users"
	}
	return ""
}

// sweep removes the folders of hosts whose lock is free: they are dead, and so
// are the sockets in them.
func sweep(base string) {
	entries, err := os.ReadDir(base)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), "h") {
			continue
		}
		path := filepath.Join(base, entry.Name())
		lock, err := lockFile(filepath.Join(path, "lock"), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != nil {
			continue
		}
		_ = os.RemoveAll(path)
		_ = lock.Close()
	}
}

func lockFile(path string, how int) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), how); err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}
