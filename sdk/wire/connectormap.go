package wire

import (
	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

func toDescription(m *mapping, d ports.Description) *pb.Description {
	out := &pb.Description{
		Id:           d.ID,
		Name:         d.Name,
		Version:      d.Version,
		Protocol:     m.toInt32("protocol", d.Protocol),
		Settings:     d.Settings,
		Credentials:  d.Credentials,
		Quota:        toQuota(m, d.Quota),
		Hosts:        d.Hosts,
		Capabilities: each(m, "capabilities", d.Capabilities, func(_ *mapping, c ports.Capability) string { return string(c) }),
		Operations:   each(m, "operations", d.Operations, toOperation),
		Callbacks:    toCallbacks(m, d.Callbacks),
	}
	if o := d.OAuth; o != nil {
		out.Oauth = &pb.OAuth{
			TokenUrl: o.TokenURL, ClientId: o.ClientID, ClientSecret: o.ClientSecret,
			Scopes: o.Scopes, Headers: o.Headers, Consent: toConsent(o.Consent),
		}
	}
	return out
}

func fromDescription(m *mapping, in *pb.Description) ports.Description {
	d := ports.Description{
		ID:           in.GetId(),
		Name:         in.GetName(),
		Version:      in.GetVersion(),
		Protocol:     int(in.GetProtocol()),
		Settings:     in.GetSettings(),
		Credentials:  in.GetCredentials(),
		Quota:        fromQuota(m, in.GetQuota()),
		Hosts:        in.GetHosts(),
		Capabilities: each(m, "capabilities", in.GetCapabilities(), func(_ *mapping, c string) ports.Capability { return ports.Capability(c) }),
		Operations:   each(m, "operations", in.GetOperations(), fromOperation),
		Callbacks:    fromCallbacks(in.GetCallbacks()),
	}
	if o := in.GetOauth(); o != nil {
		d.OAuth = &ports.OAuth{
			TokenURL: o.GetTokenUrl(), ClientID: o.GetClientId(), ClientSecret: o.GetClientSecret(),
			Scopes: o.GetScopes(), Headers: o.GetHeaders(), Consent: fromConsent(o.GetConsent()),
		}
	}
	return d
}

func toConsent(c *ports.Consent) *pb.Consent {
	if c == nil {
		return nil
	}
	return &pb.Consent{AuthorizeUrl: c.AuthorizeURL, RevokeUrl: c.RevokeURL, Pkce: c.PKCE, Parameters: c.Parameters, Only: c.Only}
}

func fromConsent(in *pb.Consent) *ports.Consent {
	if in == nil {
		return nil
	}
	return &ports.Consent{
		AuthorizeURL: in.GetAuthorizeUrl(), RevokeURL: in.GetRevokeUrl(), PKCE: in.GetPkce(), Parameters: in.GetParameters(), Only: in.GetOnly(),
	}
}

func toQuota(m *mapping, q ports.Quota) *pb.Quota {
	return &pb.Quota{
		Calls:    m.toInt32("quota.calls", q.Calls),
		Window:   m.toDuration(q.Window),
		InFlight: m.toInt32("quota.in_flight", q.InFlight),
		Account:  q.Account,
	}
}

func fromQuota(m *mapping, in *pb.Quota) ports.Quota {
	return ports.Quota{
		Calls:    int(in.GetCalls()),
		Window:   m.fromDuration("quota.window", in.GetWindow()),
		InFlight: int(in.GetInFlight()),
		Account:  in.GetAccount(),
	}
}

func recoveries() map[ports.Recovery]pb.Recovery {
	return map[ports.Recovery]pb.Recovery{
		ports.RecoveryNone:         pb.Recovery_RECOVERY_UNSPECIFIED,
		ports.RecoveryKeyed:        pb.Recovery_RECOVERY_KEYED,
		ports.RecoverySearchable:   pb.Recovery_RECOVERY_SEARCHABLE,
		ports.RecoveryByState:      pb.Recovery_RECOVERY_BY_STATE,
		ports.RecoveryByDifference: pb.Recovery_RECOVERY_BY_DIFFERENCE,
		ports.RecoveryUnsafe:       pb.Recovery_RECOVERY_UNSAFE,
	}
}

func toOperation(m *mapping, o ports.Operation) *pb.Operation {
	return &pb.Operation{
		Name:          o.Name,
		Calls:         m.toInt32("calls", o.Calls),
		RecoveryCalls: m.toInt32("recovery_calls", o.RecoveryCalls),
		Recovery:      toEnum(m, "recovery", recoveries(), o.Recovery),
	}
}

func fromOperation(m *mapping, in *pb.Operation) ports.Operation {
	return ports.Operation{
		Name:          in.GetName(),
		Calls:         int(in.GetCalls()),
		RecoveryCalls: int(in.GetRecoveryCalls()),
		Recovery:      fromEnum(m, "recovery", recoveries(), in.GetRecovery()),
	}
}

func toVerifyRequest(m *mapping, r ports.VerifyRequest) *pb.VerifyRequest {
	out := &pb.VerifyRequest{Call: toCall(m, r.Call), Today: m.toTime(r.Today)}
	if len(r.Expect) > 0 {
		out.Expect = make(map[string]*pb.Expectation, len(r.Expect))
		for kind, values := range r.Expect {
			out.Expect[kind] = &pb.Expectation{Values: values}
		}
	}
	return out
}

func fromVerifyRequest(m *mapping, in *pb.VerifyRequest) ports.VerifyRequest {
	r := ports.VerifyRequest{Call: fromCall(m, in.GetCall()), Today: m.fromTime("today", in.GetToday())}
	if len(in.GetExpect()) > 0 {
		r.Expect = make(map[string][]string, len(in.GetExpect()))
		for kind, e := range in.GetExpect() {
			r.Expect[kind] = e.GetValues()
		}
	}
	return r
}

func checkStates() map[ports.CheckState]pb.CheckState {
	return map[ports.CheckState]pb.CheckState{
		ports.CheckOK:      pb.CheckState_CHECK_STATE_OK,
		ports.CheckWarning: pb.CheckState_CHECK_STATE_WARNING,
		ports.CheckFailed:  pb.CheckState_CHECK_STATE_FAILED,
	}
}

func capabilityStates() map[ports.CapabilityState]pb.CapabilityState {
	return map[ports.CapabilityState]pb.CapabilityState{
		ports.CapabilityUnknown:  pb.CapabilityState_CAPABILITY_STATE_UNSPECIFIED,
		ports.CapabilityVerified: pb.CapabilityState_CAPABILITY_STATE_VERIFIED,
		ports.CapabilityRefused:  pb.CapabilityState_CAPABILITY_STATE_REFUSED,
	}
}

func toVerifyReport(m *mapping, r ports.VerifyReport) *pb.VerifyResponse {
	return &pb.VerifyResponse{
		Checks: each(m, "checks", r.Checks, func(m *mapping, c ports.Check) *pb.Check {
			return &pb.Check{
				Name: c.Name, State: toEnum(m, "state", checkStates(), c.State), Detail: c.Detail, Remedy: c.Remedy,
			}
		}),
		AccountId:   r.AccountID,
		AccountName: r.AccountName,
		Usage:       toUsage(m, r.Usage),
		Capabilities: each(m, "capabilities", r.Capabilities, func(m *mapping, c ports.CapabilityCheck) *pb.CapabilityCheck {
			return &pb.CapabilityCheck{
				Capability: string(c.Capability), State: toEnum(m, "state", capabilityStates(), c.State), Detail: c.Detail, Remedy: c.Remedy,
			}
		}),
	}
}

func fromVerifyReport(m *mapping, in *pb.VerifyResponse) ports.VerifyReport {
	return ports.VerifyReport{
		Checks: each(m, "checks", in.GetChecks(), func(m *mapping, c *pb.Check) ports.Check {
			return ports.Check{
				Name: c.GetName(), State: fromEnum(m, "state", checkStates(), c.GetState()),
				Detail: c.GetDetail(), Remedy: c.GetRemedy(),
			}
		}),
		AccountID:   in.GetAccountId(),
		AccountName: in.GetAccountName(),
		Usage:       fromUsage(m, in.GetUsage()),
		Capabilities: each(m, "capabilities", in.GetCapabilities(), func(m *mapping, c *pb.CapabilityCheck) ports.CapabilityCheck {
			return ports.CapabilityCheck{
				Capability: ports.Capability(c.GetCapability()), State: fromEnum(m, "state", capabilityStates(), c.GetState()),
				Detail: c.GetDetail(), Remedy: c.GetRemedy(),
			}
		}),
	}
}
