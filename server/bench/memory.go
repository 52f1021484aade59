package main

import (
	"os"
	"runtime/metrics"
	"strconv"
	"strings"
)

// peakKiB is the most memory that this process has held (VmHWM), 0 where the
// system does not say.
func peakKiB() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, _ := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			return kib
		}
	}
	return 0
}

// weight is the memory of a process in KiB: what it holds, and its share of it where
// pages are shared with others. Both are 0 where the system does not say.
func weight(pid int) (rss, pss int64) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/smaps_rollup")
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		switch fields[0] {
		case "Rss:":
			rss, _ = strconv.ParseInt(fields[1], 10, 64)
		case "Pss:":
			pss, _ = strconv.ParseInt(fields[1], 10, 64)
		}
	}
	return rss, pss
}

// allocations is how often this process has asked for memory. To ask does not stop
// it.
func allocations() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:objects"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
