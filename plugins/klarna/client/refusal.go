package client

import (
	"encoding/json"
	"net/http"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// remedyNoOrder is for an order that Klarna does not know, nor one of its form. It
// answers alike for what is another merchant id's and for what it has not stored yet.
const remedyNoOrder = "check that the order was placed with the merchant id of this connection, and try again in some minutes if it was placed just now"

// refusals follow Klarna's table of error codes. A conflict passes: nothing that is
// read here can be in a state that forbids reading.
func refusals() upstream.Refusals {
	passes := upstream.Meaning{Class: fault.Temporary}
	missing := upstream.Meaning{Class: fault.NotFound}
	noOrder := upstream.Meaning{Code: upstream.CodeNotFound, Class: fault.NotFound, Remedy: remedyNoOrder}
	return upstream.Refusals{
		Read: readRefusal,
		Codes: map[string]upstream.Meaning{
			"TOO_MANY_REQUESTS":     {Class: fault.RateLimited},
			"INTERNAL_SERVER_ERROR": passes, "UNEXPECTED_ERROR": passes, "TEMPORARILY_UNAVAILABLE": passes, "CONFLICT": passes,
			"NOT_FOUND": missing, "NO_SUCH_ORDER": noOrder, "INVALID_ORDER_ID": noOrder,
		},
		Statuses: map[int]upstream.Meaning{http.StatusConflict: passes, http.StatusPreconditionFailed: passes},
		Trace:    "correlation id",
	}
}

// readRefusal reads the body of an error, whatever its content type says: errors
// of reports are declared under the report's type, and a 401 has no body at all.
// Klarna's words are left out: they change and may name a person.
func readRefusal(answer upstream.Answer) upstream.Said {
	var body struct {
		ErrorCode     string `json:"error_code"`
		CorrelationID string `json:"correlation_id"`
	}
	_ = json.Unmarshal(answer.Body, &body) // no body, or a proxy's page: the status must do
	if body.CorrelationID == "" {
		body.CorrelationID = answer.Header.Get("Klarna-Correlation-Id")
	}
	return upstream.Said{Code: body.ErrorCode, Trace: body.CorrelationID}
}
