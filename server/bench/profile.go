package main

import (
	"errors"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
)

// startProfile records where the processor spends its time until the function that
// it returns is called, which also writes what lies in memory then. Without a
// folder it does nothing.
func startProfile(folder string, lines int) (stop func() error, err error) {
	if folder == "" {
		return func() error { return nil }, nil
	}
	file := func(kind string) (*os.File, error) {
		return os.Create(filepath.Join(folder, kind+"-"+strconv.Itoa(lines)+".pprof")) //nolint:gosec // the user names the folder
	}
	cpu, err := file("cpu")
	if err != nil {
		return nil, err
	}
	heap, err := file("heap")
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, err
	}
	return func() error {
		pprof.StopCPUProfile()
		return errors.Join(pprof.WriteHeapProfile(heap), cpu.Close(), heap.Close())
	}, nil
}
