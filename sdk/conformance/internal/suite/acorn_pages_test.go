package suite_test

import (
	"context"
	"encoding/json"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// ReadPayoutPage maps a page of oak's that was kept.
func (a *acorn) ReadPayoutPage(ctx context.Context, req ports.PageRequest) (ports.PageReading, error) {
	if a.is("asks the provider for what was kept") {
		s, err := a.open(ctx, ports.Call{Connection: req.Connection, Grant: 1}, true)
		if err != nil {
			return ports.PageReading{}, err
		}
		if _, err := s.get(ctx, "/me", nil); err != nil {
			return ports.PageReading{}, err
		}
	}
	var list struct {
		Lines    []oakLine
		Currency string
	}
	if err := json.Unmarshal(req.Page.Bytes, &list); err != nil {
		return ports.PageReading{}, fault.Invalid(codeAnswer, "page", "this is no page of oak's").From(fault.Connector)
	}
	var reading ports.PageReading
	for _, l := range list.Lines {
		line := a.line(l, a.currency(list.Currency), a.pointer(upstream.Answer{Body: req.Page.Bytes}, l.ID))
		if a.is("forgets references when it reads a page again") {
			line.References = nil
		}
		if req.Until == 0 || line.Raw.Offset < req.Until {
			reading.Lines = append(reading.Lines, line)
		}
	}
	return reading, nil
}
