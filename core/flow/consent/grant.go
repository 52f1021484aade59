package consent

import (
	"context"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// keepTrial stores what an answer has brought, in the place of what the answer
// before has brought, if nobody has checked that.
func (k *Keeper) keepTrial(ctx context.Context, record ports.ConnectionRecord, by string, tokens Tokens) error {
	c := k.chain(record.ID, true)
	c.Lock()
	defer c.Unlock()
	sealed, err := k.seal(ctx, record.ID, tokens)
	if err != nil {
		return err
	}
	c.held, c.refused = nil, false
	return k.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Consents().DropGrant(ctx, record.ID, true); err != nil {
			return err
		}
		if _, err := tx.Consents().SaveGrant(ctx, ports.Grant{ConnectionID: record.ID, Trial: true, Tokens: sealed}); err != nil {
			return err
		}
		return k.audit(ctx, tx, record, by, "connection.consent_given", "")
	})
}

// DropTrial forgets a grant that has turned out to open the wrong account.
func (k *Keeper) DropTrial(ctx context.Context, connectionID string) error {
	c := k.chain(connectionID, true)
	c.Lock()
	defer c.Unlock()
	c.held, c.refused = nil, false
	return k.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		return tx.Consents().DropGrant(ctx, connectionID, true)
	})
}

// End revokes the grants of a connection where that is possible and then has wipe
// forget them, so that no token is renewed in between. Revoked is empty if all is
// revoked, or else says why not: servers that refuse do not keep a merchant from
// leaving, one that cannot be reached is tried again.
func (k *Keeper) End(ctx context.Context, record ports.ConnectionRecord, declared *ports.OAuth, wipe func(revoked string) error) error {
	trial, used := k.chain(record.ID, true), k.chain(record.ID, false)
	trial.Lock()
	defer trial.Unlock()
	used.Lock()
	defer used.Unlock()
	revoked := ""
	for _, c := range []struct {
		*chain
		trial bool
	}{{trial, true}, {used, false}} {
		why, err := k.revoke(ctx, c.chain, record, c.trial, declared)
		if err != nil {
			return err
		}
		if why != "" {
			revoked = why
		}
	}
	if err := wipe(revoked); err != nil {
		return err
	}
	for _, c := range []*chain{trial, used} {
		c.held, c.refused = nil, false
	}
	k.parts.Bought.Forget(record.ID, "")
	return nil
}

// revoke ends a grant at the authorisation server. It gives the reason for which
// that was not possible.
func (k *Keeper) revoke(ctx context.Context, c *chain, record ports.ConnectionRecord, trial bool, declared *ports.OAuth) (string, error) {
	err := k.look(ctx, c, record.ID, trial)
	if fault.CodeOf(err) == ports.CodeNotFound {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if c.held.grant.Ended || c.held.tokens.Refresh == "" {
		return "", nil
	}
	if declared == nil || declared.Consent == nil || declared.Consent.RevokeURL == "" {
		return "the connector names no way to revoke", nil
	}
	client, err := k.client(ctx, record, *declared)
	if err != nil {
		return "", err
	}
	err = k.parts.Authority.Revoke(ctx, client, c.held.tokens.Refresh)
	if f := fault.Of(err); f != nil && f.Class == fault.Auth {
		return f.Reason, nil
	}
	return "", err
}
