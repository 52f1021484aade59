package wire

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/kvitt/kvitt/core/fault"
)

// access says whether a method changes the remote system.
type access bool

const (
	read  access = false
	write access = true
)

// invoke makes one call of a connector. A request that cannot be sent is a
// fault of class Validation; an answer that cannot be read leaves the outcome
// of a write open.
func invoke[Req, Resp any, In callMessage, Out proto.Message](
	ctx context.Context,
	kind access,
	req Req,
	encode func(*mapping, Req) In,
	call func(context.Context, In, ...grpc.CallOption) (Out, error),
	decode func(*mapping, Out) Resp,
) (Resp, error) {
	var none Resp
	m := &mapping{}
	in := encode(m, req)
	wrong := m.err
	if wrong == nil {
		wrong = checkSize(in)
	}
	if wrong != nil {
		return none, wrong
	}
	heard := &verdict{}
	out, err := call(context.WithValue(ctx, verdictKey{}, heard), in)
	if err != nil {
		return none, callError(in, err)
	}
	resp := decode(m, out)
	if wrong = m.err; wrong == nil {
		wrong = checkCounts(out)
	}
	if wrong == nil {
		wrong = checkRaw(out)
	}
	if wrong != nil {
		f := unreadable(wrong, kind)
		heard.tell(f)
		return none, f
	}
	return resp, nil
}

// callError is the fault of a call that failed. gRPC answers a request that
// cannot be encoded with Internal as well; only that one never left.
func callError(in callMessage, err error) error {
	if status.Code(err) == codes.Internal && fault.Of(err) == nil {
		if _, unsendable := proto.Marshal(in); unsendable != nil {
			return fault.Invalid(CodeMessage, "", "the request holds text that is not UTF-8")
		}
	}
	return fromStatus(err, secretsOf(in.GetCall()))
}

// unreadable is the fault of an answer that breaks the protocol.
func unreadable(wrong *fault.Error, kind access) *fault.Error {
	f := *wrong
	f.Source = fault.Connector
	if kind == write {
		f.Class = fault.Unknown
	}
	return &f
}
