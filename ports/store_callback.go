package ports

import (
	"context"
	"time"
)

// CallbackState is what has become of a message that a provider has sent.
type CallbackState string

// The states of a message.
const (
	// CallbackReceived: it is kept, and the connector has not read it yet.
	CallbackReceived CallbackState = "received"
	// CallbackRead: its notices are known.
	CallbackRead CallbackState = "read"
	// CallbackRefused: the provider has not sent it, says the connector.
	CallbackRefused CallbackState = "refused"
	// CallbackUnreadable: the connector cannot read it.
	CallbackUnreadable CallbackState = "unreadable"
)

// CallbackRecord is a message as it arrived, and what has become of it.
type CallbackRecord struct {
	ID           string
	ConnectionID string
	// MerchantID is that of the connection. The store alone sets it.
	MerchantID string
	Method     string
	Query      string
	Headers    map[string][]string
	Body       []byte
	ReceivedAt time.Time
	CallbackFate
}

// CallbackFate is what has become of a message.
type CallbackFate struct {
	State CallbackState
	// Attempts counts readings that failed through the message itself.
	Attempts int
	// Fault says why it was refused, why it cannot be read, or why it is not read yet.
	Fault *FaultRecord
	// ReadAt is when it left the state received.
	ReadAt  time.Time
	Notices []NoticeRecord
}

// NoticeOutcome is what a notice has brought about.
type NoticeOutcome string

// The outcomes of a notice.
const (
	// NoticeWoke: what it concerns looks at the provider again.
	NoticeWoke NoticeOutcome = "woke"
	// NoticeRepeated: an earlier message has told it.
	NoticeRepeated NoticeOutcome = "repeated"
	// NoticeKept: nothing wants to know it.
	NoticeKept NoticeOutcome = "kept"
)

// NoticeRecord is a notice with what it has brought about.
type NoticeRecord struct {
	Notice
	// Key is the same for a notice that is told again on the same connection.
	Key     string
	Outcome NoticeOutcome
	// Detail says what was woken, or why nothing was.
	Detail string
}

// CallbackStore keeps messages.
type CallbackStore interface {
	// Create stores a message in state received. It fails with CodeExists if the id is
	// taken.
	Create(ctx context.Context, c CallbackRecord) error
	Get(ctx context.Context, id string) (CallbackRecord, error)
	// List gives the messages to a connection, newest first; Page.After is an id. An
	// empty state means all. Bodies, headers and queries are left out.
	List(ctx context.Context, connectionID string, state CallbackState, page Page) ([]CallbackRecord, error)
	// Waiting gives the messages to a connection in state received, oldest first.
	Waiting(ctx context.Context, connectionID string, limit int) ([]CallbackRecord, error)
	// Settle replaces what has become of a message.
	Settle(ctx context.Context, id string, fate CallbackFate) error
	// Woke reports whether a notice of that key to the connection has woken something.
	Woke(ctx context.Context, connectionID, key string) (bool, error)
	// Prune forgets messages that were received before a moment, at most so many, but
	// for those in state received, and gives their number.
	Prune(ctx context.Context, before time.Time, limit int) (int, error)
}

// CallbackToken opens the address at which the messages to a connection arrive.
type CallbackToken struct {
	// SHA256 of the token, in lower-case hex.
	SHA256       string
	ConnectionID string
	CreatedAt    time.Time
	// ExpiresAt is zero for the newest one.
	ExpiresAt time.Time
	// Declared is how the connector wanted messages answered when the token was made.
	Declared Callbacks
}

// CallbackTokenStore keeps the tokens of addresses. A connection has at most one that
// does not expire.
type CallbackTokenStore interface {
	// Issue stores a token; the one that it replaces expires at a moment. It forgets
	// those that have expired before the new one was made.
	Issue(ctx context.Context, t CallbackToken, replaced time.Time) error
	// Valid gives the tokens of a connection that have not expired, newest first. A
	// connection that is not there has none.
	Valid(ctx context.Context, connectionID string, at time.Time) ([]CallbackToken, error)
	// Revoke forgets the tokens that were replaced and gives their number.
	Revoke(ctx context.Context, connectionID string) (int, error)
}
