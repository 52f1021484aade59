package wire

import (
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

func treatments() map[tax.Treatment]pb.Treatment {
	return map[tax.Treatment]pb.Treatment{
		tax.Domestic:   pb.Treatment_TREATMENT_DOMESTIC,
		tax.OSS:        pb.Treatment_TREATMENT_OSS,
		tax.EUBusiness: pb.Treatment_TREATMENT_EU_BUSINESS,
		tax.Export:     pb.Treatment_TREATMENT_EXPORT,
		tax.Registered: pb.Treatment_TREATMENT_REGISTERED_ABROAD,
	}
}

func toInvoiceRequest(m *mapping, r ports.InvoiceRequest) *pb.EnsureInvoiceRequest {
	return &pb.EnsureInvoiceRequest{
		Call: toCall(m, r.Call), Key: r.Key, Attempt: m.toInt32("attempt", r.Attempt), Draft: toDraft(m, r.Draft), Order: r.Order,
	}
}

func fromInvoiceRequest(m *mapping, in *pb.EnsureInvoiceRequest) ports.InvoiceRequest {
	return ports.InvoiceRequest{Write: fromWrite(m, in), Draft: fromDraft(m, in.GetDraft()), Order: in.GetOrder()}
}

func toCreditRequest(m *mapping, r ports.CreditRequest) *pb.EnsureCreditRequest {
	return &pb.EnsureCreditRequest{
		Call: toCall(m, r.Call), Key: r.Key, Attempt: m.toInt32("attempt", r.Attempt), Draft: toDraft(m, r.Draft),
		Original: r.Original, Linked: r.Linked,
	}
}

func fromCreditRequest(m *mapping, in *pb.EnsureCreditRequest) ports.CreditRequest {
	return ports.CreditRequest{
		Write: fromWrite(m, in), Draft: fromDraft(m, in.GetDraft()), Original: in.GetOriginal(), Linked: in.GetLinked(),
	}
}

func toBookedRequest(m *mapping, r ports.DocumentRequest) *pb.EnsureBookedRequest {
	return &pb.EnsureBookedRequest{
		Call: toCall(m, r.Call), Key: r.Key, Attempt: m.toInt32("attempt", r.Attempt), Number: r.Number,
		Kind: toEnum(m, "kind", documentKinds(), r.Kind), Date: r.Date.String(),
	}
}

func toCancelledRequest(m *mapping, r ports.DocumentRequest) *pb.EnsureCancelledRequest {
	return &pb.EnsureCancelledRequest{
		Call: toCall(m, r.Call), Key: r.Key, Attempt: m.toInt32("attempt", r.Attempt), Number: r.Number,
		Kind: toEnum(m, "kind", documentKinds(), r.Kind), Date: r.Date.String(),
	}
}

// documentRequest is what the requests to book and to cancel a document share.
type documentRequest interface {
	writeRequest
	GetNumber() string
	GetKind() pb.DocumentKind
	GetDate() string
}

func fromDocumentRequest[R documentRequest](m *mapping, in R) ports.DocumentRequest {
	return ports.DocumentRequest{
		Write: fromWrite(m, in), Number: in.GetNumber(), Kind: fromEnum(m, "kind", documentKinds(), in.GetKind()),
		Date: optionalDate(m, "date", in.GetDate()),
	}
}

func toReadInvoiceRequest(m *mapping, r ports.ReadInvoiceRequest) *pb.ReadInvoiceRequest {
	return &pb.ReadInvoiceRequest{Call: toCall(m, r.Call), Number: r.Number, Kind: toEnum(m, "kind", documentKinds(), r.Kind)}
}

func fromReadInvoiceRequest(m *mapping, in *pb.ReadInvoiceRequest) ports.ReadInvoiceRequest {
	return ports.ReadInvoiceRequest{
		Call: fromCall(m, in.GetCall()), Number: in.GetNumber(), Kind: fromEnum(m, "kind", documentKinds(), in.GetKind()),
	}
}

func toMadeInvoice(m *mapping, r ports.InvoiceResult) *pb.EnsureInvoiceResponse {
	return &pb.EnsureInvoiceResponse{Invoice: toWritten(m, r.Invoice), Outcome: toOutcome(m, r.Outcome), Usage: toUsage(m, r.Usage)}
}

func toMadeCredit(m *mapping, r ports.InvoiceResult) *pb.EnsureCreditResponse {
	return &pb.EnsureCreditResponse{Invoice: toWritten(m, r.Invoice), Outcome: toOutcome(m, r.Outcome), Usage: toUsage(m, r.Usage)}
}

func toBooked(m *mapping, r ports.InvoiceResult) *pb.EnsureBookedResponse {
	return &pb.EnsureBookedResponse{Invoice: toWritten(m, r.Invoice), Outcome: toOutcome(m, r.Outcome), Usage: toUsage(m, r.Usage)}
}

func toCancelled(m *mapping, r ports.InvoiceResult) *pb.EnsureCancelledResponse {
	return &pb.EnsureCancelledResponse{Invoice: toWritten(m, r.Invoice), Outcome: toOutcome(m, r.Outcome), Usage: toUsage(m, r.Usage)}
}

func toReadInvoice(m *mapping, r ports.InvoiceReading) *pb.ReadInvoiceResponse {
	return &pb.ReadInvoiceResponse{Invoice: toWritten(m, r.Invoice), Usage: toUsage(m, r.Usage)}
}

// writtenResponse is what the answers of the writes of invoices share.
type writtenResponse interface {
	GetInvoice() *pb.WrittenInvoice
	GetOutcome() pb.Outcome
	GetUsage() *pb.Usage
}

func fromWritten[R writtenResponse](m *mapping, in R) ports.InvoiceResult {
	return ports.InvoiceResult{
		Invoice: fromWrittenInvoice(m, in.GetInvoice()), Outcome: fromOutcome(m, in.GetOutcome()), Usage: fromUsage(m, in.GetUsage()),
	}
}

func fromReadInvoice(m *mapping, in *pb.ReadInvoiceResponse) ports.InvoiceReading {
	return ports.InvoiceReading{Invoice: fromWrittenInvoice(m, in.GetInvoice()), Usage: fromUsage(m, in.GetUsage())}
}

func toWritten(m *mapping, w invoice.Written) *pb.WrittenInvoice {
	return &pb.WrittenInvoice{
		Document: toDocument(m, w.Document), Rows: each(m, "invoice.rows", w.Rows, toDraftRow), RoundOff: m.toMoney(w.RoundOff),
		Credits: w.Credits, CreditedBy: w.CreditedBy,
	}
}

func fromWrittenInvoice(m *mapping, in *pb.WrittenInvoice) invoice.Written {
	return invoice.Written{
		Document: fromDocument(m, in.GetDocument()), Rows: each(m, "invoice.rows", in.GetRows(), fromDraftRow),
		RoundOff: m.fromMoney("invoice.round_off", in.GetRoundOff()), Credits: in.GetCredits(), CreditedBy: in.GetCreditedBy(),
	}
}

func toDraft(m *mapping, d invoice.Draft) *pb.Draft {
	return &pb.Draft{
		Date: d.Date.String(), Due: d.Due.String(), Currency: string(d.Currency), Customer: toCustomer(m, d.Customer),
		References: toReferences(d.References), Rows: each(m, "draft.rows", d.Rows, toDraftRow), Note: d.Note,
	}
}

func fromDraft(m *mapping, in *pb.Draft) invoice.Draft {
	return invoice.Draft{
		Date: m.fromDate("draft.date", in.GetDate()), Due: optionalDate(m, "draft.due", in.GetDue()),
		Currency: m.fromCurrency("draft.currency", in.GetCurrency()), Customer: fromCustomer(m, in.GetCustomer()),
		References: fromReferences[invoice.Reference](m, in.GetReferences()),
		Rows:       each(m, "draft.rows", in.GetRows(), fromDraftRow), Note: in.GetNote(),
	}
}

func toDraftRow(m *mapping, r invoice.Row) *pb.DraftRow {
	return &pb.DraftRow{Row: toSaleRow(m, r.Row), Account: string(r.Account)}
}

func fromDraftRow(m *mapping, in *pb.DraftRow) invoice.Row {
	return invoice.Row{Row: fromSaleRow(m, in.GetRow()), Account: ledger.Account(in.GetAccount())}
}

func toCustomer(m *mapping, c invoice.Customer) *pb.Customer {
	return &pb.Customer{
		Buyer: toBuyer(c.Buyer), Treatment: toEnum(m, "draft.customer.treatment", treatments(), c.Market.Treatment),
		Country: c.Market.Country,
	}
}

func fromCustomer(m *mapping, in *pb.Customer) invoice.Customer {
	return invoice.Customer{
		Buyer: fromBuyer(in.GetBuyer()),
		Market: tax.Market{
			Treatment: fromEnum(m, "draft.customer.treatment", treatments(), in.GetTreatment()), Country: in.GetCountry(),
		},
	}
}

func toOrderRequest(m *mapping, r ports.OrderRequest) *pb.EnsureOrderRequest {
	return &pb.EnsureOrderRequest{
		Call: toCall(m, r.Call), Key: r.Key, Attempt: m.toInt32("attempt", r.Attempt), Draft: toDraft(m, r.Draft),
	}
}

func fromOrderRequest(m *mapping, in *pb.EnsureOrderRequest) ports.OrderRequest {
	return ports.OrderRequest{Write: fromWrite(m, in), Draft: fromDraft(m, in.GetDraft())}
}

func toCancelOrderRequest(m *mapping, r ports.CancelOrderRequest) *pb.EnsureOrderCancelledRequest {
	return &pb.EnsureOrderCancelledRequest{
		Call: toCall(m, r.Call), Key: r.Key, Attempt: m.toInt32("attempt", r.Attempt), Number: r.Number,
	}
}

func fromCancelOrderRequest(m *mapping, in *pb.EnsureOrderCancelledRequest) ports.CancelOrderRequest {
	return ports.CancelOrderRequest{Write: fromWrite(m, in), Number: in.GetNumber()}
}

func toMadeOrder(m *mapping, r ports.OrderResult) *pb.EnsureOrderResponse {
	return &pb.EnsureOrderResponse{
		Number: r.Number, Invoice: r.Invoice, Cancelled: r.Cancelled, Outcome: toOutcome(m, r.Outcome), Usage: toUsage(m, r.Usage),
	}
}

func toCancelledOrder(m *mapping, r ports.OrderResult) *pb.EnsureOrderCancelledResponse {
	return &pb.EnsureOrderCancelledResponse{
		Number: r.Number, Invoice: r.Invoice, Cancelled: r.Cancelled, Outcome: toOutcome(m, r.Outcome), Usage: toUsage(m, r.Usage),
	}
}

// orderResponse is what the answers of the writes of orders share.
type orderResponse interface {
	GetNumber() string
	GetInvoice() string
	GetCancelled() bool
	GetOutcome() pb.Outcome
	GetUsage() *pb.Usage
}

func fromOrderResult[R orderResponse](m *mapping, in R) ports.OrderResult {
	return ports.OrderResult{
		Number: in.GetNumber(), Invoice: in.GetInvoice(), Cancelled: in.GetCancelled(),
		Outcome: fromOutcome(m, in.GetOutcome()), Usage: fromUsage(m, in.GetUsage()),
	}
}

// optionalDate reads a date that may be left out.
func optionalDate(m *mapping, field, in string) (d civil.Date) {
	if in == "" {
		return d
	}
	return m.fromDate(field, in)
}
