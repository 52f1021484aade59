// Command sampleshop is kvitt's connector for SampleShop; see the README beside it.
package main

import "github.com/kvitt/kvitt/sdk"

func main() { sdk.Main(New()) }
