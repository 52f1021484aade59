package ports

import (
	"context"
	"encoding/json"
	"time"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// PayoutRecord is a payout with how far kvitt has come with it.
type PayoutRecord struct {
	ID           string
	FlowID       string
	MerchantID   string
	ConnectionID string
	payout.Payout
	State payout.State
	// Hold says why nothing is booked while the state is payout.Held.
	Hold *FaultRecord
	// Fingerprint is a hash of what the provider listed, so that the same id with
	// other content is noticed.
	Fingerprint string
	// LineCursor is where the reading of the rows goes on.
	LineCursor string
	// PlannedTo is the ordinal of the last line that has been matched.
	PlannedTo int64
	// Coverage is how many of its lines found a document when they were planned.
	Coverage matching.Share
	// Generation counts how often it was undone and booked anew.
	Generation int
	// ConnectorVersion and SettingsVersion made the plan.
	ConnectorVersion string
	SettingsVersion  int
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

// PayoutStore keeps payouts.
type PayoutStore interface {
	// Create fails with CodeExists if the connection has a payout of this reference.
	Create(ctx context.Context, p PayoutRecord) error
	// Save replaces all fields but the ids.
	Save(ctx context.Context, p PayoutRecord) error
	Get(ctx context.Context, id string) (PayoutRecord, error)
	ByReference(ctx context.Context, connectionID, reference string) (PayoutRecord, error)
	// List gives a merchant's payouts by date, then reference; Page.After is an id.
	List(ctx context.Context, merchantID string, page Page) ([]PayoutRecord, error)
	// Unfinished gives a flow's payouts that are not held, closed or undone, oldest
	// first by date, then reference; Page.After is an id.
	Unfinished(ctx context.Context, flowID string, page Page) ([]PayoutRecord, error)
	// Held gives those that are held, in the same order.
	Held(ctx context.Context, flowID string, page Page) ([]PayoutRecord, error)
	// Newest gives a flow's payouts in any state in the opposite order, the newest first.
	Newest(ctx context.Context, flowID string, page Page) ([]PayoutRecord, error)
}

// LineState is what has become of a line.
type LineState string

// The states of a line.
const (
	LinePending    LineState = "pending"     // not yet looked at
	LineMatched    LineState = "matched"     // tied to a document
	LineNoDocument LineState = "no_document" // needs none
	LineWaiting    LineState = "waiting"     // its document is not there yet
	LineException  LineState = "exception"   // a person must look
)

// LineRecord is a line with what has become of it.
type LineRecord struct {
	ID       int64
	PayoutID string
	// Ordinal counts the lines of a payout from 1 in the order received.
	Ordinal int64
	payout.Line
	State LineState
	// Document is the number of the document it is tied to, or empty.
	Document string
	// Decision says by which rule and after comparing what, as JSON.
	Decision json.RawMessage
	// WaitingSince is when it was first found without a document.
	WaitingSince time.Time
	// Direct says that by the payout's plan a payment brings the line to the bank
	// account, or writes it off if it is a fee, so that the voucher leaves it out.
	Direct bool
	// Corrections are what people said of its references, by reference. Get and List
	// alone give them.
	Corrections []LineCorrection
}

// LineCorrection is what a person said that a reference of a line should have been.
// The line itself stays as the provider sent it.
type LineCorrection struct {
	LineID    int64
	Reference payout.Reference
	Value     string
	By        string
	At        time.Time
}

// LineDecision changes what has become of one line.
type LineDecision struct {
	LineID       int64
	State        LineState
	Document     string
	Decision     json.RawMessage
	WaitingSince time.Time
}

// LineSum is the sum of a payout's lines that are booked alike.
type LineSum struct {
	Kind    payout.Kind
	RawType string
	// Settled tells lines that are matched to a document from those that are not.
	Settled bool
	// Direct tells lines that the payout's voucher leaves out (LineRecord.Direct).
	Direct   bool
	Lines    int64
	Gross    money.Amount
	FeeExVAT money.Amount
	FeeVAT   money.Amount
	// FeeVATLocal is the sum of payout.Line.FeeVATLocal. Lines that do not state it, or
	// in another currency, stand in another sum.
	FeeVATLocal money.Amount
}

// LineFilter narrows a list of lines; empty fields do not.
type LineFilter struct {
	State LineState
	Kind  payout.Kind
}

// LineStore keeps lines.
type LineStore interface {
	// Append stores lines after those already there. Lines whose key the payout
	// already has are skipped if equal; it returns how many were new and how many
	// were skipped. A known key with other content fails with
	// payout.CodeContentChanged; where a line was read from (Raw) is not content,
	// the first place is kept. At most MaxBatch lines.
	Append(ctx context.Context, payoutID string, lines []payout.Line) (added, known int, err error)
	// Clear removes all lines of a payout whose plan was never made; it fails with
	// CodeConflict if the payout has steps.
	Clear(ctx context.Context, payoutID string) error
	// After gives up to limit lines in the given states (all if none) with an
	// ordinal above after, by ordinal.
	After(ctx context.Context, payoutID string, after int64, limit int, states ...LineState) ([]LineRecord, error)
	Get(ctx context.Context, id int64) (LineRecord, error)
	// ByKeys gives the lines of a payout that have any of the keys, by key. It reads
	// the whole payout. At most MaxBatch keys.
	ByKeys(ctx context.Context, payoutID string, keys []string) (map[string]LineRecord, error)
	// List is for people: lines by ordinal; after is an ordinal.
	List(ctx context.Context, payoutID string, filter LineFilter, after int64, limit int) ([]LineRecord, error)
	Decide(ctx context.Context, decisions []LineDecision) error
	// Correct keeps corrections beside their lines, each in place of the one before
	// it of the same reference. Reset leaves them, Clear does not. At most MaxBatch.
	Correct(ctx context.Context, corrections []LineCorrection) error
	// Corrections gives those of the lines that have any, by reference.
	Corrections(ctx context.Context, lineIDs []int64) (map[int64][]LineCorrection, error)
	// MarkDirect marks lines, and the fee lines of their groups, as direct
	// (LineRecord.Direct). Only Reset takes the mark away, so that what was planned
	// can be added up later, whatever has become of the lines. At most MaxBatch lines.
	MarkDirect(ctx context.Context, lineIDs []int64) error
	// Reset takes the lines of a payout back to pending, as if nobody had looked at
	// them; the marks of MarkDirect go as well.
	Reset(ctx context.Context, payoutID string) error
	// Sums adds up the lines by kind, raw type, whether they are settled and whether
	// they are direct, in a stable order. Lines whose gross is negative, and lines
	// whose fee is, are summed apart from the others, so that no two amounts cancel
	// out of sight.
	Sums(ctx context.Context, payoutID string) ([]LineSum, error)
	// States counts the lines by state.
	States(ctx context.Context, payoutID string) (map[LineState]int64, error)
	// GroupFees gives the sums, as Sums makes them, of the fee lines in each of the
	// groups that has any.
	GroupFees(ctx context.Context, payoutID string, groups []string) (map[string][]LineSum, error)
}

// RawPageStore keeps the pages of settlements as they were received.
type RawPageStore interface {
	// Put stores a page once; the same bytes again are no error.
	Put(ctx context.Context, connectionID string, page RawPage, at time.Time) error
	Get(ctx context.Context, connectionID, sha256 string) (RawPage, error)
}

// CodeClaimed: less is open on a document than is to be claimed, because another
// flow has planned something against it meanwhile.
const CodeClaimed fault.Code = "document.claimed"

// DocumentKey is a text by which documents are looked up. Value is normalised by
// the matching rules, as are the stored ones.
type DocumentKey struct {
	Reference invoice.Reference
	Value     string
}

// DocumentRecord is a document of the mirror with kvitt's own claims on it.
type DocumentRecord struct {
	invoice.Document
	// Claimed is planned by kvitt but not yet done; Paid is done by kvitt. Both
	// carry the sign of the document's total.
	Claimed money.Amount
	Paid    money.Amount
}

// DocumentStore mirrors the documents of an accounting system. Balance is what the
// system showed last, less what kvitt has paid since.
type DocumentStore interface {
	// Upsert stores documents as the system shows them now, with their keys as
	// normalise gives them. Claims and payments are kept. At most MaxBatch documents.
	Upsert(ctx context.Context, connectionID string, docs []invoice.Document, normalise func(string) string) error
	Get(ctx context.Context, connectionID, number string) (DocumentRecord, error)
	// ByKeys gives the documents that carry any of the keys, by number.
	ByKeys(ctx context.Context, connectionID string, keys []DocumentKey) ([]DocumentRecord, error)
	// Near gives, by number, up to limit documents dated from From to To whose
	// balance is one of the amounts given.
	Near(ctx context.Context, connectionID string, query NearQuery, limit int) ([]DocumentRecord, error)
	// Claim adds to what is planned against each document. It fails with CodeClaimed
	// (fault.Temporary) if more would be planned than the balance, so that whoever
	// decided by what was open before reads it again. Giving back always works.
	Claim(ctx context.Context, connectionID string, claims []Claim) error
	// Settle moves a claim to paid and takes it off the balance.
	Settle(ctx context.Context, connectionID string, claim Claim) error
	// Release takes back what Settle did once the payment itself was taken back: the
	// amount is off paid and on the balance again. Amount has the sign of the document.
	Release(ctx context.Context, connectionID string, claim Claim) error
	// Searched tells which of the keys were searched for at or after since.
	Searched(ctx context.Context, connectionID string, keys []DocumentKey, since time.Time) (map[DocumentKey]bool, error)
	MarkSearched(ctx context.Context, connectionID string, keys []DocumentKey, at time.Time) error
}

// NearQuery asks for documents by what they are rather than by a reference.
type NearQuery struct {
	// Balances carry the sign of the document's total and are of one currency.
	Balances []money.Amount
	From, To civil.Date
}

// Claim is an amount planned against a document, with its total's sign; a
// negative claim on an invoice gives back what was planned.
type Claim struct {
	Number string
	Amount money.Amount
}

// StepKind is what a step makes in the accounting system.
type StepKind string

// The kinds of step.
const (
	StepVoucher    StepKind = "voucher"
	StepAttachment StepKind = "attachment"
	StepPayment    StepKind = "invoice_payment"
	// StepCorrection is a voucher that moves a payment made by hand or an amount from
	// the suspense account, or that reverses another (Step.Reverses).
	StepCorrection StepKind = "correction_voucher"
	// StepRelease takes a payment back; Reverses is the step that made it.
	StepRelease StepKind = "payment_release"
	// StepOrder, StepInvoice and StepCredit make an order and the drafts of an invoice
	// and of a credit invoice. StepBooking books a draft, StepCancel cancels one.
	StepOrder   StepKind = "order"
	StepInvoice StepKind = "invoice"
	StepCredit  StepKind = "credit_invoice"
	StepBooking StepKind = "invoice_booking"
	StepCancel  StepKind = "invoice_cancellation"
	// StepOrderCancel cancels an order of which no invoice was made.
	StepOrderCancel StepKind = "order_cancellation"
)

// StepState is how far a step has come.
type StepState string

// The states of a step.
const (
	StepPlanned StepState = "planned"
	// StepOpen: the intent is stored; the document may or may not exist.
	StepOpen StepState = "open"
	StepDone StepState = "done"
	// StepParked: a person must look; the exception says why.
	StepParked StepState = "parked"
	// StepDropped: will never be made, because nothing was.
	StepDropped StepState = "dropped"
)

// Step is one planned write, and once done the link between its source and the
// document in the accounting system.
type Step struct {
	ID int64
	// PayoutID is the payout it belongs to. A step that belongs to none, such as the
	// voucher of a shop's events, names its flow instead: one of the two is set.
	PayoutID string
	FlowID   string
	// LineID is the line it settles, 0 if it stands for the whole payout.
	LineID int64
	Kind   StepKind
	// Key is unique for ever and identifies the document in the other system.
	Key   string
	State StepState
	// Content is what to write, as JSON; frozen when planned.
	Content json.RawMessage
	// Document is the invoice or credit invoice it pays, or empty.
	Document string
	Amount   money.Amount
	// Reverses is the key of the step whose voucher or payment this one undoes, or
	// empty.
	Reverses string
	// Registration is the place of a voucher in kvitt's own sequence of the
	// merchant's vouchers, which the store makes: 1, 2, 3 without a gap, whatever the
	// accounting system numbers (BFNAR 2013:2 2.3). It is 0 for other kinds.
	Registration int64
	// Intent is what was known when the step was opened, as JSON.
	Intent  json.RawMessage
	Attempt int
	// Number and Outcome name the result.
	Number  string
	Outcome Outcome
	// Result is what the accounting system showed of the document, as JSON, or nil.
	Result json.RawMessage
	// RunID, ConnectorVersion and SettingsVersion made it.
	RunID            string
	ConnectorVersion string
	SettingsVersion  int
	// ReleasedAt and ReleasedBy say who let it be written in a flow in which that is
	// asked for; nobody has yet if they are not set. StepStore.Release sets them.
	ReleasedAt time.Time
	ReleasedBy string
	OpenedAt   time.Time
	ClosedAt   time.Time
	Fault      *FaultRecord
}

// Unwritten reports whether it is certain that the step's document is not in the
// accounting system: nobody has tried to make it, it was given up, or it was
// refused with a fault that proves that nothing happened.
func (s Step) Unwritten() bool {
	switch s.State {
	case StepPlanned, StepDropped:
		return true
	case StepParked:
		return s.Fault != nil && (s.Fault.Class == fault.Validation || s.Fault.Class == fault.Conflict || s.Fault.Class == fault.NotFound)
	case StepOpen, StepDone:
	}
	return false
}

// StepStore keeps steps in the order in which they were planned.
type StepStore interface {
	// Plan stores new steps; a known key is skipped. At most MaxBatch steps.
	Plan(ctx context.Context, steps []Step) error
	// Save replaces the changing fields: state, intent, attempt, number, outcome,
	// result, run, connector version, moments and fault.
	Save(ctx context.Context, s Step) error
	// Release lets steps be written. One that was released before keeps who did that.
	// At most MaxBatch.
	Release(ctx context.Context, ids []int64, at time.Time, by string) error
	// Unreleased gives up to limit planned or open steps of a flow and of its payouts
	// that nobody has released, by id, above after.
	Unreleased(ctx context.Context, flowID string, after int64, limit int) ([]Step, error)
	Get(ctx context.Context, id int64) (Step, error)
	ByKey(ctx context.Context, key string) (Step, error)
	// Reversing gives the step that undoes the step of a key, unless it was dropped.
	Reversing(ctx context.Context, key string) (Step, error)
	// Pending gives up to limit planned or open steps of a payout by id, above after.
	Pending(ctx context.Context, payoutID string, after int64, limit int) ([]Step, error)
	// List gives the steps of a payout by id, above after.
	List(ctx context.Context, payoutID string, after int64, limit int) ([]Step, error)
	// PendingOfFlow and ListOfFlow are the same for steps of a flow that belong to
	// no payout.
	PendingOfFlow(ctx context.Context, flowID string, after int64, limit int) ([]Step, error)
	ListOfFlow(ctx context.Context, flowID string, after int64, limit int) ([]Step, error)
	// OfDocument gives the steps that concern a document of a connection.
	OfDocument(ctx context.Context, connectionID, number string) ([]Step, error)
	// ByNumber gives a merchant's steps whose number, or whose document, is the given
	// number of the accounting system, by id; Page.After is an id.
	ByNumber(ctx context.Context, merchantID, number string, page Page) ([]Step, error)
	// Counts gives the number of steps of a payout by state.
	Counts(ctx context.Context, payoutID string) (map[StepState]int64, error)
}
