package main

import (
	"testing"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/conformance"
	"github.com/kvitt/kvitt/sdk/scaffold/erp/simulator/server"
)

func TestConformance(t *testing.T) {
	conformance.Test(t, conformance.Subject{
		New:       func() ports.Connector { return New() },
		Small:     func() ports.Connector { return &Connector{limit: 2} },
		Simulator: server.Build,
		Plan:      "conformance.json",
	})
}
