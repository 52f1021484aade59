package main

import (
	"testing"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/server"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/conformance"
)

func TestConformance(t *testing.T) {
	conformance.Test(t, conformance.Subject{
		New:       func() ports.Connector { return New() },
		Small:     func() ports.Connector { return New(WithPageSize(2), WithPieceSize(500)) },
		Simulator: server.Build,
		Plan:      "conformance.json",
	})
}
