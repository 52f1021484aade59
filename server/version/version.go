// Package version tells which build this is.
package version

// Version is set when the hub is linked; see the task `build`.
var Version = "dev"
