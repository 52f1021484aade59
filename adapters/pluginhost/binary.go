package pluginhost

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/kvitt/kvitt/core/fault"
)

// inspect says in a sentence why a file cannot be run as a connector here. The
// system itself has one text for most of these cases, or none.
func inspect(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return notInstallable("the file cannot be read", "check the path and its permissions").Wrap(err)
	case !info.Mode().IsRegular():
		return notInstallable("it is not a file", "name the connector's executable")
	case info.Mode().Perm()&0o111 == 0:
		return notInstallable("the file is not executable", "run chmod +x on it")
	}
	file, err := os.Open(path)
	if err != nil {
		return notInstallable("the file cannot be read", "check its permissions").Wrap(err)
	}
	defer func() { _ = file.Close() }()
	if info.Size() == 0 {
		return notInstallable("the file is empty", "download the connector again")
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return notInstallable("the file cannot be read", "check its permissions").Wrap(err)
	}
	head = head[:n]
	return inspectFormat(file, info.Size(), head)
}

// install copies a connector to dir under the name of its hash, so that what
// was hashed is what is run, whatever happens to the file it came from.
func install(path, dir, pinned string) (copied, sum string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", "", fmt.Errorf("installing a connector: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return "", "", fmt.Errorf("installing a connector: %w", err)
	}
	temporary, sum, err := copyHashed(path, dir)
	if err != nil {
		return "", "", fmt.Errorf("installing a connector: %w", err)
	}
	defer func() { _ = os.Remove(temporary) }() // gone already once it has its name
	if err := pinnedTo(pinned, sum); err != nil {
		return "", "", err
	}
	copied = filepath.Join(dir, sum)
	if err := os.Rename(temporary, copied); err != nil {
		return "", "", fmt.Errorf("installing a connector: %w", err)
	}
	return copied, sum, nil
}

// pinnedTo fails if a file has another digest than the one asked for, empty for any.
func pinnedTo(pinned, sum string) error {
	if pinned == "" || pinned == sum {
		return nil
	}
	return fault.New(CodeChecksum, fault.Validation, "the file's SHA-256 is "+sum+", not "+pinned).
		From(fault.Connector).WithRemedy("get the connector from where its checksum comes from")
}

// digest is the SHA-256 of a file in lower-case hex.
func digest(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

func copyHashed(path, dir string) (temporary, sum string, err error) {
	in, err := os.Open(path)
	if err != nil {
		return "", "", err
	}
	defer func() { _ = in.Close() }()
	// A process that is forked while the copy is open for writing inherits it, and
	// the copy could not be run until that one has become another program.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	out, err := os.CreateTemp(dir, copying)
	if err != nil {
		return "", "", err
	}
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, hash), in)
	if err == nil {
		err = out.Chmod(0o500)
	}
	if closed := out.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(out.Name())
		return "", "", err
	}
	return out.Name(), hex.EncodeToString(hash.Sum(nil)), nil
}

// verify checks the private copy before it is run.
func verify(path, sum string) error {
	is, err := digest(path)
	if err != nil {
		return err
	}
	if is != sum {
		return fault.New(CodeChecksum, fault.Validation, "the hub's own copy of the connector has been changed").
			From(fault.Connector).WithRemedy("find out who writes to the hub's data folder, then install the connector again")
	}
	return nil
}
