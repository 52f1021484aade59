package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// shutdownGrace is how long open requests may finish after the end of ctx.
const shutdownGrace = 2 * time.Second

// Serve listens on the address listen (port 0 = any free one), writes the line
// {"url":"http://127.0.0.1:41234"} to stdout once it is ready, and serves h until
// ctx ends; then it returns nil. Held requests are let go unanswered at the end.
// A handler that does not come from Wrap is wrapped.
func (c *Control) Serve(ctx context.Context, listen string, h http.Handler, stdout io.Writer) error {
	return serve(ctx, listen, c.wrapped(h), stdout)
}

// wrapped wraps a handler that does not come from Wrap.
func (c *Control) wrapped(h http.Handler) http.Handler {
	if s, ok := h.(*steered); ok && s.control == c {
		return h
	}
	return c.Wrap(h)
}

func serve(ctx context.Context, listen string, h http.Handler, stdout io.Writer) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", listen, err)
	}
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	if err := announce(stdout, listener.Addr()); err != nil {
		_ = server.Close()
		return err
	}
	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if err := server.Shutdown(grace); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("shutting down: %w", err)
	}
	_ = server.Close() // what has not ended within the grace is cut
	return nil
}

func announce(stdout io.Writer, address net.Addr) error {
	line := map[string]string{"url": "http://" + address.String()}
	if err := json.NewEncoder(stdout).Encode(line); err != nil {
		return fmt.Errorf("announcing the address: %w", err)
	}
	return nil
}
