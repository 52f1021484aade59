package remote

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// Subscribed is what is kept sealed of a subscription.
type Subscribed struct {
	// Token opens the address, URL is the address as the provider knows it, empty before
	// it does.
	Token string `json:"token"`
	URL   string `json:"url,omitempty"`
	// Granted are the credentials that the provider has handed out.
	Granted map[string]string `json:"granted,omitempty"`
}

// Seal keeps it secret, for one connection.
func (s Subscribed) Seal(ctx context.Context, secrets ports.Secrets, connectionID string) ([]byte, error) {
	plain, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("writing what a subscription has brought: %w", err)
	}
	return secrets.Seal(ctx, sealedFor(connectionID), plain)
}

// OpenSubscribed reads what Seal has made.
func OpenSubscribed(ctx context.Context, secrets ports.Secrets, connectionID string, sealed []byte) (Subscribed, error) {
	var s Subscribed
	plain, err := secrets.Open(ctx, sealedFor(connectionID), sealed)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(plain, &s); err != nil {
		return s, fmt.Errorf("reading what a subscription has brought: %w", err)
	}
	return s, nil
}

// sealedFor keeps what is sealed here from being taken for the connection's credentials.
func sealedFor(connectionID string) string { return connectionID + "/subscription" }

// granted gives the credentials that the subscription of a connection has brought, if
// there is one.
func (d *Desk) granted(ctx context.Context, connectionID string) (map[string]string, error) {
	var record ports.SubscriptionRecord
	err := d.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		record, err = tx.Subscriptions().Get(ctx, connectionID)
		return err
	})
	if fault.CodeOf(err) == ports.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	kept, err := OpenSubscribed(ctx, d.secrets, connectionID, record.Sealed)
	return kept.Granted, err
}
