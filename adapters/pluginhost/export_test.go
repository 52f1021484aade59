package pluginhost

import (
	"testing"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
)

// HangKill has go-plugin's Kill hang, as it rarely does by itself, until the
// function that it gives is called.
func HangKill(h *Host) (release func()) {
	hang := make(chan struct{})
	finished := make(chan struct{})
	kill := h.starter.kill
	h.starter.kill = func(c *goplugin.Client) {
		<-hang
		kill(c)
		select {
		case <-finished:
		default:
			close(finished)
		}
	}
	return func() {
		close(hang)
		<-finished
	}
}

// AwaitStray waits until a child of the connector's that left the process group was seen.
func AwaitStray(t *testing.T, i *Instance, patience time.Duration) {
	t.Helper()
	s, ok := i.keeper.(*supervisor)
	if !ok {
		t.Fatal("an attached connector is not watched")
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		s.mu.Lock()
		c := s.process.child
		s.mu.Unlock()
		c.mu.Lock()
		strays := len(c.memory.strays)
		c.mu.Unlock()
		if strays > 0 {
			return
		}
	}
	t.Fatal("the child was never seen")
}
