// Command samplebooks is kvitt's connector for SampleBooks; see the README beside it.
package main

import "github.com/kvitt/kvitt/sdk"

func main() { sdk.Main(New()) }
