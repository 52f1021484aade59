package pluginhost

import (
	"bytes"
	"errors"
	"os"
	"strconv"
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

// limitMemory has the kernel refuse a process more memory than that. Where it may not be
// limited, the watch alone decides.
func limitMemory(pid int, most uint64) {
	_ = unix.Prlimit(pid, unix.RLIMIT_DATA, &unix.Rlimit{Cur: most, Max: most}, nil)
}

// processTable lists the processes that this one can see.
func processTable() []processEntry {
	folder, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer func() { _ = folder.Close() }()
	names, _ := folder.Readdirnames(-1) // what could be read is read
	pids := make([]int, 0, len(names))
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return readProcesses(pids)
}

// readProcesses reads those of the processes that are there.
func readProcesses(pids []int) []processEntry {
	table := make([]processEntry, 0, len(pids))
	for _, pid := range pids {
		if entry, ok := readProcess(pid); ok {
			table = append(table, entry)
		}
	}
	return table
}

// readProcess reads one process; see proc_pid_stat(5). The name, in parentheses, may
// hold anything.
func readProcess(pid int) (entry processEntry, ok bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return entry, false
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	const parent, group, start, resident = 1, 2, 19, 21
	if len(fields) <= resident {
		return entry, false
	}
	entry.pid = pid
	entry.parent, _ = strconv.Atoi(string(fields[parent]))
	entry.group, _ = strconv.Atoi(string(fields[group]))
	entry.start, _ = strconv.ParseUint(string(fields[start]), 10, 64)
	pages, err := strconv.ParseInt(string(fields[resident]), 10, 64)
	entry.resident = pages * int64(os.Getpagesize())
	return entry, err == nil
}

// highWater gives the most memory that one process had so far. What the kernel says at
// its exit (ru_maxrss) is of no use: until a new process has become its program it shares
// the hub's memory, whose peak it inherits.
func highWater(pid int) int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	_, after, found := bytes.Cut(text, []byte("\nVmHWM:"))
	if fields := bytes.Fields(after); found && len(fields) > 0 {
		kilobytes, _ := strconv.ParseInt(string(fields[0]), 10, 64)
		return kilobytes << 10
	}
	return 0
}

// killProcess ends a process, and never a later one that was given its id.
func killProcess(id identity) {
	handle, err := unix.PidfdOpen(id.pid, 0)
	if err != nil {
		return // it is gone
	}
	defer func() { _ = unix.Close(handle) }()
	if entry, ok := readProcess(id.pid); ok && entry.identity == id {
		_ = unix.PidfdSendSignal(handle, unix.SIGKILL, nil, 0)
	}
}
