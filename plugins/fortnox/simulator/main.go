// Command fortnox is a simulator of Fortnox: companies whose documents and
// books live in memory, behind the REST API that integrations use.
package main

import (
	"os"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/server"
	"github.com/kvitt/kvitt/sdk/simulator"
)

func main() {
	os.Exit(simulator.Command{Section: "fortnox", Build: server.Build, Claims: server.Claims}.Main())
}
