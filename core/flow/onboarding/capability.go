package onboarding

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// CodeCapabilityRefused: the account of a connection may not use what the flow needs,
// although its connector offers it.
const CodeCapabilityRefused fault.Code = "flow.capability_refused"

// of gives what the end needs of a connector: one that lacks a capability may have the
// one that does as well.
func (e flowEnd) of(d ports.Description) []ports.Capability {
	needs := slices.Clone(e.needs)
	for i, need := range needs {
		if !d.Has(need) && e.or != "" && d.Has(e.or) {
			needs[i] = e.or
		}
	}
	return needs
}

// allowed refuses an end whose account may not use what the connector offers. Only what
// the last verification found of the connection as it is now counts; what it could not
// tell is allowed.
func (s *Service) allowed(record ports.ConnectionRecord, end flowEnd) error {
	if record.State != merchant.Verified && record.State != merchant.Failing {
		return nil // what was found is no longer known to hold
	}
	description, err := s.describe(record.Connection)
	if err != nil {
		return err
	}
	for _, need := range end.of(description) {
		known := record.Capability(need)
		if known.State != ports.CapabilityRefused {
			continue
		}
		return fault.New(CodeCapabilityRefused, fault.Conflict,
			strings.TrimSuffix(description.Name+" does not let this account use "+string(need)+": "+known.Detail, ": ")).
			WithField(end.field).
			WithRemedy(cmp.Or(known.Remedy, "give the account the right at "+description.Name) + "; then verify the connection again")
	}
	return nil
}

// stated keeps what a connector says of its own capabilities, each once, by name.
func (s *Service) stated(record ports.ConnectionRecord, report ports.VerifyReport) []ports.CapabilityRecord {
	description, err := s.describe(record.Connection)
	if err != nil {
		return nil // it went while it was asked
	}
	var all []ports.CapabilityRecord
	for _, said := range report.Capabilities {
		told := slices.ContainsFunc(all, func(r ports.CapabilityRecord) bool { return r.Capability == said.Capability })
		if description.Has(said.Capability) && !told {
			all = append(all, ports.CapabilityRecord{CapabilityCheck: said, At: s.now()})
		}
	}
	slices.SortFunc(all, func(a, b ports.CapabilityRecord) int { return cmp.Compare(a.Capability, b.Capability) })
	return all
}

// denied gives a failed check for what an enabled flow uses and the account may not, if
// the connector has not failed a check for it.
func denied(used []string, report ports.VerifyReport) []ports.Check {
	if slices.ContainsFunc(report.Checks, failed) {
		return nil
	}
	var checks []ports.Check
	for _, said := range report.Capabilities {
		if said.State == ports.CapabilityRefused && slices.Contains(used, string(said.Capability)) {
			checks = append(checks, ports.Check{Name: string(said.Capability), State: ports.CheckFailed, Detail: said.Detail, Remedy: said.Remedy})
		}
	}
	return checks
}

func failed(c ports.Check) bool { return c.State == ports.CheckFailed }

// Capabilities says of each capability of the connector whether the account may use it,
// by name. Of a connector that is gone it gives what was known last.
func (s *Service) Capabilities(record ports.ConnectionRecord) []ports.CapabilityRecord {
	description, err := s.describe(record.Connection)
	if err != nil {
		return record.Capabilities
	}
	var all []ports.CapabilityRecord
	for _, own := range description.Capabilities {
		all = append(all, record.Capability(own))
	}
	slices.SortFunc(all, func(a, b ports.CapabilityRecord) int { return cmp.Compare(a.Capability, b.Capability) })
	return all
}
