package wire

import (
	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

func toReleaseRequest(m *mapping, r ports.ReleaseRequest) *pb.EnsureReleasedRequest {
	return &pb.EnsureReleasedRequest{
		Call:           toCall(m, r.Call),
		Key:            r.Key,
		Attempt:        m.toInt32("attempt", r.Attempt),
		DocumentNumber: r.DocumentNumber,
		DocumentKind:   toEnum(m, "document_kind", documentKinds(), r.DocumentKind),
		PaymentNumber:  r.PaymentNumber,
		Date:           r.Date.String(),
		Known:          r.Known,
		BalanceBefore:  m.toMoney(r.BalanceBefore),
	}
}

func fromReleaseRequest(m *mapping, in *pb.EnsureReleasedRequest) ports.ReleaseRequest {
	return ports.ReleaseRequest{
		Write:          fromWrite(m, in),
		DocumentNumber: in.GetDocumentNumber(),
		DocumentKind:   fromEnum(m, "document_kind", documentKinds(), in.GetDocumentKind()),
		PaymentNumber:  in.GetPaymentNumber(),
		Date:           m.fromDate("date", in.GetDate()),
		Known:          in.GetKnown(),
		BalanceBefore:  m.fromMoney("balance_before", in.GetBalanceBefore()),
	}
}

func toReleaseResult(m *mapping, r ports.ReleaseResult) *pb.EnsureReleasedResponse {
	return &pb.EnsureReleasedResponse{Number: r.Number, Outcome: toOutcome(m, r.Outcome), Usage: toUsage(m, r.Usage)}
}

func fromReleaseResult(m *mapping, in *pb.EnsureReleasedResponse) ports.ReleaseResult {
	return ports.ReleaseResult{Number: in.GetNumber(), Outcome: fromOutcome(m, in.GetOutcome()), Usage: fromUsage(m, in.GetUsage())}
}
