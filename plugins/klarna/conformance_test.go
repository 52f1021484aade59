package main

import (
	"net/http"
	"testing"

	"github.com/kvitt/kvitt/plugins/klarna/simulator/server"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/conformance"
	"github.com/kvitt/kvitt/sdk/simulator"
)

func TestConformance(t *testing.T) {
	conformance.Test(t, conformance.Subject{
		New: func() ports.Connector { return New() },
		Small: func() ports.Connector {
			c := New()
			c.size = 2
			return c
		},
		Simulator: func(section []byte, control *simulator.Control) (http.Handler, error) {
			world, err := server.ReadWorld(section)
			if err != nil {
				return nil, err
			}
			return server.New(world, control), nil
		},
		Plan: "conformance.json",
	})
}
