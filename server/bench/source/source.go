// Package source is a connector without a remote system: its payout and its
// documents follow from the setting "lines" by arithmetic (package trade), and
// what it is asked to write it accepts. It exists to measure the hub.
package source

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// pageSize is the most that the protocol allows.
const pageSize = 1000

type generator struct{ id, version string }

// New gives the connector, by which name and in which version it is asked for.
func New(id, version string) ports.Connector { return generator{id, version} }

var (
	_ ports.PayoutSource    = generator{}
	_ ports.DocumentSource  = generator{}
	_ ports.InvoicePayments = generator{}
	_ ports.PaymentSource   = generator{}
	_ ports.Vouchers        = generator{}
	_ ports.Attachments     = generator{}
)

// Describe implements ports.Connector.
func (g generator) Describe() ports.Description {
	return ports.Description{
		ID: g.id, Name: "Generator", Version: g.version, Protocol: ports.ProtocolVersion,
		Capabilities: []ports.Capability{
			ports.CapabilityPayouts, ports.CapabilityDocuments, ports.CapabilityPayments, ports.CapabilityVouchers, ports.CapabilityAttachments,
		},
		Settings: json.RawMessage(`{"type":"object","required":["lines"],"additionalProperties":false,
			"properties":{"lines":{"type":"integer","minimum":1,"title":"Rows of the payout"}}}`),
		Credentials: json.RawMessage(`{"type":"object","additionalProperties":false}`),
		Quota:       ports.Quota{InFlight: 4},
		Operations: []ports.Operation{
			{Name: "Verify", Calls: 1},
			{Name: "ListPayouts", Calls: 1},
			{Name: "ListPayoutLines", Calls: 1},
			{Name: "ListDocuments", Calls: 1},
			{Name: "FindDocuments", Calls: 1},
			{Name: "ListPayments", Calls: 1},
			{Name: "EnsurePayment", Calls: 1, Recovery: ports.RecoveryKeyed},
			{Name: "EnsureVoucher", Calls: 1, Recovery: ports.RecoveryKeyed},
			{Name: "EnsureAttachment", Calls: 1, Recovery: ports.RecoveryKeyed},
		},
	}
}

// Verify implements ports.Connector.
func (generator) Verify(context.Context, ports.VerifyRequest) (ports.VerifyReport, error) {
	return ports.VerifyReport{AccountID: "generator", AccountName: "Generator", Usage: once()}, nil
}

// linesOf reads how many rows the payout of a connection has.
func linesOf(call ports.Call) (int, error) {
	var settings struct {
		Lines int `json:"lines"`
	}
	if err := json.Unmarshal(call.Connection.Settings, &settings); err != nil || settings.Lines < 1 {
		return 0, fault.Invalid("generator.settings_invalid", "settings.lines", "the number of lines must be at least 1").From(fault.Connector)
	}
	return settings.Lines, nil
}

// window gives the part of a list that a cursor stands for, and the next cursor.
func window(cursor string, total int) (from, to int, next string) {
	from, _ = strconv.Atoi(cursor) // "" is the start
	to = min(from+pageSize, total)
	if to < total {
		next = strconv.Itoa(to)
	}
	return from, to, next
}

func once() ports.Usage { return ports.Usage{Calls: 1} }
