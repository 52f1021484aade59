package ports

import (
	"context"
	"time"
)

// ConsentRequest is a way that was shown to a merchant to give consent.
type ConsentRequest struct {
	// State is the SHA-256, in lower-case hex, of what comes back with the answer.
	State        string
	ConnectionID string
	// Caller is the id of the API key that asked, By how the audit log names it.
	Caller string
	By     string
	// Verifier is the PKCE code verifier, sealed for the connection; nil without PKCE.
	Verifier  []byte
	ExpiresAt time.Time
	// UsedAt is when the answer came, zero before.
	UsedAt time.Time
}

// Grant holds the tokens that a consent has given for a connection.
type Grant struct {
	ConnectionID string
	// Trial: it is not known yet which account the merchant has opened.
	Trial bool
	// Tokens are sealed for the connection.
	Tokens []byte
	// Ended: the authorisation server takes the refresh token no more.
	Ended bool
	// Version is 0 for one that was never stored and grows with every change.
	Version int64
}

// ConsentStore keeps requests for consent and what they have brought. A
// connection has at most one grant that is used and one on trial.
type ConsentStore interface {
	// Ask stores a request and forgets those that expired before a moment.
	Ask(ctx context.Context, r ConsentRequest, forget time.Time) error
	// Use gives a request as it was and marks it as used, if it was not.
	Use(ctx context.Context, state string, at time.Time) (ConsentRequest, error)
	// Grant gives the grant of a connection.
	Grant(ctx context.Context, connectionID string, trial bool) (Grant, error)
	// SaveGrant replaces the version that is named and gives the next one. It fails
	// with CodeConflict if another one is stored.
	SaveGrant(ctx context.Context, g Grant) (int64, error)
	// Promote puts the grant on trial in the place of the one that is used, and
	// reports whether there was one.
	Promote(ctx context.Context, connectionID string) (bool, error)
	// DropGrant forgets a grant, if there is one.
	DropGrant(ctx context.Context, connectionID string, trial bool) error
}
