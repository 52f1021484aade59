package ports

import "context"

// Subscriptions has a provider send its messages to the hub, where a merchant need not
// enter the address by hand. A connector that has it is a CallbackReader too.
type Subscriptions interface {
	// EnsureSubscription has messages about the subjects sent to the URL. What is
	// registered for that very URL already is never doubled: one that is Known is kept
	// and brought up to date; any other, whose secret the hub cannot have, is replaced
	// where the provider tells its secret only once. It is a write: its recovery is
	// declared, and a later attempt looks for the URL first.
	EnsureSubscription(ctx context.Context, req SubscribeRequest) (Subscription, error)
	// CheckSubscription says whether messages are sent to the URL, and changes nothing.
	// That there is none is an answer and no error.
	CheckSubscription(ctx context.Context, req SubscriptionRequest) (SubscriptionState, error)
	// EnsureUnsubscribed ends whatever is registered for the URL or has the id; that
	// nothing is there is no error. Others, such as those of the merchant's shop, stay.
	EnsureUnsubscribed(ctx context.Context, req UnsubscribeRequest) (Unsubscribed, error)
}

// SubscribeRequest asks for messages.
type SubscribeRequest struct {
	Call
	// Attempt is 1 unless the outcome of an earlier attempt is open.
	Attempt int
	// URL is where messages go. Whoever knows it can send some: never log it.
	URL string
	// Subjects are those that flows want to know of. One for which the provider has no
	// event is left out.
	Subjects []Subject
	// Known is the id of the subscription whose credentials the hub has, empty if it has
	// none.
	Known string
}

// Subscription is what the provider will send.
type Subscription struct {
	// ID is the provider's, of 1 to 200 characters. A provider that registers each event
	// by itself is given ids joined to one.
	ID string
	// Granted are credentials that the provider has handed out, such as the secret of its
	// signatures, by the names in Callbacks.Granted: all of them, or none for one that
	// was Known. The hub keeps them sealed and gives them in later calls among the
	// connection's credentials.
	Granted map[string]string
	// Outcome is Found for one that was known.
	Outcome Outcome
	Usage   Usage
}

// SubscriptionRequest asks about a subscription.
type SubscriptionRequest struct {
	Call
	URL string
}

// SubscriptionState is what the provider says of a URL.
type SubscriptionState struct {
	// IDs are the subscriptions for the URL, as EnsureSubscription names them, whether
	// the provider serves them or not.
	IDs []string
	// Active says that messages are sent there.
	Active bool
	// Detail says why they are not, such as that the provider has given up.
	Detail string
	Usage  Usage
}

// UnsubscribeRequest asks for no more messages.
type UnsubscribeRequest struct {
	Call
	// Attempt is 1 unless the outcome of an earlier attempt is open.
	Attempt int
	URL     string
	// ID is empty if no attempt to subscribe has told one.
	ID string
}

// Unsubscribed says what ending a subscription has cost.
type Unsubscribed struct {
	Usage Usage
}

// MaxSubscriptionID is the most characters of the id of a subscription.
const MaxSubscriptionID = 200
