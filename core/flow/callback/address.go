package callback

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// Address is where a provider sends messages to a connection.
type Address struct {
	ConnectionID string
	// Token is shown once and kept as a hash.
	Token string
	// Methods are those that the provider uses.
	Methods []string
	// ReplacedUntil is until when the address before goes on, zero if there was none.
	ReplacedUntil time.Time
}

// NewAddress makes a new address for the messages to a connection. The one before goes
// on for Options.Grace, so that what was sent to it meanwhile is not lost. It is refused
// while the hub has given the provider the address itself.
func (s *Service) NewAddress(ctx context.Context, connectionID, by string) (Address, error) {
	var address Address
	err := s.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		_, err := tx.Subscriptions().Get(ctx, connectionID)
		if err == nil {
			return fault.New(CodeSubscribed, fault.Conflict, "the hub keeps the address of this connection at the provider itself").
				WithRemedy("opt out with DELETE /v1/connections/{id}/subscription first; opting in again makes a new address")
		}
		if fault.CodeOf(err) != ports.CodeNotFound {
			return err
		}
		address, err = s.Issue(ctx, tx, connectionID, by)
		return err
	})
	return address, err
}

// Issue is NewAddress as part of a unit of work, whoever keeps the address.
func (s *Service) Issue(ctx context.Context, tx ports.Tx, connectionID, by string) (Address, error) {
	random := make([]byte, sha256.Size)
	if _, err := io.ReadFull(s.Random, random); err != nil {
		return Address{}, fmt.Errorf("making a token: %w", err)
	}
	address := Address{ConnectionID: connectionID, Token: base64.RawURLEncoding.EncodeToString(random)}
	record, err := tx.Connections().Get(ctx, connectionID)
	if err != nil {
		return Address{}, err
	}
	declared, err := s.declared(record.Connector)
	if err != nil {
		return Address{}, err
	}
	now := s.Now()
	until := now.Add(s.Options.Grace)
	before, err := tx.CallbackTokens().Valid(ctx, connectionID, now)
	if err != nil {
		return Address{}, err
	}
	if address.Methods = declared.Methods; len(before) > 0 {
		address.ReplacedUntil = until
	}
	err = tx.CallbackTokens().Issue(ctx, ports.CallbackToken{
		SHA256: hashed(address.Token), ConnectionID: connectionID, CreatedAt: now, Declared: declared,
	}, until)
	if err != nil {
		return Address{}, err
	}
	return address, tx.Audit().Append(ctx, ports.AuditEntry{MerchantID: record.MerchantID, At: now, By: by, Act: "callback.address_made", Subject: connectionID})
}

// Reread has messages read again that were refused since a moment: a provider may send
// some before the hub knows the secret that they are signed with.
func (s *Service) Reread(ctx context.Context, tx ports.Tx, connectionID string, since time.Time) error {
	refused, err := tx.Callbacks().List(ctx, connectionID, ports.CallbackRefused, ports.Page{Limit: most})
	if err != nil {
		return err
	}
	for _, message := range refused {
		if message.ReceivedAt.Before(since) {
			break // newest first
		}
		if err := tx.Callbacks().Settle(ctx, message.ID, ports.CallbackFate{State: ports.CallbackReceived}); err != nil {
			return err
		}
	}
	return tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.ReadCallbacks, Subject: connectionID})
}

// RevokeReplaced ends at once all addresses of a connection but the newest.
func (s *Service) RevokeReplaced(ctx context.Context, connectionID, by string) error {
	return s.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		record, err := tx.Connections().Get(ctx, connectionID)
		if err != nil {
			return err
		}
		gone, err := tx.CallbackTokens().Revoke(ctx, connectionID)
		if err != nil || gone == 0 {
			return err
		}
		return tx.Audit().Append(ctx, ports.AuditEntry{MerchantID: record.MerchantID, At: s.Now(), By: by, Act: "callback.addresses_revoked", Subject: connectionID})
	})
}

// declared is how a connector wants messages answered. It fails if there are none.
func (s *Service) declared(connector string) (ports.Callbacks, error) {
	description, installed := s.description(connector)
	switch {
	case !installed:
		return ports.Callbacks{}, fault.New(ports.CodeConnectorUnknown, fault.NotFound, "no connector \""+connector+"\" is installed").
			WithRemedy("put its program into the connectors' folder and start the hub again")
	case !description.Has(ports.CapabilityCallbacks) || description.Callbacks == nil:
		return ports.Callbacks{}, fault.New(ports.CodeCapabilityMissing, fault.Validation,
			"the connector "+description.ID+" "+description.Version+" does not offer "+string(ports.CapabilityCallbacks)).
			WithRemedy("let flows run by schedule: nothing is sent to this connection")
	}
	return *description.Callbacks, nil
}

func (s *Service) description(connector string) (ports.Description, bool) {
	for _, status := range s.Catalogue.Status() {
		if status.Description.ID == connector {
			return status.Description, true
		}
	}
	return ports.Description{}, false
}

func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
