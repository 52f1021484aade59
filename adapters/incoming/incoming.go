// Package incoming keeps programs that have arrived at the hub and are not installed yet:
// those that were sent, under the name of their digest, and those that an operator has laid
// into the folder.
package incoming

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kvitt/kvitt/core/fault"
)

// Faults of programs that have arrived.
const (
	// CodeDigest: what was sent is not what was announced.
	CodeDigest fault.Code = "connector.checksum_mismatch"
	// CodeMissing: nothing of that name has arrived.
	CodeMissing fault.Code = "connector.not_arrived"
)

// Folder is where programs arrive. It is safe for concurrent use.
type Folder struct{ path string }

// kept is how long a program is kept that was sent and not installed.
const kept = 24 * time.Hour

// arriving is how the names begin of what has not arrived in full.
const arriving = "arriving-"

// Open makes the folder for the hub's user alone, if it is not there, and removes what a hub
// has left that stopped while something arrived.
func Open(path string) (*Folder, error) {
	f := &Folder{path}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	return f, f.sweep(func(name string, _ time.Time) bool { return strings.HasPrefix(name, arriving) })
}

// sweep removes files that were sent.
func (f *Folder) sweep(old func(name string, since time.Time) bool) error {
	entries, err := os.ReadDir(filepath.Join(f.path, "sent"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		info, gone := e.Info()
		if gone != nil || !info.Mode().IsRegular() || !old(e.Name(), info.ModTime()) {
			continue
		}
		if failed := os.Remove(filepath.Join(f.path, "sent", e.Name())); !errors.Is(failed, fs.ErrNotExist) {
			err = errors.Join(err, failed)
		}
	}
	return err
}

// sent is where what was sent lies, apart from what an operator has laid there.
func (f *Folder) sent(sum string) string { return filepath.Join(f.path, "sent", sum) }

// Save takes a program that is sent, and gives its size. It keeps nothing if the bytes have
// another digest than sum, in lower-case hex. What was sent long ago and never installed
// makes room.
func (f *Folder) Save(ctx context.Context, sum string, from io.Reader) (int64, error) {
	if err := os.MkdirAll(filepath.Join(f.path, "sent"), 0o700); err != nil {
		return 0, err
	}
	if err := f.sweep(func(_ string, since time.Time) bool { return time.Since(since) > kept }); err != nil {
		return 0, err
	}
	file, err := os.CreateTemp(filepath.Join(f.path, "sent"), arriving)
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.Remove(file.Name()) }() // gone already once it has its name
	hash := sha256.New()
	size, err := io.Copy(io.MultiWriter(file, hash), readerOf(ctx, from))
	if err = errors.Join(err, file.Chmod(0o700), file.Close()); err != nil {
		return 0, err
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != sum {
		return 0, fault.New(CodeDigest, fault.Validation, "the bytes have the SHA-256 "+got+", not "+sum).WithField("sha256").
			WithRemedy("send the program again; if it is the same, see who has changed it")
	}
	return size, os.Rename(file.Name(), f.sent(sum))
}

// Sent gives the path of a program that was sent.
func (f *Folder) Sent(sum string) (string, error) {
	path := f.sent(filepath.Base(sum))
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", fault.New(CodeMissing, fault.NotFound, "no program of the SHA-256 "+sum+" has arrived").WithField("upload").
			WithRemedy("send it with PUT /v1/connector-uploads/{sha256} first")
	} else if err != nil {
		return "", err
	}
	return path, nil
}

// Laid gives the path of a program that an operator has laid into the folder, which the
// name does not leave.
func (f *Folder) Laid(name string) (string, error) {
	missing := fault.New(CodeMissing, fault.NotFound, "there is no file \""+name+"\" in the hub's folder for incoming programs").WithField("path").
		WithRemedy("lay it into " + f.path + ", or send it")
	if !filepath.IsLocal(name) {
		return "", missing
	}
	path := filepath.Join(f.path, name)
	// A link could lead out of the folder.
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return "", missing
	}
	return path, nil
}

// Forget drops a program that was sent, once it is installed.
func (f *Folder) Forget(sum string) error {
	err := os.Remove(f.sent(filepath.Base(sum)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// readerOf ends with the context.
func readerOf(ctx context.Context, from io.Reader) io.Reader { return reader{ctx, from} }

type reader struct {
	ctx  context.Context //nolint:containedctx // a Reader takes none
	from io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.from.Read(p)
}
