package pluginhost

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"unicode/utf8"
)

// elfMachines gives the machine in an ELF header for the architectures that
// kvitt is built for.
func elfMachines() map[string]elf.Machine {
	return map[string]elf.Machine{
		"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64, "386": elf.EM_386, "arm": elf.EM_ARM,
		"riscv64": elf.EM_RISCV, "ppc64le": elf.EM_PPC64, "s390x": elf.EM_S390,
	}
}

const again = "download the connector again"

// inspectFormat tells by its first bytes what a file is.
func inspectFormat(file *os.File, size int64, head []byte) error {
	here := runtime.GOOS + "/" + runtime.GOARCH
	build := "get the connector built for " + here
	starts := func(magic ...string) bool {
		for _, m := range magic {
			if bytes.HasPrefix(head, []byte(m)) {
				return true
			}
		}
		return false
	}
	switch {
	case starts("#!"):
		return inspectScript(head)
	case starts(elf.ELFMAG):
		if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
			return notInstallable("it is built for Linux or another Unix, this is "+here, build)
		}
		return inspectELF(file, size, here, build)
	case starts("MZ"):
		return notInstallable("it is built for Windows, this is "+here, build)
	case starts("\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe"):
		if runtime.GOOS == "darwin" {
			return nil
		}
		return notInstallable("it is built for macOS, this is "+here, build)
	case starts("PK\x03\x04", "\x1f\x8b", "\xfd7zXZ", "\x28\xb5\x2f\xfd", "BZh"):
		return notInstallable("it is an archive, not a program", "unpack it and install the program that is in it")
	case isText(head):
		return notInstallable(fmt.Sprintf("it is text that begins with %q, not a program", printable(head, 40)),
			"install the program; a script must begin with #! and the path of its interpreter")
	}
	return notInstallable("it is not an executable of a known format", build)
}

func isText(head []byte) bool {
	if bytes.ContainsRune(head, 0) {
		return false
	}
	for cut := 0; cut < utf8.UTFMax && cut < len(head); cut++ { // the last letter may be cut off
		if utf8.Valid(head[:len(head)-cut]) {
			return true
		}
	}
	return false
}

// inspectScript checks that the interpreter of a script is there. The system says
// of a missing one that the script itself does not exist.
func inspectScript(head []byte) error {
	line, _, _ := bytes.Cut(bytes.TrimPrefix(head, []byte("#!")), []byte("\n"))
	if bytes.HasSuffix(line, []byte("\r")) {
		return notInstallable("its lines end as on Windows, so that its interpreter is not found", "save the script with Unix line ends")
	}
	words := strings.Fields(string(line))
	if len(words) == 0 {
		return notInstallable("its first line names no interpreter after #!", "write the interpreter's path there, as in #!/usr/bin/env python3")
	}
	missing := func(name string) error {
		return notInstallable("it needs the interpreter "+name+", which is not here", "install "+filepath.Base(name)+" on this machine")
	}
	if _, err := os.Stat(words[0]); err != nil {
		return missing(words[0])
	}
	if filepath.Base(words[0]) != "env" {
		return nil
	}
	for _, word := range words[1:] {
		if strings.HasPrefix(word, "-") || strings.Contains(word, "=") {
			continue // an option of env's
		}
		if _, err := exec.LookPath(word); err != nil {
			return missing(word)
		}
		return nil
	}
	return notInstallable("its first line names no interpreter after env", "write the interpreter's name there, as in #!/usr/bin/env python3")
}

func inspectELF(file *os.File, size int64, here, build string) error {
	binary, err := elf.NewFile(file)
	if err != nil {
		return notInstallable("the executable is damaged or cut short", again).Wrap(err)
	}
	want, known := elfMachines()[runtime.GOARCH]
	if known && binary.Machine != want {
		return notInstallable("it is built for "+machineName(binary.Machine)+", this is "+here, build)
	}
	for _, program := range binary.Progs {
		// The headers stand at the beginning, so a file that was cut short has them.
		if end := program.Off + program.Filesz; program.Type == elf.PT_LOAD && (end < program.Off || end > uint64(max(size, 0))) {
			return notInstallable(fmt.Sprintf("the executable is cut short: it has %d bytes and needs %d at least", size, end), again)
		}
		if program.Type != elf.PT_INTERP {
			continue
		}
		loader, err := io.ReadAll(io.LimitReader(program.Open(), 4096))
		if err != nil {
			return notInstallable("the executable is damaged", again).Wrap(err)
		}
		name := string(bytes.TrimRight(loader, "\x00"))
		if _, err := os.Stat(name); err != nil {
			return notInstallable("it needs the program loader "+name+", which is not here",
				"get a statically linked build (CGO_ENABLED=0)")
		}
	}
	return nil
}

// machineName gives what Go calls a machine, or else what the ELF specification
// does.
func machineName(m elf.Machine) string {
	for name, machine := range elfMachines() {
		if machine == m {
			return runtime.GOOS + "/" + name
		}
	}
	return "the machine " + m.String()
}
