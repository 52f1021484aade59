package pluginhost

import (
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// Faults of connectors as processes.
const (
	// CodeUnavailable: the connector is down; nothing was sent to it.
	CodeUnavailable = ports.CodeConnectorUnavailable
	// CodeQuarantined: the connector has exited too often; a person must look.
	CodeQuarantined = ports.CodeConnectorQuarantined
	// CodeNotInstallable: the file cannot be a connector on this machine.
	CodeNotInstallable fault.Code = "connector.not_installable"
	// CodeChecksum: the file is not the one that was pinned.
	CodeChecksum fault.Code = "connector.checksum_mismatch"
	// CodeDescription: what the connector says of itself makes no sense.
	CodeDescription fault.Code = "connector.invalid_description"
	// CodeStart: the connector's process did not become ready.
	CodeStart fault.Code = "connector.start_failed"
	// CodeLoaded: the version is loaded already, from another program.
	CodeLoaded fault.Code = "connector.already_loaded"
	// CodeInUse: the version serves connections.
	CodeInUse fault.Code = "connector.in_use"
	// CodeAttach: a connector that runs under a debugger was not attached.
	CodeAttach fault.Code = "connector.attach_refused"
	// CodeSocketDir: the folder for sockets cannot be used.
	CodeSocketDir fault.Code = "connector.socket_folder"
)

func unavailable(reason string, wait time.Duration) *fault.Error {
	f := fault.New(CodeUnavailable, fault.NotSent, reason).From(fault.Connector)
	f.RetryAfter = wait
	return f
}

func quarantined(last string) *fault.Error {
	return fault.New(CodeQuarantined, fault.NotSent, "the connector is in quarantine because it exited too often, last: "+last).
		From(fault.Connector).
		WithRemedy("look at the connector's log, install a version that works, or release it from quarantine")
}

func notInstallable(reason, remedy string) *fault.Error {
	return fault.New(CodeNotInstallable, fault.Validation, reason).From(fault.Connector).WithRemedy(remedy)
}

func invalidDescription(field, reason string) *fault.Error {
	return fault.Invalid(CodeDescription, field, reason).From(fault.Connector).
		WithRemedy("report it to whoever makes the connector")
}

func attachRefused(reason, remedy string) *fault.Error {
	return fault.New(CodeAttach, fault.Validation, reason).From(fault.Connector).WithRemedy(remedy)
}

func startFailed(reason string) *fault.Error {
	return fault.New(CodeStart, fault.NotSent, reason).From(fault.Connector).
		WithRemedy("look at the connector's log; run it with the argument \"describe\" to see whether it works on this machine")
}
