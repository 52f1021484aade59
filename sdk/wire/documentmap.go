package wire

import (
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

func documentKinds() map[invoice.Kind]pb.DocumentKind {
	return map[invoice.Kind]pb.DocumentKind{
		invoice.Invoice: pb.DocumentKind_DOCUMENT_KIND_INVOICE,
		invoice.Credit:  pb.DocumentKind_DOCUMENT_KIND_CREDIT_INVOICE,
	}
}

func toListDocumentsRequest(m *mapping, r ports.ListDocumentsRequest) *pb.ListDocumentsRequest {
	return &pb.ListDocumentsRequest{Call: toCall(m, r.Call), Since: r.Since, Cursor: r.Cursor}
}

func fromListDocumentsRequest(m *mapping, in *pb.ListDocumentsRequest) ports.ListDocumentsRequest {
	return ports.ListDocumentsRequest{Call: fromCall(m, in.GetCall()), Since: in.GetSince(), Cursor: in.GetCursor()}
}

func toFindDocumentsRequest(m *mapping, r ports.FindDocumentsRequest) *pb.FindDocumentsRequest {
	return &pb.FindDocumentsRequest{Call: toCall(m, r.Call), Reference: string(r.Reference), Value: r.Value}
}

func fromFindDocumentsRequest(m *mapping, in *pb.FindDocumentsRequest) ports.FindDocumentsRequest {
	return ports.FindDocumentsRequest{
		Call: fromCall(m, in.GetCall()), Reference: invoice.Reference(in.GetReference()), Value: in.GetValue(),
	}
}

func toListedDocuments(m *mapping, p ports.DocumentPage) *pb.ListDocumentsResponse {
	return &pb.ListDocumentsResponse{
		Documents: each(m, "documents", p.Documents, toDocument),
		Raw:       each(m, "raw", p.Raw, toRawPage),
		Next:      p.Next,
		Watermark: p.Watermark,
		Usage:     toUsage(m, p.Usage),
	}
}

func toFoundDocuments(m *mapping, p ports.DocumentPage) *pb.FindDocumentsResponse {
	return &pb.FindDocumentsResponse{
		Documents: each(m, "documents", p.Documents, toDocument),
		Raw:       each(m, "raw", p.Raw, toRawPage),
		Next:      p.Next,
		Watermark: p.Watermark,
		Usage:     toUsage(m, p.Usage),
	}
}

// documentPage is what the answers of ListDocuments and FindDocuments share.
type documentPage interface {
	GetDocuments() []*pb.Document
	GetRaw() []*pb.RawPage
	GetNext() string
	GetWatermark() string
	GetUsage() *pb.Usage
}

func fromDocumentPage[P documentPage](m *mapping, in P) ports.DocumentPage {
	return ports.DocumentPage{
		Documents: each(m, "documents", in.GetDocuments(), fromDocument),
		Raw:       each(m, "raw", in.GetRaw(), fromRawPage),
		Next:      in.GetNext(),
		Watermark: in.GetWatermark(),
		Usage:     fromUsage(m, in.GetUsage()),
	}
}

func toDocument(m *mapping, d invoice.Document) *pb.Document {
	return &pb.Document{
		Number:     d.Number,
		Kind:       toEnum(m, "kind", documentKinds(), d.Kind),
		Total:      m.toMoney(d.Total),
		Balance:    m.toMoney(d.Balance),
		Date:       d.Date.String(),
		DueDate:    d.DueDate.String(),
		Booked:     d.Booked,
		Cancelled:  d.Cancelled,
		References: toReferences(d.References),
		Partial:    d.Partial,
		Rate:       toDecimal(d.Rate),
	}
}

func fromDocument(m *mapping, in *pb.Document) invoice.Document {
	return invoice.Document{
		Number:     in.GetNumber(),
		Kind:       fromEnum(m, "kind", documentKinds(), in.GetKind()),
		Total:      m.fromMoney("total", in.GetTotal()),
		Balance:    m.fromMoney("balance", in.GetBalance()),
		Date:       m.fromDate("date", in.GetDate()),
		DueDate:    m.fromDate("due_date", in.GetDueDate()),
		Booked:     in.GetBooked(),
		Cancelled:  in.GetCancelled(),
		References: fromReferences[invoice.Reference](m, in.GetReferences()),
		Partial:    in.GetPartial(),
		Rate:       m.fromDecimal("rate", in.GetRate()),
	}
}
