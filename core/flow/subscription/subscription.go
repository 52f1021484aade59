// Package subscription has providers send their messages to the hub by themselves, for
// merchants who have opted in.
//
// The rule is one: while the merchant wants it and an enabled flow reads from the
// connection, the address is registered at the provider; otherwise it is not. Keep holds
// what is registered against that and makes them agree, by a job that is enqueued
// whenever either may have changed. Flows never wait for it: without messages they run by
// their schedules.
package subscription

import (
	"context"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/callback"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// Faults of subscriptions.
const (
	// CodeUnreachable: the operator has not said how providers reach the hub.
	CodeUnreachable fault.Code = "subscription.hub_unreachable"
	// CodeInvalid: what a connector says of a subscription makes no sense.
	CodeInvalid fault.Code = "subscription.answer_invalid"
)

// Remote opens the remote account of a connection, see remote.Desk.
type Remote interface {
	Open(ctx context.Context, connectionID string) (*remote.Account, error)
}

// Addresses makes the addresses at which messages arrive, see callback.Service.
type Addresses interface {
	Issue(ctx context.Context, tx ports.Tx, connectionID, by string) (callback.Address, error)
	Reread(ctx context.Context, tx ports.Tx, connectionID string, since time.Time) error
}

// Catalogue lists the installed connectors, also those that are down now.
type Catalogue interface {
	Status() []ports.ConnectorStatus
}

// Log takes what support wants to read; a hclog.Logger is one.
type Log interface {
	Info(message string, pairs ...any)
	Warn(message string, pairs ...any)
}

// Parts are what the service is made of. All are required.
type Parts struct {
	Store     ports.Store
	Remote    Remote
	Addresses Addresses
	Catalogue Catalogue
	Secrets   ports.Secrets
	// URL gives the address that a token opens, as providers reach it; empty if the
	// operator has not said how they do.
	URL func(connectionID, token string) string
	// Now is machine time.
	Now func() time.Time
	Log Log
	// Backoff is the pause after the first attempt that failed. It doubles, up to
	// longestPause.
	Backoff time.Duration
}

// longestPause bounds the time between two attempts: polling goes on meanwhile.
const longestPause = time.Hour

// Service keeps subscriptions.
type Service struct{ parts Parts }

// New makes the service.
func New(parts Parts) *Service { return &Service{parts} }

// Get gives the subscription of a connection. It fails with ports.CodeNotFound if the
// merchant has not opted in.
func (s *Service) Get(ctx context.Context, connectionID string) (ports.SubscriptionRecord, error) {
	var record ports.SubscriptionRecord
	err := s.parts.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		if _, err := tx.Connections().Get(ctx, connectionID); err != nil {
			return err
		}
		var err error
		record, err = tx.Subscriptions().Get(ctx, connectionID)
		return err
	})
	return record, err
}

// Want opts in. The provider is told by the job; asking again has it told again, should
// the last attempt have failed.
func (s *Service) Want(ctx context.Context, connectionID, by string) (ports.SubscriptionRecord, error) {
	var record ports.SubscriptionRecord
	err := s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		connection, err := tx.Connections().Get(ctx, connectionID)
		if err != nil {
			return err
		}
		if err := s.able(connection); err != nil {
			return err
		}
		if s.parts.URL(connectionID, "token") == "" {
			return unreachable()
		}
		if record, err = tx.Subscriptions().Get(ctx, connectionID); fault.CodeOf(err) == ports.CodeNotFound {
			record, err = s.begin(ctx, tx, connection, by)
		}
		if err != nil {
			return err
		}
		if !record.Wanted || record.Phase == ports.SubscriptionFailing {
			record.Phase = ports.SubscriptionPending
		}
		if !record.Wanted {
			if err := s.audit(ctx, tx, record, by, "subscription.wanted", ""); err != nil {
				return err
			}
		}
		record.Wanted = true
		return s.save(ctx, tx, &record, true)
	})
	return record, err
}

func unreachable() error {
	return fault.New(CodeUnreachable, fault.Conflict, "the operator has not said at which address providers reach the hub").
		WithRemedy("have public_url set to an address that can be reached from the internet")
}

// able refuses connections that cannot be subscribed.
func (s *Service) able(connection ports.ConnectionRecord) error {
	if connection.State == merchant.Disconnected {
		return fault.New(remote.CodeDisconnected, fault.Conflict, "the connection to "+connection.Connector+" was disconnected").
			WithRemedy("enter credentials again, or ask for consent, and verify the connection")
	}
	for _, status := range s.parts.Catalogue.Status() {
		d := status.Description
		if d.ID != connection.Connector {
			continue
		}
		if d.Has(ports.CapabilitySubscribe) && d.Has(ports.CapabilityCallbacks) {
			return nil
		}
		return fault.New(ports.CodeCapabilityMissing, fault.Validation, "the connector "+d.ID+" "+d.Version+" does not offer "+string(ports.CapabilitySubscribe)).
			WithRemedy("make an address with POST /v1/connections/{id}/callback-url and enter it at the provider, if it sends messages")
	}
	return fault.New(ports.CodeConnectorUnknown, fault.NotFound, "no connector \""+connection.Connector+"\" is installed").
		WithRemedy("put its program into the connectors' folder and start the hub again")
}

// begin makes the address.
func (s *Service) begin(ctx context.Context, tx ports.Tx, connection ports.ConnectionRecord, by string) (ports.SubscriptionRecord, error) {
	address, err := s.parts.Addresses.Issue(ctx, tx, connection.ID, by)
	if err != nil {
		return ports.SubscriptionRecord{}, err
	}
	sealed, err := remote.Subscribed{Token: address.Token}.Seal(ctx, s.parts.Secrets, connection.ID)
	return ports.SubscriptionRecord{
		ConnectionID: connection.ID, MerchantID: connection.MerchantID, Phase: ports.SubscriptionPending, Sealed: sealed, CreatedAt: s.parts.Now(),
	}, err
}

// Leave opts out. What is registered is ended by the job; the record goes with it.
func (s *Service) Leave(ctx context.Context, connectionID, by string) (ports.SubscriptionRecord, error) {
	var record ports.SubscriptionRecord
	err := s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if _, err := tx.Connections().Get(ctx, connectionID); err != nil {
			return err
		}
		var err error
		if record, err = tx.Subscriptions().Get(ctx, connectionID); err != nil {
			return err
		}
		if record.Wanted {
			if err := s.audit(ctx, tx, record, by, "subscription.unwanted", ""); err != nil {
				return err
			}
		}
		record.Wanted, record.Phase = false, ports.SubscriptionEnding
		return s.save(ctx, tx, &record, true)
	})
	return record, err
}

// Keeper is who acts in the audit log where the hub does by itself.
const Keeper = "kvitt"

func (s *Service) audit(ctx context.Context, tx ports.Tx, record ports.SubscriptionRecord, by, act, detail string) error {
	return tx.Audit().Append(ctx, ports.AuditEntry{
		MerchantID: record.MerchantID, At: s.parts.Now(), By: by, Act: act, Subject: record.ConnectionID, Detail: detail,
	})
}

// save keeps a record, and asks for the job that acts on it.
func (s *Service) save(ctx context.Context, tx ports.Tx, record *ports.SubscriptionRecord, act bool) error {
	record.UpdatedAt = s.parts.Now()
	if err := tx.Subscriptions().Save(ctx, *record); err != nil || !act {
		return err
	}
	return tx.Jobs().Enqueue(ctx, ports.Job{Kind: ports.KeepSubscription, Subject: record.ConnectionID})
}
