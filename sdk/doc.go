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
// logs with Logger only: standard output belongs to the hub.
//
// What connectors have in common stands in kits, so that a connector is its mapping
// and little else:
//
//   - upstream calls the remote system: within the grant, to declared hosts only,
//     with every failure told apart by one table. Serve is the frame of each method.
//   - paging reads lists so that nothing is skipped, and makes cursors.
//   - jsonpage reads JSON with the place of every value, lenient takes values in
//     every spelling, report reads CSV by the names of its columns.
//   - amount turns numbers and signs of the remote system into exact amounts.
//   - callback checks who has signed a message.
//   - redact takes secrets out of texts.
//
// In tests, conformance tells whether a connector keeps the contract, wiretest runs
// it as the hub would, cassette records a sandbox once and replays it, clock is a
// clock to move, and simulator is what a simulator of the remote system is made of.
package sdk
