package ports

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
)

// Faults of the store.
const (
	// CodeNotFound: nothing has this id.
	CodeNotFound fault.Code = "store.not_found"
	// CodeExists: something with this key is already there.
	CodeExists fault.Code = "store.exists"
	// CodeReadOnly: a View tried to write.
	CodeReadOnly fault.Code = "store.read_only"
	// CodeInvalid: a request or a record that breaks a rule of the store, such as
	// a page of 0 items or a batch of more than MaxBatch.
	CodeInvalid fault.Code = "store.invalid"
	// CodeConflict: the state of the thing forbids the change, such as resolving an
	// exception twice.
	CodeConflict fault.Code = "store.conflict"
)

// MaxBatch is the most items that one call may write or ask for.
const MaxBatch = 5000

// Store keeps everything kvitt knows. All of it changes in units of work: what a
// function given to Update does is kept whole or not at all, together with the
// jobs it enqueued. The function may be run again from the start if the database
// asks for it, so it must have no other effect.
//
// A Tx must not be used after its function has returned, nor from another
// goroutine, and no remote call may be made while one is open. Units of work do
// not nest. Moments are kept to the microsecond.
type Store interface {
	Update(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
	// View runs fn on one consistent state. Writes fail with CodeReadOnly.
	View(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
}

// Tx is one unit of work. Getting something that is not there fails with
// CodeNotFound (fault.NotFound), and so does storing something that belongs to a
// thing that is not there. After such a fault the unit of work can go on.
type Tx interface {
	Merchants() MerchantStore
	Connections() ConnectionStore
	Flows() FlowStore
	Runs() RunStore
	Payouts() PayoutStore
	Lines() LineStore
	RawPages() RawPageStore
	Documents() DocumentStore
	Steps() StepStore
	Methods() MethodStore
	Orders() OrderStore
	Events() EventStore
	ShopOrders() ShopOrderStore
	Purchases() PurchaseStore
	Exceptions() ExceptionStore
	Cursors() CursorStore
	Lanes() LaneStore
	Consents() ConsentStore
	Callbacks() CallbackStore
	CallbackTokens() CallbackTokenStore
	Subscriptions() SubscriptionStore
	Access() AccessStore
	Audit() AuditStore
	Search() SearchStore
	Catalogue() CatalogueStore
	Impact() ImpactStore
	Backlogs() BacklogStore
	Jobs() JobQueue
}

// Page asks for a part of a list: at most Limit items (1–1000) after the one
// whose id is After, from the start if After is empty.
type Page struct {
	After string
	Limit int
}

// MerchantStore keeps merchants.
type MerchantStore interface {
	// Create fails with CodeExists if the id is taken.
	Create(ctx context.Context, m merchant.Merchant) error
	Get(ctx context.Context, id string) (merchant.Merchant, error)
	// List gives merchants by id.
	List(ctx context.Context, page Page) ([]merchant.Merchant, error)
}

// ConnectionRecord is a connection with what only the hub may see.
type ConnectionRecord struct {
	merchant.Connection
	// Credentials are sealed, see Secrets.
	Credentials []byte
	// Checks are the items of the last verification, and when it was.
	Checks     []Check
	VerifiedAt time.Time
	// Capabilities is what the last verification said of capabilities, each once.
	Capabilities []CapabilityRecord
}

// CapabilityRecord is what is known of a capability on one connection, and since when.
type CapabilityRecord struct {
	CapabilityCheck
	At time.Time
}

// Capability gives what is known of a capability on the connection.
func (c ConnectionRecord) Capability(capability Capability) CapabilityRecord {
	for _, known := range c.Capabilities {
		if known.Capability == capability {
			return known
		}
	}
	return CapabilityRecord{CapabilityCheck: CapabilityCheck{Capability: capability, State: CapabilityUnknown}}
}

// ConnectionStore keeps connections.
type ConnectionStore interface {
	// Create fails with CodeExists if the id is taken.
	Create(ctx context.Context, c ConnectionRecord) error
	// Save replaces all fields but the id and the merchant. It fails with
	// CodeExists if another connection of the merchant to the same connector has
	// the same, non-empty AccountID.
	Save(ctx context.Context, c ConnectionRecord) error
	Get(ctx context.Context, id string) (ConnectionRecord, error)
	// List gives the connections of a merchant by id.
	List(ctx context.Context, merchantID string, page Page) ([]ConnectionRecord, error)
}

// OpeningBalance is what stood on a clearing account of a flow when kvitt began, as a
// person said it.
type OpeningBalance struct {
	Account ledger.Account
	// PaidIn is the currency of the payouts that use the account.
	PaidIn money.Currency
	// Amount is in the currency of the books, debit positive: what the provider owed.
	Amount money.Amount
	// Date is the first day that kvitt looks after: the amount stood there when it began.
	Date civil.Date
	Note string
	By   string
	At   time.Time
}

// FlowStore keeps flows and every version of their settings.
type FlowStore interface {
	// Create stores the flow with settings version 1. It fails with CodeExists if
	// the id is taken or the merchant already has this kind between the same two
	// connections. LastTrigger is not stored: it is read from the flow's newest run.
	Create(ctx context.Context, f merchant.Flow, by string) error
	// SaveSettings stores the next version and returns its number.
	SaveSettings(ctx context.Context, id string, settings json.RawMessage, at time.Time, by string) (int, error)
	// SetEnabled switches the flow.
	SetEnabled(ctx context.Context, id string, enabled bool) error
	// SetMode replaces what the flow may write, and from when on it takes up what
	// happened.
	SetMode(ctx context.Context, id string, mode merchant.Mode, since time.Time) error
	// Schedule replaces when the flow runs by itself, and when it does so next.
	Schedule(ctx context.Context, id string, s merchant.Schedule, next time.Time) error
	// SetOpening keeps an opening balance in the place of the one of the same account.
	SetOpening(ctx context.Context, id string, o OpeningBalance) error
	// Openings gives the opening balances of a flow by account.
	Openings(ctx context.Context, id string) ([]OpeningBalance, error)
	// Due gives, by id, flows of all merchants whose next run is at or before a moment.
	Due(ctx context.Context, by time.Time, page Page) ([]merchant.Flow, error)
	Get(ctx context.Context, id string) (merchant.Flow, error)
	// Settings gives one version.
	Settings(ctx context.Context, id string, version int) (json.RawMessage, error)
	// List gives the flows of a merchant by id; an empty merchant means all.
	List(ctx context.Context, merchantID string, page Page) ([]merchant.Flow, error)
}

// RunState is how far a run has come.
type RunState string

// The states of a run.
const (
	RunRunning RunState = "running"
	RunDone    RunState = "done"
	// RunFailed: the run gave up; Fault says why. The work itself is not lost.
	RunFailed RunState = "failed"
)

// Run is a trigger and the report of what it brought about.
type Run struct {
	ID         string
	FlowID     string
	MerchantID string
	// Trigger is who or what started it: one of the triggers below, or a few words
	// about what a person decided.
	Trigger string
	State   RunState
	// Scope is nil if the run is about everything that is due.
	Scope      *RunScope
	StartedAt  time.Time
	FinishedAt time.Time
	Report     RunReport
	Fault      *FaultRecord
}

// RunScope says which payouts a run is about: those named, or those of a range of
// days, both inclusive and in the merchant's zone.
type RunScope struct {
	// Payouts are the provider's references.
	Payouts []string   `json:"payouts,omitempty"`
	From    civil.Date `json:"from,omitzero"`
	To      civil.Date `json:"to,omitzero"`
	// Trial lets the run write what it names whatever the mode of the flow.
	Trial bool `json:"trial,omitempty"`
}

// Names reports whether the run is about a payout, which the provider dates to a day.
func (s RunScope) Names(reference string, day civil.Date) bool {
	if len(s.Payouts) > 0 {
		return slices.Contains(s.Payouts, reference)
	}
	return !day.Before(s.From) && !s.To.Before(day)
}

// What starts runs.
const (
	TriggerAPI      = "api"
	TriggerSchedule = "schedule"
	// TriggerMadeUp: nobody was there when the schedule asked for a run, which is made
	// up for once, however many were missed.
	TriggerMadeUp = "made_up"
	// TriggerCallback: the provider has sent a message.
	TriggerCallback = "callback"
)

// RunReport counts what a run did.
type RunReport struct {
	PayoutsSeen int64
	PayoutsNew  int64
	// OrdersSeen counts what a shop told.
	OrdersSeen int64
	// Created and Found count documents in the accounting system by step kind.
	Created map[StepKind]int64
	Found   map[StepKind]int64
	// Calls and RateLimited count calls to remote APIs by connector id.
	Calls       map[string]int64
	RateLimited map[string]int64
}

// FaultRecord is a fault as it is kept and shown.
type FaultRecord struct {
	Code   fault.Code  `json:"code"`
	Class  fault.Class `json:"class"`
	Field  string      `json:"field,omitempty"`
	Reason string      `json:"reason"`
	Remedy string      `json:"remedy,omitempty"`
	At     time.Time   `json:"at"`
}

// Recorded gives a fault as it is kept, nil for none.
func Recorded(f *fault.Error, at time.Time) *FaultRecord {
	if f == nil {
		return nil
	}
	return &FaultRecord{Code: f.Code, Class: f.Class, Field: f.Field, Reason: f.Reason, Remedy: f.Remedy, At: at.UTC()}
}

// RunFilter narrows a list of runs; empty fields do not.
type RunFilter struct {
	FlowID  string
	State   RunState
	Trigger string
	// Waiting leaves only runs that go on and cannot now.
	Waiting bool
}

// RunStore keeps runs.
type RunStore interface {
	Create(ctx context.Context, r Run) error
	// Add adds the counts of delta to the report of a run.
	Add(ctx context.Context, id string, delta RunReport) error
	// Wait says why a run that goes on cannot now; nil says that it can again.
	Wait(ctx context.Context, id string, f *FaultRecord) error
	// Finish closes the run.
	Finish(ctx context.Context, id string, state RunState, at time.Time, f *FaultRecord) error
	Get(ctx context.Context, id string) (Run, error)
	// Current gives the oldest running run of a flow, or CodeNotFound.
	Current(ctx context.Context, flowID string) (Run, error)
	// Whole gives the oldest running run of a flow that has no scope, or CodeNotFound.
	Whole(ctx context.Context, flowID string) (Run, error)
	// List gives the runs of a merchant, newest first; Page.After is a run id.
	List(ctx context.Context, merchantID string, filter RunFilter, page Page) ([]Run, error)
}

// CursorStore keeps how far a stream of a connection has been read.
type CursorStore interface {
	// Get gives "" if the stream has never been read.
	Get(ctx context.Context, connectionID, stream string) (string, error)
	Set(ctx context.Context, connectionID, stream, value string) error
}

// Lane is the state of the one queue through which all calls of a remote account
// go. Epoch grows with every owner; Clean says that the owner before left in good
// order, so that its last calls need not be feared.
type Lane struct {
	Key   string
	Owner string
	Epoch int64
	Clean bool
}

// LaneStore keeps lanes.
type LaneStore interface {
	// Take makes owner the owner of the lane and returns it with the next epoch
	// and with Clean as the owner before left it (true for a new lane). The stored
	// state is not clean from then on.
	Take(ctx context.Context, key, owner string) (Lane, error)
	// Leave marks the lane as clean if owner and epoch are still the current ones.
	Leave(ctx context.Context, lane Lane) error
}

// Scope is what an API key may do.
type Scope string

// The scopes.
const (
	ScopeOperator Scope = "operator"
	ScopeSupport  Scope = "support"
	ScopeMerchant Scope = "merchant"
)

// APIKey lets a caller in. The key itself is never stored, only its SHA-256.
type APIKey struct {
	ID     string
	SHA256 string
	Label  string
	Scope  Scope
	// MerchantID limits a merchant key to one merchant.
	MerchantID string
	CreatedAt  time.Time
}

// Reply is the answer once given to a request with an Idempotency-Key.
type Reply struct {
	// Caller and Key identify the request; Fingerprint is a hash of its method,
	// path and body.
	Caller      string
	Key         string
	Fingerprint string
	Status      int
	Body        []byte
	At          time.Time
}

// AccessStore keeps API keys and replies.
type AccessStore interface {
	CreateKey(ctx context.Context, k APIKey) error
	KeyByHash(ctx context.Context, sha256 string) (APIKey, error)
	// SaveReply fails with CodeExists if caller and key have a reply already.
	SaveReply(ctx context.Context, r Reply) error
	ReplyTo(ctx context.Context, caller, key string) (Reply, error)
}

// AuditEntry says who did what to what, when and why.
type AuditEntry struct {
	ID         int64
	MerchantID string
	At         time.Time
	By         string
	Act        string
	Subject    string
	Detail     string
}

// AuditFilter narrows a list of audit entries; empty fields do not.
type AuditFilter struct {
	// MerchantID is empty for all merchants, and for what belongs to none.
	MerchantID string
	Subject    string
	Act        string
	// By is who it was as the entry has it, or the id of the API key alone.
	By string
	// From and To bound the moment; To itself is left out.
	From time.Time
	To   time.Time
}

// AuditStore keeps the audit log, which only grows.
type AuditStore interface {
	Append(ctx context.Context, e AuditEntry) error
	// List gives entries, newest first.
	List(ctx context.Context, filter AuditFilter, page Page) ([]AuditEntry, error)
}

// JobKind names a kind of background work.
type JobKind string

// The kinds of job.
const (
	// AdvanceFlow moves one flow on by a slice; Subject is the flow's id.
	AdvanceFlow JobKind = "flow.advance"
	// StartFlow starts the run of a flow that its schedule asks for, if it is due;
	// Subject is the flow's id.
	StartFlow JobKind = "flow.start"
	// FindDue looks for flows that are due and enqueues a StartFlow for each. It has no
	// subject.
	FindDue JobKind = "flow.find_due"
	// ReadCallbacks has the messages to a connection read; Subject is its id.
	ReadCallbacks JobKind = "callback.read"
	// KeepSubscription has the provider send messages to a connection, or no longer, as is
	// wanted; Subject is the connection's id.
	KeepSubscription JobKind = "subscription.keep"
	// PruneCallbacks forgets old messages. It has no subject.
	PruneCallbacks JobKind = "callback.prune"
)

// Job is background work. There is at most one live job of a kind and subject;
// enqueueing another while one waits or runs is not an error, and a job that runs
// when it is enqueued again runs once more afterwards.
type Job struct {
	Kind    JobKind
	Subject string
	// RunAt is the earliest moment, zero for now.
	RunAt time.Time
}

// JobQueue enqueues jobs as part of the unit of work.
type JobQueue interface {
	Enqueue(ctx context.Context, job Job) error
}
