//go:build !linux

package pluginhost

import "syscall"

// processAttributes puts a connector in a process group of its own. That it
// ends with the hub is the business of the watchdog in the connector.
func processAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func awaitExit(int) {}

func mountedNoExec(string) bool { return false }

// limitMemory does nothing: there is no limit of another process's memory here.
func limitMemory(int, uint64) {}

// processTable is empty: memory is watched on Linux alone.
func processTable() []processEntry { return nil }

func readProcesses([]int) []processEntry { return nil }

func highWater(int) int64 { return 0 }

func killProcess(identity) {}
