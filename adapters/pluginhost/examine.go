package pluginhost

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kvitt/kvitt/ports"
)

// Examined is what a file turned out to be.
type Examined struct {
	Description ports.Description
	// SHA256 of the file in lower-case hex, and its size in bytes.
	SHA256 string
	Size   int64
}

// What the names begin with of folders for examined programs, and of copies that are not
// whole yet.
const (
	examining = "examined-"
	copying   = "incoming-"
)

// abandoned is how old a copy is that is none which another process makes just now.
const abandoned = 10 * time.Minute

// sweepCopies removes what a host has left that ended while it copied a program.
func sweepCopies(dir string) error {
	var all error
	for _, pattern := range []string{filepath.Join(dir, examining+"*"), filepath.Join(dir, "connectors", copying+"*")} {
		left, err := filepath.Glob(pattern)
		all = errors.Join(all, err)
		for _, path := range left {
			if info, gone := os.Stat(path); gone == nil && time.Since(info.ModTime()) > abandoned {
				all = errors.Join(all, os.RemoveAll(path))
			}
		}
	}
	return all
}

// Examine says what a connector's file is, by a copy of it that is thrown away: nothing
// is loaded. It fails as Load does.
func (h *Host) Examine(ctx context.Context, source Source) (Examined, error) {
	if err := inspect(source.Path); err != nil {
		return Examined{}, err
	}
	if err := os.MkdirAll(h.config.Dir, 0o700); err != nil {
		return Examined{}, err
	}
	folder, err := os.MkdirTemp(h.config.Dir, examining)
	if err != nil {
		return Examined{}, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // sweepCopies removes what is left of it
	path, sum, err := install(source.Path, folder, strings.ToLower(source.SHA256))
	if err != nil {
		return Examined{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return Examined{}, err
	}
	description, err := h.starter.describe(ctx, path, source, &secrets{})
	return Examined{Description: description, SHA256: sum, Size: info.Size()}, err
}

// Digest gives the SHA-256 of a connector's file in lower-case hex, and runs nothing of it.
// It fails as Load does before that runs the file.
func (h *Host) Digest(source Source) (string, error) {
	if err := inspect(source.Path); err != nil {
		return "", err
	}
	sum, err := digest(source.Path)
	if err != nil {
		return "", notInstallable("the file cannot be read", "check the path and its permissions").Wrap(err)
	}
	return sum, pinnedTo(strings.ToLower(source.SHA256), sum)
}

// Copy is the path of the host's own copy of a program.
func (h *Host) Copy(sha256 string) string {
	return filepath.Join(h.config.Dir, "connectors", sha256)
}
