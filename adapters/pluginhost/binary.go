package pluginhost

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/kvitt/kvitt/core/fault"
)

// elfMachines gives the machine in an ELF header for the architectures that
// kvitt is built for.
func elfMachines() map[string]elf.Machine {
	return map[string]elf.Machine{
		"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64, "386": elf.EM_386, "arm": elf.EM_ARM,
		"riscv64": elf.EM_RISCV, "ppc64le": elf.EM_PPC64, "s390x": elf.EM_S390,
	}
}

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
	head := make([]byte, 4)
	if _, err := io.ReadFull(file, head); err != nil {
		return notInstallable("the file is empty or cut short", "download the connector again")
	}
	return inspectFormat(file, head)
}

func inspectFormat(file *os.File, head []byte) error {
	here := runtime.GOOS + "/" + runtime.GOARCH
	build := "get the connector built for " + here
	switch {
	case bytes.HasPrefix(head, []byte("#!")):
		return nil
	case bytes.Equal(head, []byte(elf.ELFMAG)):
		if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
			return notInstallable("it is built for Linux or another Unix, this is "+here, build)
		}
		return inspectELF(file, here, build)
	case bytes.HasPrefix(head, []byte("MZ")):
		return notInstallable("it is built for Windows, this is "+here, build)
	case bytes.Equal(head, []byte{0xcf, 0xfa, 0xed, 0xfe}), bytes.Equal(head, []byte{0xca, 0xfe, 0xba, 0xbe}):
		if runtime.GOOS == "darwin" {
			return nil
		}
		return notInstallable("it is built for macOS, this is "+here, build)
	}
	return notInstallable("it is not an executable of a known format", build)
}

func inspectELF(file *os.File, here, build string) error {
	binary, err := elf.NewFile(file)
	if err != nil {
		return notInstallable("the executable is damaged", "download the connector again").Wrap(err)
	}
	want, known := elfMachines()[runtime.GOARCH]
	if known && binary.Machine != want {
		return notInstallable("it is built for the machine "+binary.Machine.String()+", this is "+here, build)
	}
	for _, program := range binary.Progs {
		if program.Type != elf.PT_INTERP {
			continue
		}
		loader, err := io.ReadAll(io.LimitReader(program.Open(), 4096))
		if err != nil {
			return notInstallable("the executable is damaged", "download the connector again").Wrap(err)
		}
		name := string(bytes.TrimRight(loader, "\x00"))
		if _, err := os.Stat(name); err != nil {
			return notInstallable("it needs the program loader "+name+", which is not here",
				"get a statically linked build (CGO_ENABLED=0)")
		}
	}
	return nil
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
	if pinned != "" && pinned != sum {
		return "", "", fault.New(CodeChecksum, fault.Validation, "the file's SHA-256 is "+sum+", not "+pinned).
			From(fault.Connector).WithRemedy("get the connector from where its checksum comes from")
	}
	copied = filepath.Join(dir, sum)
	if err := os.Rename(temporary, copied); err != nil {
		return "", "", fmt.Errorf("installing a connector: %w", err)
	}
	return copied, sum, nil
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
	out, err := os.CreateTemp(dir, "incoming-")
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
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return err
	}
	if hex.EncodeToString(hash.Sum(nil)) != sum {
		return fault.New(CodeChecksum, fault.Validation, "the hub's own copy of the connector has been changed").
			From(fault.Connector).WithRemedy("find out who writes to the hub's data folder, then install the connector again")
	}
	return nil
}
