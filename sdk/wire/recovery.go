package wire

import (
	"context"
	"crypto/rand"
	"runtime/debug"

	"google.golang.org/grpc"

	"github.com/kvitt/kvitt/core/fault"
)

// CodePanic: the connector crashed in this call; its log tells where.
const CodePanic fault.Code = "connector.panicked"

// Recovery keeps a panic in one call from ending the calls of all other
// merchants. The caller gets a fault of class Unknown with an id; report gets
// the same id with the panic's value and stack, which never cross the wire.
func Recovery(report func(ctx context.Context, id string, value any, stack []byte)) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (resp any, err error) {
		defer func() {
			value := recover()
			if value == nil {
				return
			}
			id := rand.Text()[:12]
			report(ctx, id, value, debug.Stack())
			crashed := fault.New(CodePanic, fault.Unknown, "the connector crashed in this call, see "+id+" in its log").
				From(fault.Connector).
				WithRemedy("report the log entry to whoever makes the connector")
			resp, err = nil, toStatus(crashed, true, nil)
		}()
		return handle(ctx, req)
	}
}
