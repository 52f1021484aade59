// Command klarna is the connector for the settlements of Klarna and Kustom; see
// the README beside it.
package main

import "github.com/kvitt/kvitt/sdk"

func main() { sdk.Main(New()) }
