package jobs

import (
	"context"
	"log/slog"

	"github.com/hashicorp/go-hclog"
)

// bridge gives what River logs to the hub's logger.
type bridge struct {
	logger hclog.Logger
	group  string
}

// Enabled asks the hub's logger.
func (b bridge) Enabled(_ context.Context, level slog.Level) bool {
	return b.logger.GetLevel() != hclog.Off && levelOf(level) >= b.logger.GetLevel()
}

// Handle writes one record.
func (b bridge) Handle(_ context.Context, record slog.Record) error {
	args := make([]any, 0, 2*record.NumAttrs())
	record.Attrs(func(a slog.Attr) bool {
		args = append(args, b.group+a.Key, a.Value.Resolve().Any())
		return true
	})
	b.logger.Log(levelOf(record.Level), record.Message, args...)
	return nil
}

// WithAttrs adds attributes to every record.
func (b bridge) WithAttrs(attrs []slog.Attr) slog.Handler {
	args := make([]any, 0, 2*len(attrs))
	for _, a := range attrs {
		args = append(args, b.group+a.Key, a.Value.Resolve().Any())
	}
	return bridge{logger: b.logger.With(args...), group: b.group}
}

// WithGroup puts a name before the keys that follow.
func (b bridge) WithGroup(name string) slog.Handler {
	return bridge{logger: b.logger, group: b.group + name + "."}
}

func levelOf(level slog.Level) hclog.Level {
	switch {
	case level >= slog.LevelError:
		return hclog.Error
	case level >= slog.LevelWarn:
		return hclog.Warn
	case level >= slog.LevelInfo:
		// What River finds worth telling about every start and stop is detail here.
		return hclog.Debug
	}
	return hclog.Trace
}
