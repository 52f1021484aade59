package remote

import (
	"context"
	"maps"

	"github.com/kvitt/kvitt/ports"
)

// Inside makes a request that a connector answers without calling the remote system,
// such as one to read bytes that are here already. It needs neither a turn in the lane
// nor an access token: the call has no grant and carries the credentials as they were
// entered, but for those that tokens are bought with.
func Inside[Port any](ctx context.Context, d *Desk, connectionID string, capability ports.Capability, request func(context.Context, Port, ports.Call) error) error {
	return InsideBy(ctx, d, connectionID, nil, capability, request)
}

// InsideBy is Inside with a connector of the caller's choice, see Desk.OpenBy.
func InsideBy[Port any](ctx context.Context, d *Desk, connectionID string, by ports.Connector, capability ports.Capability, request func(context.Context, Port, ports.Call) error) error {
	record, connector, credentials, granted, err := d.find(ctx, connectionID, by)
	if err != nil {
		return err
	}
	description := connector.Describe()
	port, err := capable[Port](connector, capability)
	if err != nil {
		return err
	}
	credentials = maps.Clone(credentials)
	if description.OAuth != nil {
		delete(credentials, description.OAuth.ClientID)
		delete(credentials, description.OAuth.ClientSecret)
	}
	maps.Copy(credentials, granted)
	ctx, cancel := context.WithTimeout(ctx, d.options.Deadline)
	defer cancel()
	return request(ctx, port, ports.Call{Connection: ports.Connection{
		ID: record.ID, Settings: record.Settings, Credentials: credentials, Hosts: d.options.Hosts[description.ID],
	}})
}
