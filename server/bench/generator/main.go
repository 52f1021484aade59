// Command generator is the connector of package source as a program.
package main

import (
	"github.com/kvitt/kvitt/sdk"
	"github.com/kvitt/kvitt/server/bench/source"
)

// A build may set another name and version with -ldflags "-X main.id=… -X main.version=…".
var (
	id      = "generator"
	version = "1.0.0"
)

func main() { sdk.Main(source.New(id, version)) }
