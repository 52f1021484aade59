// Command generator is the connector of package source as a program.
package main

import (
	"github.com/kvitt/kvitt/sdk"
	"github.com/kvitt/kvitt/server/bench/source"
)

func main() { sdk.Main(source.New()) }
