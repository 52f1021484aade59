package wire

import (
	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

func toPageRequest(m *mapping, r ports.PageRequest) *pb.ReadPayoutPageRequest {
	return &pb.ReadPayoutPageRequest{
		Call: toCall(m, r.Call), Reference: r.Reference, Payout: r.Payout, Page: toRawPage(m, r.Page), Until: r.Until, Cursor: r.Cursor,
	}
}

func fromPageRequest(m *mapping, in *pb.ReadPayoutPageRequest) ports.PageRequest {
	return ports.PageRequest{
		Call: fromCall(m, in.GetCall()), Reference: in.GetReference(), Payout: in.GetPayout(), Page: fromRawPage(m, in.GetPage()),
		Until: in.GetUntil(), Cursor: in.GetCursor(),
	}
}

func toPageReading(m *mapping, r ports.PageReading) *pb.ReadPayoutPageResponse {
	return &pb.ReadPayoutPageResponse{Lines: each(m, "lines", r.Lines, toLine), Next: r.Next}
}

func fromPageReading(m *mapping, in *pb.ReadPayoutPageResponse) ports.PageReading {
	return ports.PageReading{Lines: each(m, "lines", in.GetLines(), fromLine), Next: in.GetNext()}
}
