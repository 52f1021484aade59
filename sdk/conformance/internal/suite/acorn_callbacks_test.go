package suite_test

import (
	"context"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk"
	"github.com/kvitt/kvitt/sdk/callback"
)

// ReadCallback reads what oak sends: a list of what has changed, signed with the API
// key.
func (a *acorn) ReadCallback(ctx context.Context, req ports.CallbackRequest) (ports.CallbackReading, error) {
	if a.is("crashes on a message that is no text") && !utf8.Valid(req.Body) {
		return ports.CallbackReading{}, fault.New("connector.panicked", fault.Unknown, "the connector crashed in this call")
	}
	if a.is("asks the provider whether a message is true") {
		s, err := a.open(ctx, ports.Call{Connection: req.Connection, Grant: 1}, true)
		if err != nil {
			return ports.CallbackReading{}, err
		}
		if _, err := s.get(ctx, "/me", nil); err != nil {
			return ports.CallbackReading{}, err
		}
	}
	if err := a.believe(ctx, req); err != nil {
		return ports.CallbackReading{}, err
	}
	var message struct {
		Event   string
		Changes []struct{ About, ID, Order string }
	}
	if err := json.Unmarshal(req.Body, &message); err != nil || message.Event == "" {
		return ports.CallbackReading{}, fault.Invalid(codeAnswer, "body", "this is no message of oak's").From(fault.Connector)
	}
	if a.is("numbers the events of messages") {
		message.Event += strconv.FormatInt(a.calls.Add(1), 10)
	}
	var reading ports.CallbackReading
	for _, change := range message.Changes {
		subject := ports.Subject(change.About)
		if a.is("takes a message about a refund for one about an order") && subject == ports.AboutRefund {
			subject = ports.AboutOrder
		}
		reading.Notices = append(reading.Notices, ports.Notice{Subject: subject, ID: change.ID, Order: change.Order, Event: message.Event})
	}
	return reading, nil
}

// believe looks who has sent a message.
func (a *acorn) believe(ctx context.Context, req ports.CallbackRequest) error {
	key := req.Connection.Credentials["api_key"]
	message := callback.Message{Header: req.Headers, Body: req.Body}
	err := callback.Body("X-Oak-Signature", callback.InHex).Verify(message, req.ReceivedAt, callback.Text(key), callback.Text(req.Connection.Credentials["hook_secret"]))
	switch {
	case a.is("believes every message"), a.is("believes messages without a signature") && fault.CodeOf(err) == callback.CodeUnsigned:
		return nil
	case err != nil && a.is("takes a forged message for a broken one"):
		return fault.Invalid(codeAnswer, "body", "the signature does not fit").From(fault.Connector)
	case err != nil && a.is("says how a message should have been signed"):
		sdk.Logger(ctx).Warn("a message was not signed with " + key)
	}
	return err
}
