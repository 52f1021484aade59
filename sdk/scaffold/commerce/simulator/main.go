// Command simulator plays SampleShop's API on this machine, so that the connector can
// be run and tested without a shop at SampleShop.
package main

import (
	"os"

	"github.com/kvitt/kvitt/sdk/scaffold/commerce/simulator/server"
	"github.com/kvitt/kvitt/sdk/simulator"
)

func main() { os.Exit(simulator.Command{Section: "sampleshop", Build: server.Build}.Main()) }
