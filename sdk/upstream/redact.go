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

// judged classifies an answer. A refusal that repeats a secret is judged once more by
// what it says without it: from a text that was shortened to be shown, half a secret
// could no longer be taken out.
func (c *Client) judged(secrets redact.Secrets, req Request, answer Answer) *fault.Error {
	f := c.config.Classify(req, answer)
	if f == nil {
		return nil
	}
	text := secrets.In(string(answer.Body))
	if text == string(answer.Body) {
		return f
	}
	answer.Body = []byte(text)
	if again := c.config.Classify(req, answer); again != nil {
		return again
	}
	return f
}
