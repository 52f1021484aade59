// Command simulator plays SampleBooks' API on this machine, so that the connector can
// be run and tested without a company at SampleBooks.
package main

import (
	"os"

	"github.com/kvitt/kvitt/sdk/scaffold/erp/simulator/server"
	"github.com/kvitt/kvitt/sdk/simulator"
)

func main() { os.Exit(simulator.Command{Section: "samplebooks", Build: server.Build}.Main()) }
