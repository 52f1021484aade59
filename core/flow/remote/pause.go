package remote

import (
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// Paused gives a fault that says who keeps all calls from a connection, since when
// and why, or nil if nobody does.
func Paused(c merchant.Connection) error {
	if c.Pause.Since.IsZero() {
		return nil
	}
	return fault.New(CodePaused, fault.NotSent, "the connection to "+c.Connector+" has been paused since "+
		c.Pause.Since.UTC().Format(time.RFC3339)+" by "+c.Pause.By+": "+c.Pause.Reason).
		WithRemedy("resume the connection with POST /v1/connections/{id}/resume; what waits goes on by itself")
}

// Awaited reports whether a run waits for what caused the fault, and fails nothing:
// whoever gives consent, ends the pause or brings the connector back also wakes the flow.
func Awaited(f *fault.Error) bool {
	if f == nil {
		return false
	}
	switch f.Code {
	case ports.CodeConsentNeeded, CodePaused, ports.CodeConnectorQuarantined, ports.CodeConnectorUnknown:
		return true
	}
	return false
}
