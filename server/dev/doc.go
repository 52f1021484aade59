// Package dev is the workshop of a connector's author: it runs one connector
// against the simulator of its remote system, as the conformance plan says, calls
// it, and shows the row and the rule when something is wrong.
package dev
