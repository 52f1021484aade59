package pluginhost

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// processAttributes puts a connector in a process group of its own and has the
// kernel kill it when the thread that started it, and so the hub, is gone.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// awaitExit returns when the process has exited and leaves it unreaped, so that
// its id, and that of its group, cannot be given to others yet.
func awaitExit(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// mountedNoExec reports whether programs in a folder cannot be run.
func mountedNoExec(dir string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(dir, &fs) == nil && fs.Flags&unix.ST_NOEXEC != 0
}

// peakMemory gives the most memory that a process had, in bytes.
func peakMemory(usage any) int64 {
	if r, ok := usage.(*syscall.Rusage); ok && r != nil {
		return r.Maxrss << 10
	}
	return 0
}
