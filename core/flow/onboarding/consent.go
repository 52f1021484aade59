package onboarding

import (
	"context"
	"strings"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/consent"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/flow/walk"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// CodeConnectionInUse: an enabled flow needs the connection.
const CodeConnectionInUse fault.Code = "connection.in_use"

// AskConsent makes a way for the merchant to give consent for a connection.
func (s *Service) AskConsent(ctx context.Context, id string, caller consent.Caller) (consent.Link, error) {
	record, err := s.Connection(ctx, id)
	if err != nil {
		return consent.Link{}, err
	}
	if err := remote.Paused(record.Connection); err != nil {
		return consent.Link{}, err
	}
	description, err := s.describe(record.Connection)
	if err != nil {
		return consent.Link{}, err
	}
	return s.parts.Consents.Ask(ctx, record, description, caller)
}

// TakeConsent takes the answer of an authorisation server and verifies the
// connection with what it has brought. If that cannot be checked now, the
// connection keeps the consent until Verify can.
func (s *Service) TakeConsent(ctx context.Context, answer consent.Answer) (ports.ConnectionRecord, error) {
	ctx = context.WithoutCancel(ctx) // the answer comes once, whoever waits for the page
	answered, err := s.parts.Consents.Take(ctx, answer, s.description)
	if err != nil {
		return ports.ConnectionRecord{}, err
	}
	if err := s.reconnect(ctx, answered.ConnectionID); err != nil {
		return ports.ConnectionRecord{}, err
	}
	return s.Verify(ctx, answered.ConnectionID, answered.By)
}

// reconnect lets a connection that was disconnected be opened again.
func (s *Service) reconnect(ctx context.Context, id string) error {
	return s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		record, err := tx.Connections().Get(ctx, id)
		if err != nil || record.State != merchant.Disconnected {
			return err
		}
		record.State, record.UpdatedAt = merchant.Unverified, s.now()
		return tx.Connections().Save(ctx, record)
	})
}

// Disconnect ends what the provider was asked to send, revokes what a merchant has granted, where the connector says how, and
// forgets the credentials. The connection itself stays, with all that was done
// through it. It is refused while the connection is paused, as
// revoking is a call, and while an enabled flow needs it.
func (s *Service) Disconnect(ctx context.Context, id, by string) (ports.ConnectionRecord, error) {
	record, err := walk.View(ctx, s.parts.Store, func(ctx context.Context, tx ports.Tx) (ports.ConnectionRecord, error) {
		return unused(ctx, tx, id)
	})
	if err != nil {
		return ports.ConnectionRecord{}, err
	}
	stays, err := s.parts.Subscriptions.End(ctx, id)
	if err != nil {
		return ports.ConnectionRecord{}, err
	}
	var declared *ports.OAuth
	if description, err := s.describe(record.Connection); err == nil {
		declared = description.OAuth // without its connector nothing can be revoked, but it can be forgotten
	}
	err = s.parts.Consents.End(ctx, record, declared, func(unrevoked string) error {
		record, err = s.wipe(ctx, id, unrevoked, stays, by)
		return err
	})
	return record, err
}

// wipe forgets everything by which the remote account could be reached.
func (s *Service) wipe(ctx context.Context, id, unrevoked, subscribed, by string) (ports.ConnectionRecord, error) {
	empty, err := s.parts.Secrets.Seal(ctx, id, []byte("{}"))
	if err != nil {
		return ports.ConnectionRecord{}, err
	}
	detail := ""
	if unrevoked != "" {
		detail = "not revoked: " + unrevoked
	}
	detail = strings.Trim(detail+"; "+subscribed, "; ")
	var record ports.ConnectionRecord
	err = s.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if record, err = unused(ctx, tx, id); err != nil {
			return err
		}
		record.Credentials, record.State, record.Checks, record.UpdatedAt = empty, merchant.Disconnected, nil, s.now()
		record.Capabilities = nil
		if err := tx.Connections().Save(ctx, record); err != nil {
			return err
		}
		if err := tx.Subscriptions().Delete(ctx, id); err != nil {
			return err
		}
		stays, err := stayingOf(ctx, tx, record)
		if err != nil {
			return err
		}
		for _, trial := range []bool{true, false} {
			if err := tx.Consents().DropGrant(ctx, id, trial); err != nil {
				return err
			}
		}
		return tx.Audit().Append(ctx, ports.AuditEntry{
			MerchantID: record.MerchantID, At: s.now(), By: by, Act: "connection.disconnected", Subject: id, Detail: strings.Trim(detail+"; "+stays, "; "),
		})
	})
	return record, err
}

// unused gives a connection that may be called and that no enabled flow needs.
func unused(ctx context.Context, tx ports.Tx, id string) (ports.ConnectionRecord, error) {
	record, err := tx.Connections().Get(ctx, id)
	if err != nil {
		return record, err
	}
	if err := remote.Paused(record.Connection); err != nil {
		return record, err
	}
	return record, walk.Flows(ctx, tx, record.MerchantID, func(f merchant.Flow) error {
		if !f.Enabled || (f.Source != id && f.Target != id) {
			return nil
		}
		return fault.New(CodeConnectionInUse, fault.Conflict, "the flow "+f.ID+" uses the connection").
			WithRemedy("disable the flow first")
	})
}
