// Package onboarding is how a merchant gets from nothing to a flow that runs:
// merchants, connections and their checks, flows and their settings, and the
// list of what is left before the flow may be switched on.
package onboarding

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/kvitt/kvitt/core/flow/consent"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/ports"
)

// SchemaValidator checks a document against a JSON Schema.
type SchemaValidator interface {
	// Validate fails with a *fault.Error of class fault.Validation that names the
	// field and the reason, and never repeats a value.
	Validate(schema, document json.RawMessage) error
}

// Catalogue lists the installed connectors, also those that are down now.
type Catalogue interface {
	Status() []ports.ConnectorStatus
	// Serving gives a connector as it serves one connection, see ports.Catalogue.
	Serving(id, connectionID string) (ports.Connector, error)
}

// Remote opens the remote account of a connection, see remote.Desk.
type Remote interface {
	Open(ctx context.Context, connectionID string) (*remote.Account, error)
}

// Tokens forgets the token of a connection whose credentials have changed.
type Tokens interface {
	Forget(connectionID, token string)
}

// Consents asks merchants for consent and keeps what they give, see consent.Keeper.
type Consents interface {
	Ask(ctx context.Context, record ports.ConnectionRecord, description ports.Description, caller consent.Caller) (consent.Link, error)
	Take(ctx context.Context, answer consent.Answer, describe func(connector string) (ports.Description, error)) (consent.Answered, error)
	DropTrial(ctx context.Context, connectionID string) error
	Reload(connectionID string)
	End(ctx context.Context, record ports.ConnectionRecord, declared *ports.OAuth, wipe func(revoked string) error) error
}

// Subscriptions keeps what providers are asked to send, see subscription.Service.
type Subscriptions interface {
	// Check gives an item of a verification, nil for none.
	Check(ctx context.Context, connectionID string) (*ports.Check, error)
	// End has the provider send nothing more, and says what stays there.
	End(ctx context.Context, connectionID string) (stays string, err error)
}

// Parts are what the use cases are made of. All are required.
type Parts struct {
	Store     ports.Store
	Catalogue Catalogue
	Remote    Remote
	Secrets   ports.Secrets
	Tokens    Tokens
	Consents  Consents
	// Subscriptions are checked with their connections and end with them.
	Subscriptions Subscriptions
	Schemas       SchemaValidator
	// Clock says when things happen to merchants.
	Clock ports.BusinessClock
	// Now is machine time, in which API keys live.
	Now func() time.Time
	// Random gives unpredictable bytes for ids and keys.
	Random io.Reader
}

// Service holds the use cases. It is safe for concurrent use.
type Service struct{ parts Parts }

// New makes the service.
func New(parts Parts) *Service { return &Service{parts: parts} }

// now is the moment that is kept with what is made.
func (s *Service) now() time.Time { return s.parts.Clock.Now().UTC() }

// identity gives the id that the caller wants, or else a new one.
func (s *Service) identity(wanted, prefix string) (string, error) {
	if wanted != "" {
		return wanted, nil
	}
	return s.newID(prefix)
}

func (s *Service) newID(prefix string) (string, error) {
	random := make([]byte, 8)
	if _, err := io.ReadFull(s.parts.Random, random); err != nil {
		return "", fmt.Errorf("making an id: %w", err)
	}
	return prefix + hex.EncodeToString(random), nil
}

// act is what the audit log says of a change.
type act struct{ merchant, by, name, subject, detail string }

// update makes a change together with its entry in the audit log.
func (s *Service) update(ctx context.Context, a act, fn func(ctx context.Context, tx ports.Tx) error) error {
	return s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		return s.audit(ctx, tx, a)
	})
}

func (s *Service) audit(ctx context.Context, tx ports.Tx, a act) error {
	return tx.Audit().Append(ctx, ports.AuditEntry{
		MerchantID: a.merchant, At: s.now(), By: a.by, Act: a.name, Subject: a.subject, Detail: a.detail,
	})
}
