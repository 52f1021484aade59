// Package sdk makes a program a connector of kvitt.
//
// A connector is a value that implements ports.Connector and one more interface
// of package ports for each capability that it has. Its main is one line:
//
//	func main() { sdk.Main(klarna.New()) }
//
// The hub starts the program, speaks gRPC with it and serves all merchants
// through one process. So a connector keeps no state that it cannot lose, takes
// everything it needs from the request, obeys the deadline of the context, and
// logs with Logger only: standard output belongs to the hub. Package upstream
// holds the HTTP client to call the remote system with, package wiretest runs a
// connector in a test as the hub would, and conformance tells whether it keeps the
// contract.
package sdk
