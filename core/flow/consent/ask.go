package consent

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/ports"
)

const (
	// patience is how long a merchant may take to approve.
	patience = 30 * time.Minute
	// memory is how long a request is remembered after that, so that whoever comes
	// late is told so.
	memory = 24 * time.Hour
)

// Link is the way to the page where the merchant approves. It holds the state and
// is for the merchant alone.
type Link struct {
	URL       string
	ExpiresAt time.Time
}

// Caller is who asks for consent: the id of an API key, and how the audit log
// names it.
type Caller struct{ ID, By string }

// Ask makes a way for the merchant to give consent for a connection. It may be
// gone once.
func (k *Keeper) Ask(ctx context.Context, record ports.ConnectionRecord, description ports.Description, caller Caller) (Link, error) {
	if description.OAuth == nil || description.OAuth.Consent == nil {
		return Link{}, fault.New(CodeNotOffered, fault.Conflict, description.Name+" has no consent to ask for").
			WithRemedy("enter credentials instead, see GET /v1/connectors/{id}")
	}
	client, err := k.client(ctx, record, *description.OAuth)
	if err != nil {
		return Link{}, err
	}
	if err := askable(client); err != nil {
		return Link{}, err
	}
	random := make([]byte, 32)
	if _, err := io.ReadFull(k.parts.Random, random); err != nil {
		return Link{}, fmt.Errorf("making a state: %w", err)
	}
	state := base64.RawURLEncoding.EncodeToString(random)
	request := ports.ConsentRequest{
		State: hash(state), ConnectionID: record.ID, Caller: caller.ID, By: caller.By, ExpiresAt: k.parts.Now().UTC().Add(patience),
	}
	verifier := ""
	if client.Declared.Consent.PKCE {
		verifier = k.parts.Authority.Verifier()
		if request.Verifier, err = k.parts.Secrets.Seal(ctx, record.ID, []byte(verifier)); err != nil {
			return Link{}, err
		}
	}
	err = k.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Consents().Ask(ctx, request, k.parts.Now().UTC().Add(-memory)); err != nil {
			return err
		}
		return k.audit(ctx, tx, record, caller.By, "connection.consent_asked", "")
	})
	return Link{URL: k.parts.Authority.AuthorizeURL(client, k.parts.Redirect, state, verifier), ExpiresAt: request.ExpiresAt}, err
}

// askable refuses a connection that consent would not help.
func askable(c Client) error {
	if !c.Declared.ByConsent(c.Credentials) {
		return fault.New(CodeNotOffered, fault.Conflict, "the connection has the credentials with which kvitt fetches tokens by itself").
			WithField("credentials").WithRemedy("verify the connection; or leave out of its credentials what only client credentials need")
	}
	if c.Credentials[c.Declared.ClientID] == "" || c.Credentials[c.Declared.ClientSecret] == "" {
		return fault.New(CodeClientMissing, fault.Conflict, "neither the connection nor the hub says which integration asks").
			WithField("credentials." + c.Declared.ClientID).
			WithRemedy("enter the client's id and secret as credentials, or have the operator set oauth_clients in the configuration")
	}
	return nil
}

// hash is how a state is kept: SHA-256 in lower-case hex. It is random enough that
// a plain hash cannot be guessed backwards.
func hash(state string) string {
	sum := sha256.Sum256([]byte(state))
	return hex.EncodeToString(sum[:])
}

// Answer is what comes back from the authorisation server.
type Answer struct{ State, Code, Error string }

// Answered is whose consent came back, and who had asked for it.
type Answered struct{ ConnectionID, By string }

// Take takes an answer: it exchanges the code for tokens and keeps them on trial,
// until somebody has checked whose account they open. Answered is set as soon as
// the answer is known to belong to a request that was open.
func (k *Keeper) Take(ctx context.Context, answer Answer, describe func(connector string) (ports.Description, error)) (Answered, error) {
	// Whoever closes the window now must not lose what the code is exchanged for.
	ctx = context.WithoutCancel(ctx)
	request, record, err := k.use(ctx, answer.State)
	if err != nil {
		return Answered{}, err
	}
	answered := Answered{ConnectionID: record.ID, By: request.By}
	if answer.Error != "" || answer.Code == "" {
		return answered, k.refused(ctx, record, request.By, answer.Error)
	}
	description, err := describe(record.Connector)
	if err != nil {
		return answered, err
	}
	if description.OAuth == nil || description.OAuth.Consent == nil {
		return answered, fault.New(CodeNotOffered, fault.Conflict, description.Name+" has no consent to ask for any more")
	}
	client, err := k.client(ctx, record, *description.OAuth)
	if err != nil {
		return answered, err
	}
	verifier, err := k.verifier(ctx, request)
	if err != nil {
		return answered, err
	}
	tokens, err := k.parts.Authority.Exchange(ctx, client, k.parts.Redirect, answer.Code, verifier)
	if err != nil {
		return answered, err
	}
	return answered, k.keepTrial(ctx, record, request.By, tokens)
}

// use marks the request of a state as answered and gives it.
func (k *Keeper) use(ctx context.Context, state string) (ports.ConsentRequest, ports.ConnectionRecord, error) {
	var request ports.ConsentRequest
	var record ports.ConnectionRecord
	now := k.parts.Now().UTC()
	err := k.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		if request, err = tx.Consents().Use(ctx, hash(state), now); err != nil {
			return err
		}
		if record, err = tx.Connections().Get(ctx, request.ConnectionID); err != nil {
			return err
		}
		return remote.Paused(record.Connection) // the link stays good for its time
	})
	anew := "ask for consent anew and follow the new link"
	switch {
	case fault.CodeOf(err) == ports.CodeNotFound:
		err = fault.New(CodeStateUnknown, fault.NotFound, "the answer belongs to no request of this hub").WithField("state").WithRemedy(anew)
	case err != nil:
	case !request.UsedAt.IsZero():
		err = fault.New(CodeStateUsed, fault.Conflict, "this link was followed before").WithField("state").WithRemedy("look at the connection; if it is not verified, " + anew)
	case !now.Before(request.ExpiresAt):
		err = fault.New(CodeStateExpired, fault.Conflict, "the link has expired").WithField("state").WithRemedy(anew)
	}
	return request, record, err
}

func (k *Keeper) verifier(ctx context.Context, request ports.ConsentRequest) (string, error) {
	if request.Verifier == nil {
		return "", nil
	}
	plain, err := k.parts.Secrets.Open(ctx, request.ConnectionID, request.Verifier)
	return string(plain), err
}

var errorCode = regexp.MustCompile(`^[a-z_]{1,40}$`)

// refused says why there is no code.
func (k *Keeper) refused(ctx context.Context, record ports.ConnectionRecord, by, code string) error {
	refusal := fault.New(CodeDenied, fault.Auth, "access was not approved").From(fault.Upstream).
		WithRemedy("nothing has changed; ask for consent anew when it may be approved")
	if code != "access_denied" {
		if !errorCode.MatchString(code) {
			code = "no reason given" // what is not an error code of RFC 6749 is not repeated
		}
		refusal = fault.New(CodeFailed, fault.Auth, "the other system could not ask for approval: "+code).From(fault.Upstream).
			WithRemedy("check the integration's settings at the other system, then ask for consent anew")
	}
	err := k.parts.Store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		return k.audit(ctx, tx, record, by, "connection.consent_refused", refusal.Reason)
	})
	if err != nil {
		return err
	}
	return refusal
}
