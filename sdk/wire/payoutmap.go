package wire

import (
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

func toListPayoutsRequest(m *mapping, r ports.ListPayoutsRequest) *pb.ListPayoutsRequest {
	return &pb.ListPayoutsRequest{Call: toCall(m, r.Call), Since: m.toTime(r.Since), Cursor: r.Cursor}
}

func fromListPayoutsRequest(m *mapping, in *pb.ListPayoutsRequest) ports.ListPayoutsRequest {
	return ports.ListPayoutsRequest{
		Call: fromCall(m, in.GetCall()), Since: m.fromTime("since", in.GetSince()), Cursor: in.GetCursor(),
	}
}

func toPayoutPage(m *mapping, p ports.PayoutPage) *pb.ListPayoutsResponse {
	return &pb.ListPayoutsResponse{
		Payouts: each(m, "payouts", p.Payouts, toPayout),
		Raw:     each(m, "raw", p.Raw, toRawPage),
		Next:    p.Next,
		Usage:   toUsage(m, p.Usage),
	}
}

func fromPayoutPage(m *mapping, in *pb.ListPayoutsResponse) ports.PayoutPage {
	return ports.PayoutPage{
		Payouts: each(m, "payouts", in.GetPayouts(), fromPayout),
		Raw:     each(m, "raw", in.GetRaw(), fromRawPage),
		Next:    in.GetNext(),
		Usage:   fromUsage(m, in.GetUsage()),
	}
}

func toPayout(m *mapping, p payout.Payout) *pb.Payout {
	return &pb.Payout{
		Reference:  p.Reference,
		Date:       m.toTime(p.Date),
		Net:        m.toMoney(p.Net),
		Account:    p.Account,
		HoldReason: p.HoldReason,
		Raw:        toRaw(p.Raw),
	}
}

func fromPayout(m *mapping, in *pb.Payout) payout.Payout {
	return payout.Payout{
		Reference:  in.GetReference(),
		Date:       m.fromTime("date", in.GetDate()),
		Net:        m.fromMoney("net", in.GetNet()),
		Account:    in.GetAccount(),
		HoldReason: in.GetHoldReason(),
		Raw:        fromRaw(in.GetRaw()),
	}
}

func toListPayoutLinesRequest(m *mapping, r ports.ListPayoutLinesRequest) *pb.ListPayoutLinesRequest {
	return &pb.ListPayoutLinesRequest{Call: toCall(m, r.Call), Reference: r.Reference, Cursor: r.Cursor}
}

func fromListPayoutLinesRequest(m *mapping, in *pb.ListPayoutLinesRequest) ports.ListPayoutLinesRequest {
	return ports.ListPayoutLinesRequest{
		Call: fromCall(m, in.GetCall()), Reference: in.GetReference(), Cursor: in.GetCursor(),
	}
}

func toLinePage(m *mapping, p ports.LinePage) *pb.ListPayoutLinesResponse {
	return &pb.ListPayoutLinesResponse{
		Lines: each(m, "lines", p.Lines, toLine),
		Raw:   each(m, "raw", p.Raw, toRawPage),
		Next:  p.Next,
		Usage: toUsage(m, p.Usage),
	}
}

func fromLinePage(m *mapping, in *pb.ListPayoutLinesResponse) ports.LinePage {
	return ports.LinePage{
		Lines: each(m, "lines", in.GetLines(), fromLine),
		Raw:   each(m, "raw", in.GetRaw(), fromRawPage),
		Next:  in.GetNext(),
		Usage: fromUsage(m, in.GetUsage()),
	}
}

func toLine(m *mapping, l payout.Line) *pb.PayoutLine {
	return &pb.PayoutLine{
		Key:         l.Key,
		Kind:        toLineKind(m, l.Kind),
		RawType:     l.RawType,
		Gross:       m.toMoney(l.Gross),
		FeeExVat:    m.toMoney(l.FeeExVAT),
		FeeVat:      m.toMoney(l.FeeVAT),
		FeeVatRate:  l.FeeVATRate,
		OccurredAt:  m.toTime(l.OccurredAt),
		References:  toReferences(l.References),
		Group:       l.Group,
		Synthesised: l.Synthesised,
		Raw:         toRaw(l.Raw),
		FeeVatLocal: m.toMoney(l.FeeVATLocal),
		Original:    m.toMoney(l.Original),
		Rate:        toDecimal(l.Rate),
	}
}

func fromLine(m *mapping, in *pb.PayoutLine) payout.Line {
	return payout.Line{
		Key:         in.GetKey(),
		Kind:        fromLineKind(m, in.GetKind()),
		RawType:     in.GetRawType(),
		Gross:       m.fromMoney("gross", in.GetGross()),
		FeeExVAT:    m.fromMoney("fee_ex_vat", in.GetFeeExVat()),
		FeeVAT:      m.fromMoney("fee_vat", in.GetFeeVat()),
		FeeVATRate:  in.GetFeeVatRate(),
		OccurredAt:  m.fromTime("occurred_at", in.GetOccurredAt()),
		References:  fromReferences[payout.Reference](m, in.GetReferences()),
		Group:       in.GetGroup(),
		Synthesised: in.GetSynthesised(),
		Raw:         fromRaw(in.GetRaw()),
		FeeVATLocal: m.fromMoney("fee_vat_local", in.GetFeeVatLocal()),
		Original:    m.fromMoney("original", in.GetOriginal()),
		Rate:        m.fromDecimal("rate", in.GetRate()),
	}
}

// Kinds are mapped by a switch and not by a table: a payout may have a million
// lines.
func toLineKind(m *mapping, k payout.Kind) pb.LineKind {
	switch k {
	case payout.Sale:
		return pb.LineKind_LINE_KIND_SALE
	case payout.Refund:
		return pb.LineKind_LINE_KIND_REFUND
	case payout.Fee:
		return pb.LineKind_LINE_KIND_FEE
	case payout.Chargeback:
		return pb.LineKind_LINE_KIND_CHARGEBACK
	case payout.ChargebackReversal:
		return pb.LineKind_LINE_KIND_CHARGEBACK_REVERSAL
	case payout.Reserve:
		return pb.LineKind_LINE_KIND_RESERVE
	case payout.Release:
		return pb.LineKind_LINE_KIND_RELEASE
	case payout.Carry:
		return pb.LineKind_LINE_KIND_CARRY
	case payout.Commission:
		return pb.LineKind_LINE_KIND_COMMISSION
	case payout.Loan:
		return pb.LineKind_LINE_KIND_LOAN
	case payout.Tax:
		return pb.LineKind_LINE_KIND_TAX
	case payout.Adjustment:
		return pb.LineKind_LINE_KIND_ADJUSTMENT
	case payout.Unknown:
		return pb.LineKind_LINE_KIND_UNKNOWN
	}
	m.fail("kind", "\""+string(k)+"\" is not a kind of line")
	return pb.LineKind_LINE_KIND_UNSPECIFIED
}

// fromLineKind takes a kind that a newer connector knows and this hub does not
// for an unknown one, which holds the payout instead of losing the line.
func fromLineKind(m *mapping, k pb.LineKind) payout.Kind {
	switch k {
	case pb.LineKind_LINE_KIND_SALE:
		return payout.Sale
	case pb.LineKind_LINE_KIND_REFUND:
		return payout.Refund
	case pb.LineKind_LINE_KIND_FEE:
		return payout.Fee
	case pb.LineKind_LINE_KIND_CHARGEBACK:
		return payout.Chargeback
	case pb.LineKind_LINE_KIND_CHARGEBACK_REVERSAL:
		return payout.ChargebackReversal
	case pb.LineKind_LINE_KIND_RESERVE:
		return payout.Reserve
	case pb.LineKind_LINE_KIND_RELEASE:
		return payout.Release
	case pb.LineKind_LINE_KIND_CARRY:
		return payout.Carry
	case pb.LineKind_LINE_KIND_COMMISSION:
		return payout.Commission
	case pb.LineKind_LINE_KIND_LOAN:
		return payout.Loan
	case pb.LineKind_LINE_KIND_TAX:
		return payout.Tax
	case pb.LineKind_LINE_KIND_ADJUSTMENT:
		return payout.Adjustment
	case pb.LineKind_LINE_KIND_UNSPECIFIED:
		m.fail("kind", "a line needs a kind")
	case pb.LineKind_LINE_KIND_UNKNOWN:
	}
	return payout.Unknown
}
