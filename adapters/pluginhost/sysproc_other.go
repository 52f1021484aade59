//go:build !linux

package pluginhost

import "syscall"

// processAttributes puts a connector in a process group of its own. That it
// ends with the hub is the business of the watchdog in the connector.
func processAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func awaitExit(int) {}

func mountedNoExec(string) bool { return false }

func peakMemory(any) int64 { return 0 }
