// Package e2e_test proves the whole of kvitt by running it: the hub, connectors
// and simulators as processes of their own, steered over their public interfaces,
// killed and hindered at every step there is.
package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// bin is where TestMain has built kvitt, connectors/ and simulators/.
var bin string

// TestMain builds the programs once. The test's own program, started by a test with
// hubCommand, is a hub that can be told to die.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == hubCommand {
		if err := runHub(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(buildAndTest(m))
}

func buildAndTest(m *testing.M) int {
	var err error
	if bin, err = os.MkdirTemp("", "kvitt-e2e-"); err == nil {
		defer os.RemoveAll(bin)
		err = build(bin)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

func build(folder string) error {
	for program, source := range map[string]string{
		"kvitt":              "server/cmd/kvitt",
		"connectors/klarna":  "plugins/klarna",
		"connectors/fortnox": "plugins/fortnox",
		"simulators/klarna":  "plugins/klarna/simulator",
		"simulators/fortnox": "plugins/fortnox/simulator",
	} {
		cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", filepath.Join(folder, program), "./"+source)
		cmd.Dir = filepath.Join("..", "..")
		if said, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("building %s: %w\n%s", program, err, said)
		}
	}
	return nil
}
