// Command simulator plays SamplePay's API on this machine, so that the connector can
// be run and tested without an account at SamplePay.
package main

import (
	"os"

	"github.com/kvitt/kvitt/sdk/scaffold/psp/simulator/server"
	"github.com/kvitt/kvitt/sdk/simulator"
)

func main() { os.Exit(simulator.Command{Section: "samplepay", Build: server.Build}.Main()) }
