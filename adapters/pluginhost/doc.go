// Package pluginhost runs connectors as processes and keeps them running.
//
// hashicorp/go-plugin starts a process and shakes hands with it; everything
// else is done here. A connector is loaded once: its file is checked, copied
// under the name of its hash to a private folder, and asked what it is. Its
// process, one for all merchants, starts with the first call. The exit of a
// process is an event: the connector starts anew after a back-off that grows,
// and is put in quarantine when it exits too often. While it is down, calls fail
// at once with a fault that proves that nothing was sent; calls that were under
// way when it died, or that outlived their deadline, have an open outcome.
//
// A process sees no environment but an allow-list, dies with the hub, cannot
// break the hub by what it writes to its standard output or error, and is ended
// by force, with its children, if it does not end by itself or uses more memory than it
// may. Each version has its own account of its calls and the end of its own log, neither
// of which grows with what it does.
//
// A process that a developer has started under a debugger is attached instead: it
// is called as any other, and nothing of the above is done to it.
//
// Versions of one connector stand side by side, each with a process of its own. A route
// says which of them serves a connection; it may be changed between two calls.
package pluginhost
