package pluginhost

import (
	"os/exec"
	"runtime"
	"sync"
)

// spawner starts all processes from one thread that lives as long as the host.
// The kernel ties the parent-death signal to the thread that forked: from an
// ordinary goroutine a connector would die with whatever thread Go has used.
type spawner struct {
	mu     sync.Mutex
	jobs   chan func()
	closed bool
}

func (s *spawner) start(cmd *exec.Cmd) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errStopped
	}
	if s.jobs == nil {
		s.jobs = make(chan func())
		go runLocked(s.jobs)
	}
	result := make(chan error)
	s.jobs <- func() { result <- cmd.Start() }
	return <-result
}

// close ends the thread, and by that any process it started which still lives.
func (s *spawner) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.jobs != nil && !s.closed {
		close(s.jobs)
	}
	s.closed = true
}

// runLocked never unlocks, so that Go ends the thread with the goroutine.
func runLocked(jobs <-chan func()) {
	runtime.LockOSThread()
	for job := range jobs {
		job()
	}
}
