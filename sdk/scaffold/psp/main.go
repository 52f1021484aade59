// Command samplepay is kvitt's connector for SamplePay; see the README beside it.
package main

import "github.com/kvitt/kvitt/sdk"

func main() { sdk.Main(New()) }
