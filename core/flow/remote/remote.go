// Package remote is a merchant's remote account as flows see it: a connector, the
// connection's settings and credentials, and the lane through which every call
// goes.
package remote

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/lane"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/ports"
)

// Faults of reaching remote accounts.
const (
	// CodeOperationUndeclared: the connector does not say what a method costs.
	CodeOperationUndeclared fault.Code = "connector.operation_undeclared"
	// CodeDisconnected: the connection was disconnected.
	CodeDisconnected fault.Code = "connection.disconnected"
	// CodeGaveUp: a request's time was over before the lane let it start. It is of class
	// fault.NotSent.
	CodeGaveUp fault.Code = "lane.gave_up"
	// CodePaused: a person keeps all calls from the connection. It is of class
	// fault.NotSent.
	CodePaused fault.Code = "connection.paused"
)

// Desk opens remote accounts. There is one desk in a hub, because two would not
// share their lanes.
type Desk struct {
	store     ports.Store
	catalogue ports.Catalogue
	secrets   ports.Secrets
	tokens    ports.Tokens
	clock     lane.Clock
	options   Options

	mu        sync.Mutex
	lanes     map[string]*held
	berths    map[string]string    // by connection, the key of its lane
	succeeded map[string]time.Time // by connection, when a request last did
}

// Options are what an operator sets.
type Options struct {
	// Owner names this hub in the lanes it holds.
	Owner string
	// Hosts replaces hosts per connector id, see ports.Connection.
	Hosts map[string]map[string]string
	// Quotas replaces the declared quota per connector id. Which credentials name the
	// remote account is not replaced.
	Quotas map[string]ports.Quota
	// Clients are the operator's own integrations, by connector id.
	Clients map[string]ports.OAuthClient
	// Deadline is the longest that one request to a connector may take.
	Deadline time.Duration
}

type held struct {
	lane  *lane.Lane
	lease ports.Lane
}

// NewDesk makes a desk.
func NewDesk(store ports.Store, catalogue ports.Catalogue, secrets ports.Secrets, tokens ports.Tokens, clock lane.Clock, options Options) *Desk {
	return &Desk{
		store: store, catalogue: catalogue, secrets: secrets, tokens: tokens, clock: clock,
		options: options, lanes: map[string]*held{}, berths: map[string]string{}, succeeded: map[string]time.Time{},
	}
}

// Close leaves all lanes in good order, so that the next hub need not fear calls
// that it has not seen. It is called when no request is in flight.
func (d *Desk) Close(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for key, h := range d.lanes {
		err := d.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error { return tx.Lanes().Leave(ctx, h.lease) })
		if err != nil {
			return err
		}
		delete(d.lanes, key)
	}
	return nil
}

// Open gives access to the remote account of a connection.
func (d *Desk) Open(ctx context.Context, connectionID string) (*Account, error) {
	return d.OpenBy(ctx, connectionID, nil)
}

// OpenBy is Open with a connector of the caller's choice, such as another version than
// the one that serves the connection. Its calls go through the same lane.
func (d *Desk) OpenBy(ctx context.Context, connectionID string, connector ports.Connector) (*Account, error) {
	record, connector, credentials, granted, err := d.find(ctx, connectionID, connector)
	if paused := Paused(record.Connection); paused != nil {
		return nil, paused
	}
	if err != nil {
		return nil, err
	}
	a := &Account{desk: d, record: record, connector: connector, entered: credentials, granted: granted}
	under := a.describe()
	a.lane, err = d.lane(ctx, under.description, record, under.credentials)
	if err != nil {
		return nil, err
	}
	return a, nil
}

// find gives a connection with its connector, that which serves it unless one is given,
// its credentials as they were entered, and those that a subscription has brought.
func (d *Desk) find(ctx context.Context, connectionID string, by ports.Connector) (record ports.ConnectionRecord, connector ports.Connector, credentials, granted map[string]string, err error) {
	if record, err = d.record(ctx, connectionID); err != nil {
		return record, nil, nil, nil, err
	}
	if record.State == merchant.Disconnected {
		return record, nil, nil, nil, fault.New(CodeDisconnected, fault.Auth, "the connection to "+record.Connector+" was disconnected").
			WithRemedy("enter credentials again, or ask for consent, and verify the connection")
	}
	if connector = by; connector == nil {
		if connector, err = d.catalogue.Serving(record.Connector, connectionID); err != nil {
			return record, nil, nil, nil, err
		}
	}
	if credentials, err = d.credentials(ctx, record); err != nil {
		return record, nil, nil, nil, err
	}
	granted, err = d.granted(ctx, connectionID)
	return record, connector, credentials, granted, err
}

func (d *Desk) record(ctx context.Context, connectionID string) (ports.ConnectionRecord, error) {
	var record ports.ConnectionRecord
	err := d.store.View(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		record, err = tx.Connections().Get(ctx, connectionID)
		return err
	})
	return record, err
}

// usable fails if a connection is paused by now.
func (d *Desk) usable(ctx context.Context, connectionID string) error {
	record, err := d.record(ctx, connectionID)
	if err != nil {
		return err
	}
	return Paused(record.Connection)
}

func (d *Desk) credentials(ctx context.Context, record ports.ConnectionRecord) (map[string]string, error) {
	plain, err := d.secrets.Open(ctx, record.ID, record.Credentials)
	if err != nil {
		return nil, err
	}
	var credentials map[string]string
	if err := json.Unmarshal(plain, &credentials); err != nil {
		return nil, fault.New("connection.credentials_unreadable", fault.Auth, "the stored credentials cannot be read").
			WithRemedy("enter the credentials again")
	}
	return credentials, nil
}

// laneKey names the one lane of the remote account that the credentials name. What a
// consent does not name stands in the account's own name, once that is known.
func laneKey(description ports.Description, record ports.ConnectionRecord, credentials map[string]string) string {
	parts := []string{description.ID}
	for _, name := range description.Quota.Account {
		parts = append(parts, cmp.Or(credentials[name], record.AccountID, record.ID))
	}
	if len(description.Quota.Account) == 0 {
		parts = append(parts, record.ID)
	}
	return strings.Join(parts, "|")
}

// quota is the operator's, or else the one that a connector declares.
func (d *Desk) quota(description ports.Description) ports.Quota {
	if agreed, ok := d.options.Quotas[description.ID]; ok {
		return agreed
	}
	return description.Quota
}

func (d *Desk) lane(ctx context.Context, description ports.Description, record ports.ConnectionRecord, credentials map[string]string) (*lane.Lane, error) {
	key := laneKey(description, record, credentials)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.berths[record.ID] = key
	if h, ok := d.lanes[key]; ok {
		return h.lane, nil
	}
	var lease ports.Lane
	err := d.store.Update(ctx, func(ctx context.Context, tx ports.Tx) error {
		var err error
		lease, err = tx.Lanes().Take(ctx, key, d.options.Owner)
		return err
	})
	if err != nil {
		return nil, err
	}
	l := lane.New(d.quota(description), d.clock, lease.Clean)
	d.lanes[key] = &held{lane: l, lease: lease}
	return l, nil
}
