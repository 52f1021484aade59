package pluginhost

import goplugin "github.com/hashicorp/go-plugin"

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
