package wire

import (
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

func toCall(m *mapping, c ports.Call) *pb.Call {
	return &pb.Call{
		Connection: &pb.Connection{
			Id:          c.Connection.ID,
			Settings:    c.Connection.Settings,
			Credentials: c.Connection.Credentials,
			Hosts:       c.Connection.Hosts,
		},
		Grant: m.toInt32("call.grant", c.Grant),
	}
}

func fromCall(_ *mapping, in *pb.Call) ports.Call {
	c := in.GetConnection()
	return ports.Call{
		Connection: ports.Connection{
			ID:          c.GetId(),
			Settings:    c.GetSettings(),
			Credentials: c.GetCredentials(),
			Hosts:       c.GetHosts(),
		},
		Grant: int(in.GetGrant()),
	}
}

func toUsage(m *mapping, u ports.Usage) *pb.Usage {
	return &pb.Usage{
		Calls:       m.toInt32("usage.calls", u.Calls),
		RateLimited: m.toInt32("usage.rate_limited", u.RateLimited),
		RetryAfter:  m.toDuration(u.RetryAfter),
		Spread:      m.toDuration(u.Spread),
	}
}

func fromUsage(m *mapping, in *pb.Usage) ports.Usage {
	return ports.Usage{
		Calls:       int(in.GetCalls()),
		RateLimited: int(in.GetRateLimited()),
		RetryAfter:  m.fromDuration("usage.retry_after", in.GetRetryAfter()),
		Spread:      m.fromDuration("usage.spread", in.GetSpread()),
	}
}

func toRawPage(_ *mapping, p ports.RawPage) *pb.RawPage {
	return &pb.RawPage{Sha256: p.SHA256, MediaType: p.MediaType, Bytes: p.Bytes}
}

func fromRawPage(_ *mapping, in *pb.RawPage) ports.RawPage {
	return ports.RawPage{SHA256: in.GetSha256(), MediaType: in.GetMediaType(), Bytes: in.GetBytes()}
}

func toRaw(r payout.Raw) *pb.RawPointer {
	if r == (payout.Raw{}) {
		return nil
	}
	return &pb.RawPointer{Page: r.Page, Offset: r.Offset, Length: r.Length}
}

func fromRaw(in *pb.RawPointer) payout.Raw {
	return payout.Raw{Page: in.GetPage(), Offset: in.GetOffset(), Length: in.GetLength()}
}

func outcomes() map[ports.Outcome]pb.Outcome {
	return map[ports.Outcome]pb.Outcome{
		ports.Created: pb.Outcome_OUTCOME_CREATED,
		ports.Found:   pb.Outcome_OUTCOME_FOUND,
	}
}

func toOutcome(m *mapping, o ports.Outcome) pb.Outcome {
	return toEnum(m, "outcome", outcomes(), o)
}

func fromOutcome(m *mapping, o pb.Outcome) ports.Outcome {
	return fromEnum(m, "outcome", outcomes(), o)
}
