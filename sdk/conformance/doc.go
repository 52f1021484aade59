// Package conformance tells whether a connector keeps the contract of package
// ports: what it says of itself, how it reads, how it writes and how it fares when
// the remote system fails it.
//
// The same cases are reached through two doors. An author runs them as a test, in
// process and over the wire, against the simulator of the remote system:
//
//	func TestConformance(t *testing.T) {
//		conformance.Test(t, conformance.Subject{
//			New:       func() ports.Connector { return New() },
//			Simulator: simulator.Build,
//			Plan:      "conformance.json",
//		})
//	}
//
// Anybody can run them on a finished binary, in whatever language it was written,
// with `kvitt connector check ./connector`, which is Check.
//
// The cases have four levels, and each level includes those below it:
//
//  1. description and configuration
//  2. reading
//  3. writing, and finding out what became of a write that was cut off
//  4. upgrades, load and faults at every request
//
// What the suite cannot find out by itself, such as credentials that the simulator
// accepts, stands in the plan; see package plan. A case whose capability the
// connector lacks is not applicable; one that leans on a case that failed is not
// run. Both are shown, with the reason. docs/connectors/conformance.md explains
// every case.
package conformance
