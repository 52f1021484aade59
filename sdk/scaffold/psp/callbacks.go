package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk"
	"github.com/kvitt/kvitt/sdk/callback"
)

// codeCallback: a message is none of SamplePay's.
const codeCallback fault.Code = "samplepay.callback_invalid"

// callbacks is how SamplePay wants its messages answered: with any status of success.
func callbacks() *ports.Callbacks {
	return &ports.Callbacks{Methods: []string{http.MethodPost}, Status: http.StatusNoContent}
}

// ReadCallback names the payout of a message. SamplePay signs the body with HMAC-SHA256.
func (c *Connector) ReadCallback(_ context.Context, req ports.CallbackRequest) (ports.CallbackReading, error) {
	secret, err := sdk.Credential(req.Connection, "webhook_secret")
	if err != nil {
		return ports.CallbackReading{}, err
	}
	message := callback.Message{Header: req.Headers, Body: req.Body}
	if err := callback.Body("X-Webhook-Signature", callback.InHex).Verify(message, req.ReceivedAt, callback.Text(secret)); err != nil {
		return ports.CallbackReading{}, err
	}
	var event struct{ ID, Type, Payout string }
	if err := json.Unmarshal(req.Body, &event); err != nil || event.Type == "" {
		return ports.CallbackReading{}, fault.Invalid(codeCallback, "body", "this is no event of SamplePay's").From(fault.Connector)
	}
	if event.Type != "payout.paid" {
		return ports.CallbackReading{}, nil // nothing that the hub follows
	}
	return ports.CallbackReading{Notices: []ports.Notice{{Subject: ports.AboutPayout, ID: event.Payout, Event: event.ID}}}, nil
}
