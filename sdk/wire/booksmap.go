package wire

import (
	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

func choiceKinds() map[ports.ChoiceKind]pb.ChoiceKind {
	return map[ports.ChoiceKind]pb.ChoiceKind{
		ports.ChooseAccount:       pb.ChoiceKind_CHOICE_KIND_ACCOUNTS,
		ports.ChooseVoucherSeries: pb.ChoiceKind_CHOICE_KIND_VOUCHER_SERIES,
		ports.ChooseModeOfPayment: pb.ChoiceKind_CHOICE_KIND_MODES_OF_PAYMENT,
	}
}

func toChoicesRequest(m *mapping, r ports.ChoicesRequest) *pb.ListChoicesRequest {
	return &pb.ListChoicesRequest{
		Call: toCall(m, r.Call), Kind: toEnum(m, "kind", choiceKinds(), r.Kind), On: r.On.String(), Cursor: r.Cursor,
	}
}

func fromChoicesRequest(m *mapping, in *pb.ListChoicesRequest) ports.ChoicesRequest {
	return ports.ChoicesRequest{
		Call: fromCall(m, in.GetCall()), Kind: fromEnum(m, "kind", choiceKinds(), in.GetKind()),
		On: m.fromDate("on", in.GetOn()), Cursor: in.GetCursor(),
	}
}

func toChoicesPage(m *mapping, p ports.ChoicesPage) *pb.ListChoicesResponse {
	return &pb.ListChoicesResponse{
		Choices: each(m, "choices", p.Choices, func(_ *mapping, c ports.Choice) *pb.Choice {
			return &pb.Choice{Value: c.Value, Label: c.Label, Active: c.Active}
		}),
		Next:  p.Next,
		Usage: toUsage(m, p.Usage),
	}
}

func fromChoicesPage(m *mapping, in *pb.ListChoicesResponse) ports.ChoicesPage {
	return ports.ChoicesPage{
		Choices: each(m, "choices", in.GetChoices(), func(_ *mapping, c *pb.Choice) ports.Choice {
			return ports.Choice{Value: c.GetValue(), Label: c.GetLabel(), Active: c.GetActive()}
		}),
		Next:  in.GetNext(),
		Usage: fromUsage(m, in.GetUsage()),
	}
}

func toPeriodRequest(m *mapping, r ports.PeriodRequest) *pb.PeriodRequest {
	return &pb.PeriodRequest{Call: toCall(m, r.Call), On: r.On.String()}
}

func fromPeriodRequest(m *mapping, in *pb.PeriodRequest) ports.PeriodRequest {
	return ports.PeriodRequest{Call: fromCall(m, in.GetCall()), On: m.fromDate("on", in.GetOn())}
}

func toPeriod(m *mapping, p ports.Period) *pb.PeriodResponse {
	return &pb.PeriodResponse{
		Year: p.Year, From: p.From.String(), To: p.To.String(), LockedUntil: p.LockedUntil.String(),
		Usage: toUsage(m, p.Usage),
	}
}

func fromPeriod(m *mapping, in *pb.PeriodResponse) ports.Period {
	return ports.Period{
		Year:        in.GetYear(),
		From:        m.fromDate("from", in.GetFrom()),
		To:          m.fromDate("to", in.GetTo()),
		LockedUntil: m.fromDate("locked_until", in.GetLockedUntil()),
		Usage:       fromUsage(m, in.GetUsage()),
	}
}

func toExportBooksRequest(m *mapping, r ports.ExportBooksRequest) *pb.ExportBooksRequest {
	return &pb.ExportBooksRequest{Call: toCall(m, r.Call), On: r.On.String(), Cursor: r.Cursor}
}

func fromExportBooksRequest(m *mapping, in *pb.ExportBooksRequest) ports.ExportBooksRequest {
	return ports.ExportBooksRequest{
		Call: fromCall(m, in.GetCall()), On: m.fromDate("on", in.GetOn()), Cursor: in.GetCursor(),
	}
}

func toBooksPiece(m *mapping, p ports.BooksPiece) *pb.ExportBooksResponse {
	return &pb.ExportBooksResponse{Bytes: p.Bytes, Next: p.Next, Usage: toUsage(m, p.Usage)}
}

func fromBooksPiece(m *mapping, in *pb.ExportBooksResponse) ports.BooksPiece {
	return ports.BooksPiece{Bytes: in.GetBytes(), Next: in.GetNext(), Usage: fromUsage(m, in.GetUsage())}
}
