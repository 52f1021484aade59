// Command generate writes world.json into the folder above it; go generate runs it.
package main

import (
	"fmt"
	"os"

	"github.com/kvitt/kvitt/server/demo/pantry"
	"github.com/kvitt/kvitt/server/demo/world"
)

func main() {
	content, err := world.Encode(pantry.Generate(pantry.Seed))
	if err == nil {
		err = os.WriteFile("world.json", content, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
