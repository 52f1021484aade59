package wire

import (
	"context"

	"github.com/kvitt/kvitt/core/fault"
)

// FaultOf gives the fault with which a Client answers an error that a call of a
// connector has come back with. Credentials that the request carries are taken out.
func FaultOf(request any, err error) *fault.Error {
	if in, ok := request.(callMessage); ok {
		return fault.Of(callError(in, err))
	}
	return fault.Of(fromStatus(err, nil))
}

// verdict is where the connection below a Client learns what became of an answer.
type verdict struct{ unreadable func(*fault.Error) }

type verdictKey struct{}

// OnUnreadable has a connection below a Client told that an answer, which it passed on as
// a success, breaks the protocol: only the Client reads it. It is to be called with the
// context of Invoke, before that returns; the last report set is the one that is called,
// if any is. Under no Client it does nothing.
func OnUnreadable(ctx context.Context, report func(*fault.Error)) {
	if v, ok := ctx.Value(verdictKey{}).(*verdict); ok {
		v.unreadable = report
	}
}

func (v *verdict) tell(f *fault.Error) {
	if v.unreadable != nil {
		v.unreadable(f)
	}
}
