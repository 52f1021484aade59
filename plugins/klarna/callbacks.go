package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// CodeCallback: a message does not name an order of Klarna's.
const CodeCallback fault.Code = "klarna.callback_invalid"

// callbacks is how Klarna's messages are taken. A notification is sent again until it
// is answered with 200; a push until the order is acknowledged, which is up to the shop
// that owns the order, whatever the answer.
func callbacks() *ports.Callbacks {
	return &ports.Callbacks{Methods: []string{http.MethodPost}, Status: http.StatusOK}
}

// orderIDs are what Klarna names orders by.
var orderIDs = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{7,63}$`)

// ReadCallback names the order of a push or of a notification. The shop gives Klarna
// the address with each session. A push has no body: Klarna puts the id of the order
// where the address has a placeholder such as {checkout.order.id}. A notification names
// it in its body.
//
// Klarna signs nothing. What is genuine about a message is that it knew the token of
// the address, and what it names is read from Klarna before anything is done.
func (c *Connector) ReadCallback(_ context.Context, req ports.CallbackRequest) (ports.CallbackReading, error) {
	named, err := namedOrder(req)
	if err != nil {
		return ports.CallbackReading{}, err
	}
	return ports.CallbackReading{Notices: []ports.Notice{{Subject: ports.AboutOrder, ID: named}}}, nil
}

func namedOrder(req ports.CallbackRequest) (string, error) {
	if len(req.Body) > 0 {
		return orderOfBody(req.Body)
	}
	parameters, err := callbackParameters(req.Connection.Settings)
	if err != nil {
		return "", err
	}
	query, err := url.ParseQuery(req.Query)
	if err != nil {
		return "", unnamed("query", "the query cannot be read")
	}
	for _, parameter := range parameters {
		if id := query.Get(parameter); id != "" {
			return checkedOrder("query."+parameter, id)
		}
	}
	return "", unnamed("query", "neither body nor query names an order")
}

// callbackParameters are the names under which the query may carry the order.
func callbackParameters(text json.RawMessage) ([]string, error) {
	var chosen settings
	if len(text) > 0 {
		if err := json.Unmarshal(text, &chosen); err != nil {
			return nil, fault.Invalid(CodeSettings, "settings", "the settings do not follow their schema").From(fault.Connector)
		}
	}
	if chosen.CallbackParameter != "" {
		return []string{chosen.CallbackParameter}, nil
	}
	return []string{"order_id", "klarna_order_id"}, nil
}

func orderOfBody(body []byte) (string, error) {
	var notification struct {
		OrderID string `json:"order_id"`
	}
	if err := json.Unmarshal(body, &notification); err != nil {
		return "", unnamed("body", "the body is not a notification of Klarna's")
	}
	return checkedOrder("body.order_id", notification.OrderID)
}

func checkedOrder(field, id string) (string, error) {
	switch {
	case strings.ContainsAny(id, "{}"):
		return "", unnamed(field, "Klarna has left the placeholder as it was")
	case !orderIDs.MatchString(id):
		return "", unnamed(field, "this is not the id of an order")
	}
	return id, nil
}

func unnamed(field, reason string) error {
	return fault.Invalid(CodeCallback, field, reason).From(fault.Connector).
		WithRemedy("let the shop give Klarna the address with ?order_id={checkout.order.id} behind it, or {order.id} with Klarna Payments")
}
