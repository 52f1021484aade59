// Command generate writes the generated parts of the documents in the folder above
// it; go generate runs it there.
package main

import (
	"fmt"
	"os"
	"os/exec"

	"github.com/kvitt/kvitt/docs"
)

func main() {
	if err := generate(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func generate() error {
	root := os.DirFS("..")
	protocol, err := buildProtocol()
	if err != nil {
		return err
	}
	for file, write := range map[string]func() ([]byte, error){
		"accounting.md":             func() ([]byte, error) { return docs.Accounting(root) },
		"connectors/conformance.md": func() ([]byte, error) { return docs.Conformance(), nil },
		"connectors/protocol.md":    func() ([]byte, error) { return docs.Protocol(root, protocol) },
		"connectors/reference.md":   func() ([]byte, error) { return docs.Reference(root, protocol) },
	} {
		content, err := write()
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// buildProtocol gives sdk/proto as a FileDescriptorSet with its comments.
func buildProtocol() ([]byte, error) {
	buf := exec.Command("go", "tool", "-modfile=.tools/buf/go.mod", "buf", "build", "--as-file-descriptor-set", "-o", "-#format=binpb") //nolint:noctx // a generator has no deadline
	buf.Dir, buf.Stderr = "..", os.Stderr
	set, err := buf.Output()
	if err != nil {
		return nil, fmt.Errorf("building the protocol: %w", err)
	}
	return set, nil
}
