// Command klarna simulates the parts of Klarna's API that kvitt speaks to; see
// the README beside it.
package main

import (
	"net/http"
	"os"

	"github.com/kvitt/kvitt/plugins/klarna/simulator/server"
	"github.com/kvitt/kvitt/sdk/simulator"
)

func main() {
	os.Exit(simulator.Command{Section: "klarna", Build: build, Claims: claims}.Main())
}

func build(section []byte, control *simulator.Control) (http.Handler, error) {
	world, err := server.ReadWorld(section)
	if err != nil {
		return nil, err
	}
	return server.New(world, control), nil
}

// claims tells a world's requests by its API key.
func claims(section []byte) (simulator.Claim, error) {
	world, err := server.ReadWorld(section)
	return world.Claims, err
}
