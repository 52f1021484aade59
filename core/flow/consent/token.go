package consent

import (
	"context"
	"sync"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// headroom is how long before its end a token is renewed, so that a request which
// waits for its turn still finds it valid.
const headroom = 2 * time.Minute

type chainKey struct {
	connection string
	trial      bool
}

// chain is the sequence of tokens that grew out of one consent. Whoever looks at
// it or renews it holds its lock.
type chain struct {
	sync.Mutex
	// held is what is stored, as far as known here; nil says to look.
	held *held
	// refused: the access token is not taken any more, whatever its age.
	refused bool
}

type held struct {
	grant  ports.Grant
	tokens Tokens
	// unsaved tokens are newer than what is stored. The refresh token that is stored
	// has been used up, so these must not be lost.
	unsaved bool
}

func (k *Keeper) chain(connectionID string, trial bool) *chain {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := chainKey{connectionID, trial}
	if k.chains[key] == nil {
		k.chains[key] = &chain{}
	}
	return k.chains[key]
}

type trialKey struct{}

// OnTrial makes Token prefer what the latest consent has given, although nobody
// has checked yet whose account it opens. It is for that check alone.
func OnTrial(ctx context.Context) context.Context { return context.WithValue(ctx, trialKey{}, true) }

// Token implements ports.Tokens.
func (k *Keeper) Token(ctx context.Context, connectionID string, declared ports.OAuth, credentials, hosts map[string]string) (string, error) {
	if !declared.ByConsent(credentials) {
		return k.parts.Bought.Token(ctx, connectionID, declared, credentials, hosts)
	}
	client := Client{Declared: declared, Credentials: credentials, Hosts: hosts}
	if ctx.Value(trialKey{}) != nil {
		token, err := k.tokenOf(ctx, connectionID, true, client)
		if code := fault.CodeOf(err); code != ports.CodeNotFound && code != ports.CodeConsentNeeded {
			return token, err
		}
	}
	token, err := k.tokenOf(ctx, connectionID, false, client)
	if fault.CodeOf(err) == ports.CodeNotFound {
		return "", errNeeded("the merchant has not given consent yet")
	}
	return token, err
}

// Forget implements ports.Tokens.
func (k *Keeper) Forget(connectionID, token string) {
	k.parts.Bought.Forget(connectionID, token)
	for _, trial := range []bool{true, false} {
		c := k.chain(connectionID, trial)
		c.Lock()
		if c.held == nil || token == "" || c.held.tokens.Access == token {
			c.refused = true
		}
		c.Unlock()
	}
}

// Reload makes the keeper look at what is stored.
func (k *Keeper) Reload(connectionID string) {
	for _, trial := range []bool{true, false} {
		c := k.chain(connectionID, trial)
		c.Lock()
		c.held, c.refused = nil, false
		c.Unlock()
	}
}

// tokenOf gives the access token of a chain, which it renews if need be.
func (k *Keeper) tokenOf(ctx context.Context, connectionID string, trial bool, client Client) (string, error) {
	c := k.chain(connectionID, trial)
	c.Lock()
	defer c.Unlock()
	if err := k.look(ctx, c, connectionID, trial); err != nil {
		return "", err
	}
	if c.held.unsaved {
		if err := k.save(ctx, c); err != nil {
			return "", err
		}
	}
	left := headroom + time.Second
	if expires := c.held.tokens.Expires; !expires.IsZero() {
		left = expires.Sub(k.parts.Now())
	}
	refreshable := c.held.tokens.Refresh != ""
	switch {
	case c.held.grant.Ended:
		return "", errNeeded("the merchant's consent has ended")
	case !refreshable && left <= 0:
		return "", k.end(ctx, c)
	case !refreshable, !c.refused && left > headroom:
		return c.held.tokens.Access, nil
	}
	err := k.renew(ctx, c, client)
	if err != nil && !c.refused && left > 0 && fault.ClassOf(err) == fault.NotSent {
		err = nil // the token at hand outlives this trouble
	}
	if err != nil {
		return "", err
	}
	return c.held.tokens.Access, nil
}

// look reads what is stored, unless it is known.
func (k *Keeper) look(ctx context.Context, c *chain, connectionID string, trial bool) error {
	if c.held != nil {
		return nil
	}
	var grant ports.Grant
	err := k.parts.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		grant, err = tx.Consents().Grant(ctx, connectionID, trial)
		return err
	})
	if err != nil {
		return err
	}
	tokens, err := k.open(ctx, connectionID, grant.Tokens)
	if err != nil {
		return err
	}
	c.held = &held{grant: grant, tokens: tokens}
	return nil
}
