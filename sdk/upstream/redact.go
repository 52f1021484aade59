package upstream

import (
	"errors"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/redact"
)

// hide gives an error of this package, which is a fault, without the secrets in it
// and in its cause.
func hide(secrets redact.Secrets, err error) error {
	f := fault.Of(err)
	if f == nil {
		return err
	}
	out := *f
	out.Field, out.Reason, out.Remedy = secrets.In(f.Field), secrets.In(f.Reason), secrets.In(f.Remedy)
	if cause := f.Unwrap(); cause != nil {
		if text := secrets.In(cause.Error()); text != cause.Error() {
			return out.Wrap(errors.New(text))
		}
	}
	return &out
}
