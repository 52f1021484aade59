package wire

import (
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

func toVoucherRequest(m *mapping, r ports.VoucherRequest) *pb.EnsureVoucherRequest {
	return &pb.EnsureVoucherRequest{
		Call:    toCall(m, r.Call),
		Key:     r.Key,
		Attempt: m.toInt32("attempt", r.Attempt),
		Series:  r.Series,
		Voucher: &pb.Voucher{
			Date: r.Voucher.Date().String(),
			Text: r.Voucher.Text(),
			Rows: each(m, "voucher.rows", r.Voucher.Rows(), func(m *mapping, row ledger.Row) *pb.VoucherRow {
				return &pb.VoucherRow{
					Account: string(row.Account), Amount: m.toMoney(row.Amount), Meaning: row.Meaning, Text: row.Text,
				}
			}),
		},
	}
}

func fromVoucherRequest(m *mapping, in *pb.EnsureVoucherRequest) ports.VoucherRequest {
	return ports.VoucherRequest{
		Write:   fromWrite(m, in),
		Series:  in.GetSeries(),
		Voucher: fromVoucher(m, in.GetVoucher()),
	}
}

// fromVoucher makes the voucher anew, so that an unbalanced one cannot enter.
func fromVoucher(m *mapping, in *pb.Voucher) ledger.Voucher {
	rows := each(m, "voucher.rows", in.GetRows(), func(m *mapping, row *pb.VoucherRow) ledger.Row {
		return ledger.Row{
			Account: ledger.Account(row.GetAccount()), Amount: m.fromMoney("amount", row.GetAmount()),
			Meaning: row.GetMeaning(), Text: row.GetText(),
		}
	})
	date := m.fromDate("voucher.date", in.GetDate())
	if m.err != nil {
		return ledger.Voucher{}
	}
	v, err := ledger.New(date, in.GetText(), rows)
	if err != nil {
		m.failWith("voucher", err)
	}
	return v
}

func toVoucherNumber(n ports.VoucherNumber) *pb.VoucherNumber {
	return &pb.VoucherNumber{Series: n.Series, Number: n.Number, Year: n.Year}
}

func fromVoucherNumber(in *pb.VoucherNumber) ports.VoucherNumber {
	return ports.VoucherNumber{Series: in.GetSeries(), Number: in.GetNumber(), Year: in.GetYear()}
}

func toVoucherResult(m *mapping, r ports.VoucherResult) *pb.EnsureVoucherResponse {
	return &pb.EnsureVoucherResponse{
		Number: toVoucherNumber(r.Number), Outcome: toOutcome(m, r.Outcome), Usage: toUsage(m, r.Usage),
	}
}

func fromVoucherResult(m *mapping, in *pb.EnsureVoucherResponse) ports.VoucherResult {
	return ports.VoucherResult{
		Number: fromVoucherNumber(in.GetNumber()), Outcome: fromOutcome(m, in.GetOutcome()), Usage: fromUsage(m, in.GetUsage()),
	}
}

func toAttachmentRequest(m *mapping, r ports.AttachmentRequest) *pb.EnsureAttachmentRequest {
	return &pb.EnsureAttachmentRequest{
		Call:      toCall(m, r.Call),
		Key:       r.Key,
		Attempt:   m.toInt32("attempt", r.Attempt),
		Voucher:   toVoucherNumber(r.Voucher),
		FileName:  r.FileName,
		MediaType: r.MediaType,
		Content:   r.Content,
	}
}

func fromAttachmentRequest(m *mapping, in *pb.EnsureAttachmentRequest) ports.AttachmentRequest {
	return ports.AttachmentRequest{
		Write:     fromWrite(m, in),
		Voucher:   fromVoucherNumber(in.GetVoucher()),
		FileName:  in.GetFileName(),
		MediaType: in.GetMediaType(),
		Content:   in.GetContent(),
	}
}

func toAttachmentResult(m *mapping, r ports.AttachmentResult) *pb.EnsureAttachmentResponse {
	return &pb.EnsureAttachmentResponse{Id: r.ID, Outcome: toOutcome(m, r.Outcome), Usage: toUsage(m, r.Usage)}
}

func fromAttachmentResult(m *mapping, in *pb.EnsureAttachmentResponse) ports.AttachmentResult {
	return ports.AttachmentResult{
		ID: in.GetId(), Outcome: fromOutcome(m, in.GetOutcome()), Usage: fromUsage(m, in.GetUsage()),
	}
}
