package consent

import (
	"context"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// renew gets new tokens for the refresh token and stores them. From the moment the
// server has answered, the old refresh token may be used up: neither the caller
// who gives up nor a store that fails may lose the new one.
func (k *Keeper) renew(ctx context.Context, c *chain, client Client) error {
	ctx = context.WithoutCancel(ctx) // the authority has a time limit of its own
	fresh, err := k.parts.Authority.Refresh(ctx, client, c.held.tokens.Refresh)
	if fault.CodeOf(err) == ports.CodeConsentNeeded {
		return k.end(ctx, c)
	}
	if err != nil {
		return err
	}
	if fresh.Refresh == "" {
		fresh.Refresh = c.held.tokens.Refresh // RFC 6749 §6: it stays as it is
	}
	c.held.tokens, c.held.unsaved, c.refused = fresh, true, false
	return k.save(ctx, c)
}

// save stores the tokens that are held. If another grant has taken the place of
// theirs, that one counts.
func (k *Keeper) save(ctx context.Context, c *chain) error {
	ctx = context.WithoutCancel(ctx)
	next := c.held.grant
	var err error
	if next.Tokens, err = k.seal(ctx, next.ConnectionID, c.held.tokens); err != nil {
		return err
	}
	var version int64
	err = k.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		version, err = tx.Consents().SaveGrant(ctx, next)
		return err
	})
	if fault.CodeOf(err) == ports.CodeConflict {
		id, trial := next.ConnectionID, next.Trial
		c.held = nil
		return k.look(ctx, c, id, trial)
	}
	if err != nil {
		return err
	}
	c.held.grant.Tokens, c.held.grant.Version, c.held.unsaved = next.Tokens, version, false
	return nil
}

// end notes that a grant is of no use any more. One on trial is forgotten; of one
// in use the connection says what it needs, once.
func (k *Keeper) end(ctx context.Context, c *chain) error {
	ended := c.held.grant
	ended.Ended = true
	err := k.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if ended.Trial {
			return tx.Consents().DropGrant(ctx, ended.ConnectionID, true)
		}
		if _, err := tx.Consents().SaveGrant(ctx, ended); err != nil {
			return err
		}
		record, err := tx.Connections().Get(ctx, ended.ConnectionID)
		if err != nil {
			return err
		}
		record.State, record.UpdatedAt = merchant.ConsentNeeded, k.parts.Clock.Now().UTC()
		if err := tx.Connections().Save(ctx, record); err != nil {
			return err
		}
		return k.audit(ctx, tx, record, "hub", "connection.consent_ended", "the authorisation server takes the refresh token no more")
	})
	c.held, c.refused = nil, false
	if err != nil && fault.CodeOf(err) != ports.CodeConflict {
		return err
	}
	return errNeeded("the merchant's consent has ended")
}

func (k *Keeper) audit(ctx context.Context, tx ports.Tx, record ports.ConnectionRecord, by, act, detail string) error {
	return tx.Audit().Append(ctx, ports.AuditEntry{
		MerchantID: record.MerchantID, At: k.parts.Clock.Now().UTC(), By: by, Act: act, Subject: record.ID, Detail: detail,
	})
}
