package sdk

import (
	"errors"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
)

// watchParent ends the process once the hub is gone: an orphan would keep its
// socket and whatever it holds for ever. On Linux the hub also has the kernel
// kill its connectors; this holds everywhere and for hubs that do not.
func watchParent(log hclog.Logger) {
	const interval = 500 * time.Millisecond
	parent := os.Getppid()
	if orphanedAtStart(parent) {
		exitOrphan(log)
	}
	for range time.Tick(interval) {
		if os.Getppid() != parent {
			exitOrphan(log)
		}
	}
}

// orphanedAtStart reports whether the hub died before the watch began. A parent
// that is not the hub, such as a debugger, is no reason as long as the hub lives.
func orphanedAtStart(parent int) bool {
	hub, err := strconv.Atoi(os.Getenv(EnvHostPID))
	if err != nil || hub == parent {
		return false
	}
	return errors.Is(syscall.Kill(hub, 0), syscall.ESRCH)
}

func exitOrphan(log hclog.Logger) {
	// The entry may have no reader left; then writing it ends the process as well.
	log.Warn("the hub is gone, exiting")
	os.Exit(1)
}
