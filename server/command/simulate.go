package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kvitt/kvitt/server/demo/world"
)

func newSimulate(s streams) *cobra.Command {
	var worlds []string
	var listen, now string
	cmd := &cobra.Command{
		Use:   "simulate <system>",
		Short: "Run the simulator of a remote system, such as klarna or fortnox",
		Long: "Run the simulator of a remote system until it is interrupted. It prints {\"url\": ...} when it is ready.\n" +
			"Without --world it plays the world of the demo's first merchant; given again, it plays several merchants.",
		Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			program, err := simulator(args[0])
			if err != nil {
				return err
			}
			if len(worlds) == 0 {
				file, err := demoWorld()
				if err != nil {
					return err
				}
				defer os.Remove(file)
				worlds = append(worlds, file)
			}
			run := exec.CommandContext(cmd.Context(), program, "--listen", listen) //nolint:gosec // one of our own programs
			for _, file := range worlds {
				run.Args = append(run.Args, "--world", file)
			}
			if now != "" {
				run.Args = append(run.Args, "--now", now)
			}
			run.Cancel = func() error { return run.Process.Signal(os.Interrupt) }
			run.WaitDelay = 10 * time.Second
			run.Stdout, run.Stderr = s.out, s.err
			if err := run.Run(); err != nil && cmd.Context().Err() == nil {
				return fmt.Errorf("running the simulator: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&worlds, "world", nil, "the file that says what there is in the simulated system; once for each merchant")
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "the simulator's address")
	cmd.Flags().StringVar(&now, "now", "", "where the simulated clock starts, like 2026-04-20T08:00:00Z")
	return cmd
}

// simulator finds the program of a simulator, or says which there are.
func simulator(name string) (string, error) {
	bin, err := binFolder()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(bin, "simulators")
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no folder %s: build the simulators first", folder)
	}
	if err != nil {
		return "", fmt.Errorf("looking for simulators: %w", err)
	}
	var known []string
	for _, e := range entries {
		base := strings.TrimSuffix(e.Name(), ".exe")
		if base == name {
			return filepath.Join(folder, e.Name()), nil
		}
		known = append(known, base)
	}
	return "", &usageError{cause: fmt.Errorf("there is no simulator of %q; there are: %s", name, strings.Join(known, ", "))}
}

func demoWorld() (string, error) {
	file, err := os.CreateTemp("", "kvitt-world-*.json")
	if err != nil {
		return "", fmt.Errorf("writing the demo's world: %w", err)
	}
	_, err = file.Write(world.JSON())
	return file.Name(), errors.Join(err, file.Close())
}
