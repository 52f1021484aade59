package ports

import (
	"context"
	"strings"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

// DocumentSource reads invoices and credit invoices of an accounting system.
type DocumentSource interface {
	// ListDocuments gives documents of either kind. With an empty Since it gives
	// everything not yet fully paid, else everything changed at or after Since, in
	// whatever state. It may give a document more than once; the last one counts.
	ListDocuments(ctx context.Context, req ListDocumentsRequest) (DocumentPage, error)
	// FindDocuments gives the documents whose reference is Value, in whatever state.
	// Value is in upper case and without leading zeros or "#"; documents that write
	// it otherwise belong to the answer. It may give more than was asked for, as a
	// remote search for substrings does: the hub compares.
	FindDocuments(ctx context.Context, req FindDocumentsRequest) (DocumentPage, error)
}

// ListDocumentsRequest asks for a page of documents.
type ListDocumentsRequest struct {
	Call
	// Since is a watermark that the connector returned before, or empty.
	Since  string
	Cursor string
}

// FindDocumentsRequest asks for the documents that carry a reference.
type FindDocumentsRequest struct {
	Call
	Reference invoice.Reference
	Value     string
}

// DocumentPage is at most 1000 documents.
type DocumentPage struct {
	Documents []invoice.Document
	Raw       []RawPage
	Next      string
	// Watermark is what to pass as Since once the list has been read to its end.
	// It lies so far back that no change can be missed. Only the last page has it.
	Watermark string
	Usage     Usage
}

// Outcome says how an Ensure call found the remote system.
type Outcome string

// The outcomes of Ensure calls.
const (
	// Created: this call made the document.
	Created Outcome = "created"
	// Found: an earlier attempt had made it; nothing was made now.
	Found Outcome = "found"
)

// Write is what every Ensure request carries.
type Write struct {
	Call
	// Key identifies the intended document for ever and in every system. It holds
	// only letters, digits and the characters ":", "-" and ";", and no key is part of another.
	Key string
	// Attempt is 1 unless an earlier attempt's outcome is open. From 2 on the
	// connector must look for the document before it makes one.
	Attempt int
}

// InvoicePayments registers payments of invoices and credit invoices.
type InvoicePayments interface {
	// EnsurePayment makes the payment and books it, so that the balance of the
	// document falls. See Write for attempts; two candidates for one intent are a
	// fault of class fault.Duplicate, never a guess.
	EnsurePayment(ctx context.Context, req PaymentRequest) (PaymentResult, error)
}

// PaymentSource reads the payments of an invoice or a credit invoice. It belongs
// to the same capability as InvoicePayments.
type PaymentSource interface {
	// ListPayments gives the payments of one document, whoever made them.
	ListPayments(ctx context.Context, req ListPaymentsRequest) (PaymentList, error)
}

// ListPaymentsRequest asks for the payments of one document.
type ListPaymentsRequest struct {
	Call
	DocumentNumber string
}

// PaymentList is the payments of one document, oldest first, at most 100.
type PaymentList struct {
	Payments []RegisteredPayment
	Usage    Usage
}

// RegisteredPayment is a payment as the accounting system shows it.
type RegisteredPayment struct {
	Number string
	// Amount reached Account, in the currency of the books; positive on an invoice,
	// negative on a credit invoice.
	Amount  money.Amount
	Account ledger.Account
	Date    civil.Date
	Booked  bool
}

// PaymentRequest asks for one payment.
type PaymentRequest struct {
	Write
	Payment Payment
	// Known lists the payments of this document that kvitt itself has already
	// accounted for; the one looked for is none of them.
	Known []string
	// BalanceBefore is the document's balance when the intent was stored, in the
	// document's currency whatever that of the books. A payment of which nothing was
	// done leaves it as it is; one that was made lowers it by Amount and write-offs, or
	// by Exchange.Original if that is set.
	BalanceBefore money.Amount
}

// Payment is money moved against an invoice or a credit invoice.
type Payment struct {
	DocumentNumber string
	DocumentKind   invoice.Kind
	// Amount reaches Account, in the currency of the books; positive on an invoice,
	// negative on a credit invoice.
	Amount  money.Amount
	Account ledger.Account
	Date    civil.Date
	// WriteOffs close the rest, in the currency of the books; like Amount they carry
	// the document's sign.
	WriteOffs []WriteOff
	Text      string
	// Exchange is set if the document is in another currency than the books.
	Exchange *Exchange `json:",omitempty"`
}

// WriteOff moves a part of a document's balance to another account.
type WriteOff struct {
	Account ledger.Account
	Amount  money.Amount
	// Reason is the reason code that some accounting systems demand, or empty.
	Reason string
	Text   string
}

// PaymentResult names the payment.
type PaymentResult struct {
	Number  string
	Outcome Outcome
	Usage   Usage
}

// PaymentReleases takes booked payments back, so that their documents are open
// again and can be paid anew.
type PaymentReleases interface {
	// EnsureReleased takes back the effect of one payment on its document and on the
	// accounts. What is booked stays in the books: the entry that takes it back is a
	// new one (BFL 5 kap. 5 §). A payment that was never booked may be removed. One
	// that is gone already is released (Found). A system that cannot do it refuses
	// with a fault of class fault.Validation or fault.Conflict whose remedy says what
	// a person can do there. See Write for attempts.
	EnsureReleased(ctx context.Context, req ReleaseRequest) (ReleaseResult, error)
}

// ReleaseRequest asks to take back one payment.
type ReleaseRequest struct {
	Write
	DocumentNumber string
	DocumentKind   invoice.Kind
	// PaymentNumber is the payment as PaymentResult named it.
	PaymentNumber string
	// Date is the day of the entry that takes the payment back.
	Date civil.Date
	// Known lists the payments of this document that kvitt itself has already
	// accounted for; what takes this one back is none of them.
	Known []string
	// BalanceBefore is the document's balance when the intent was stored, in the
	// document's currency.
	BalanceBefore money.Amount
}

// ReleaseResult names what took the payment back, or the payment itself if it is
// merely gone.
type ReleaseResult struct {
	Number  string
	Outcome Outcome
	Usage   Usage
}

// Vouchers books vouchers.
type Vouchers interface {
	// EnsureVoucher books the voucher in a series and year. See Write for attempts.
	EnsureVoucher(ctx context.Context, req VoucherRequest) (VoucherResult, error)
}

// VoucherRequest asks for one voucher.
type VoucherRequest struct {
	Write
	Series  string
	Voucher ledger.Voucher
}

// VoucherNumber identifies a booked voucher.
type VoucherNumber struct {
	Series string
	Number string
	// Year is the accounting system's own id of the financial year.
	Year string
}

// String gives "K-12-3": series, number and year. ParseVoucherNumber reads it.
func (n VoucherNumber) String() string { return n.Series + "-" + n.Number + "-" + n.Year }

// ParseVoucherNumber reads the form of String; ok is false if s is not one.
func ParseVoucherNumber(s string) (n VoucherNumber, ok bool) {
	rest, year, ok := cutLast(s)
	if !ok {
		return VoucherNumber{}, false
	}
	series, number, ok := cutLast(rest)
	return VoucherNumber{Series: series, Number: number, Year: year}, ok
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '-')
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

// VoucherResult names the voucher.
type VoucherResult struct {
	Number  VoucherNumber
	Outcome Outcome
	Usage   Usage
}

// Attachments joins files to vouchers.
type Attachments interface {
	// EnsureAttachment uploads the file and joins it to the voucher. The file name
	// is unique to the file's content. See Write for attempts.
	EnsureAttachment(ctx context.Context, req AttachmentRequest) (AttachmentResult, error)
}

// AttachmentRequest asks to join one file to one voucher.
type AttachmentRequest struct {
	Write
	Voucher   VoucherNumber
	FileName  string
	MediaType string
	Content   []byte
}

// AttachmentResult names the file at the accounting system.
type AttachmentResult struct {
	ID      string
	Outcome Outcome
	Usage   Usage
}

// ChoiceKind is something that a merchant picks from the accounting system.
type ChoiceKind string

// The kinds of choice.
const (
	ChooseAccount       ChoiceKind = "accounts"
	ChooseVoucherSeries ChoiceKind = "voucher_series"
	ChooseModeOfPayment ChoiceKind = "modes_of_payment"
)

// Choices lists what a setting may be.
type Choices interface {
	ListChoices(ctx context.Context, req ChoicesRequest) (ChoicesPage, error)
}

// ChoicesRequest asks for a page of choices valid on a date.
type ChoicesRequest struct {
	Call
	Kind   ChoiceKind
	On     civil.Date
	Cursor string
}

// ChoicesPage is at most 1000 choices.
type ChoicesPage struct {
	Choices []Choice
	Next    string
	Usage   Usage
}

// Choice is one thing that may be picked.
type Choice struct {
	Value  string
	Label  string
	Active bool
}

// Books tells the state of the accounting system's ledger.
type Books interface {
	// Period says which financial year a date lies in and what is locked.
	Period(ctx context.Context, req PeriodRequest) (Period, error)
	// ExportBooks gives the year's ledger as a SIE 4 file, in pieces of at most
	// 1 MiB in order.
	ExportBooks(ctx context.Context, req ExportBooksRequest) (BooksPiece, error)
}

// PeriodRequest asks about a date.
type PeriodRequest struct {
	Call
	On civil.Date
}

// Period is the financial year of a date. Year is empty if there is none.
type Period struct {
	Year string
	From civil.Date
	To   civil.Date
	// LockedUntil is the last day that is closed for postings, or none.
	LockedUntil civil.Date
	Usage       Usage
}

// ExportBooksRequest asks for a piece of the ledger of the year of a date.
type ExportBooksRequest struct {
	Call
	On     civil.Date
	Cursor string
}

// BooksPiece is a part of a SIE 4 file, as bytes in its own character set.
type BooksPiece struct {
	Bytes []byte
	Next  string
	Usage Usage
}
