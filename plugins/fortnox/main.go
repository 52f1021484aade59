// Command fortnox connects kvitt with Fortnox, the Swedish accounting system: it
// makes and reads orders, invoices and credit invoices, marks them paid, books vouchers
// and attaches files to them, through Fortnox's REST API version 3.
package main

import "github.com/kvitt/kvitt/sdk"

func main() { sdk.Main(New()) }
