package sdk

import (
	"context"
	"io"
	"os"
	"path"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/connectorpb"
	"github.com/kvitt/kvitt/sdk/wire"
)

type loggerKey struct{}

// Logger gives the logger of the call that the context belongs to. Its entries
// name method and connection and reach the hub's log. Outside a call it logs
// nothing. Never log credentials, headers, bodies or personal data.
func Logger(ctx context.Context) hclog.Logger {
	if log, ok := ctx.Value(loggerKey{}).(hclog.Logger); ok {
		return log
	}
	return hclog.NewNullLogger()
}

// WithLogger gives a context whose calls log to log.
func WithLogger(ctx context.Context, log hclog.Logger) context.Context {
	return context.WithValue(ctx, loggerKey{}, log)
}

// newLogger writes JSON lines, which the hub reads and re-levels.
func newLogger(out io.Writer) hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{Level: logLevel(hclog.Info), Output: out, JSONFormat: true})
}

// logLevel is what the environment says, or else the default.
func logLevel(otherwise hclog.Level) hclog.Level {
	if level := hclog.LevelFromString(os.Getenv(EnvLogLevel)); level != hclog.NoLevel {
		return level
	}
	return otherwise
}

// logCalls puts a logger into each call's context and notes how it ended. Of
// the request it shows the connection's id, nothing else.
func logCalls(log hclog.Logger) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		call := log.With("method", path.Base(info.FullMethod))
		if r, ok := req.(interface{ GetCall() *connectorpb.Call }); ok {
			call = call.With("connection", r.GetCall().GetConnection().GetId())
		}
		began := time.Now()
		resp, err := handle(WithLogger(ctx, call), req)
		took := time.Since(began).Round(time.Millisecond).String()
		if err != nil {
			f := fault.Of(wire.FromStatus(err))
			call.Info("call failed", "code", string(f.Code), "class", string(f.Class), "reason", f.Reason, "took", took)
		} else {
			call.Debug("call done", "took", took)
		}
		return resp, err
	}
}

func reportPanic(log hclog.Logger) func(context.Context, string, any, []byte) {
	return func(_ context.Context, id string, value any, stack []byte) {
		log.Error("connector crashed in a call", "id", id, "panic", value, "stack", string(stack))
	}
}
