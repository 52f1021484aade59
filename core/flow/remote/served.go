package remote

import (
	"context"
	"sync/atomic"
)

// Served notes which version of a connector has made the last request under a context:
// between two requests the connection may be handed over to another.
type Served struct{ version atomic.Pointer[string] }

// Version is empty if no request was made.
func (s *Served) Version() string {
	if v := s.version.Load(); v != nil {
		return *v
	}
	return ""
}

type servedKey struct{}

// WithServed makes every request under ctx note its version.
func WithServed(ctx context.Context, s *Served) context.Context {
	return context.WithValue(ctx, servedKey{}, s)
}

func noteServed(ctx context.Context, version string) {
	if s, ok := ctx.Value(servedKey{}).(*Served); ok {
		s.version.Store(&version)
	}
}
