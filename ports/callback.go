package ports

import (
	"context"
	"time"
)

// CallbackReader says what a message that a provider has sent is about. A message is
// a hint that something has changed and never the truth about it: what it names is
// read anew from the provider.
type CallbackReader interface {
	// ReadCallback checks who has sent a message and names what it is about. It makes
	// no call to the remote system and keeps nothing; the same message gives the same
	// notices. A message that was not sent by the provider is a fault of class
	// fault.Auth, such as those of package sdk/callback; one that cannot be read is of
	// class fault.Validation. A message about things that are none of the subjects has
	// no notices.
	ReadCallback(ctx context.Context, req CallbackRequest) (CallbackReading, error)
}

// CallbackRequest is a message as it arrived.
type CallbackRequest struct {
	// Call carries the connection with its credentials as they were entered, but for
	// those that access tokens are bought with. Its grant is 0.
	Call
	// Method is GET or POST.
	Method string
	// Query is what stands behind the question mark, as it was sent.
	Query string
	// Headers are in canonical form ("X-Mollie-Signature"), without Authorization,
	// Proxy-Authorization and Cookie. In headers and query bytes that are not UTF-8
	// are replaced.
	Headers map[string][]string
	// Body is what was sent, byte for byte.
	Body []byte
	// ReceivedAt is when the hub has taken the message, which may be long before it is
	// read: the moment of a signature is compared with it.
	ReceivedAt time.Time
}

// CallbackReading is what a message says.
type CallbackReading struct {
	// Notices are at most 1000.
	Notices []Notice
}

// Notice names something that has changed.
type Notice struct {
	Subject Subject
	// ID is the provider's of the subject, of 1 to 200 characters: the reference of a
	// payout, the id of an order. It may be empty for the account.
	ID string
	// Order is the provider's id of the order to which a refund or a dispute belongs, of
	// at most 200 characters, empty if the message does not say.
	Order string
	// Event is the provider's id of this very message, by which one that is sent again
	// is known, of at most 200 characters. Without one, messages of the same bytes are
	// the same message. Of a provider that sends the same bytes for different changes it
	// is best made of the id and CallbackRequest.ReceivedAt.
	Event string
	// OccurredAt is when it happened, zero if the message does not say.
	OccurredAt time.Time
}

// Subject is what a notice is about.
type Subject string

// The closed set of subjects.
const (
	AboutOrder   Subject = "order"
	AboutPayout  Subject = "payout"
	AboutRefund  Subject = "refund"
	AboutDispute Subject = "dispute"
	AboutAccount Subject = "account"
)

// Subjects lists all subjects.
func Subjects() []Subject {
	return []Subject{AboutOrder, AboutPayout, AboutRefund, AboutDispute, AboutAccount}
}

// Callbacks declares how the hub receives messages: it answers before the connector
// has seen them, and while it is down.
type Callbacks struct {
	// Methods are those that the provider uses, "POST" and "GET".
	Methods []string `json:"methods"`
	// Status of the answer, 200 to 299.
	Status int `json:"status"`
	// MediaType and Body of the answer, empty for none; the body has at most
	// MaxAcknowledgement bytes.
	MediaType string `json:"media_type,omitempty"`
	Body      string `json:"body,omitempty"`
	// Granted names the credentials that a subscription brings, see Subscription. Among
	// them are none that a merchant enters for access.
	Granted []string `json:"granted,omitempty"`
}

// MaxAcknowledgement is the most bytes with which a message is answered.
const MaxAcknowledgement = 1024
