package hub

import (
	"context"

	"github.com/kvitt/kvitt/adapters/pluginhost"
	"github.com/kvitt/kvitt/adapters/rest"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/catalogue"
	"github.com/kvitt/kvitt/core/flow/swap"
	"github.com/kvitt/kvitt/ports"
)

// fleet shows the host's connectors to the flows, to the catalogue, to swaps and to
// support.
type fleet struct{ host *pluginhost.Host }

var (
	_ ports.Catalogue    = fleet{}
	_ catalogue.Programs = fleet{}
	_ swap.Fleet         = fleet{}
	_ rest.Fleet         = fleet{}
)

// Serving gives a connector as it serves a connection.
func (f fleet) Serving(id, connectionID string) (ports.Connector, error) {
	if seat, ok := f.host.Seat(id, connectionID); ok {
		return seat, nil
	}
	return nil, fault.New(ports.CodeConnectorUnknown, fault.NotFound, "no version of the connector \""+id+"\" serves").
		WithRemedy("see GET /v1/connectors/{id}/versions for what is installed and why it does not run")
}

// Status lists the connectors by id, in the version that serves.
func (f fleet) Status() []ports.ConnectorStatus {
	var list []ports.ConnectorStatus
	for _, instance := range f.host.Connectors() {
		if serving, ok := f.host.Connector(instance.Describe().ID); ok && serving == instance {
			list = append(list, statusOf(instance))
		}
	}
	return list
}

// Digest implements catalogue.Programs.
func (f fleet) Digest(path, sha256 string) (string, error) {
	return f.host.Digest(pluginhost.Source{Path: path, SHA256: sha256})
}

// Examine implements catalogue.Programs.
func (f fleet) Examine(ctx context.Context, path, sha256 string) (catalogue.Examined, error) {
	e, err := f.host.Examine(ctx, pluginhost.Source{Path: path, SHA256: sha256})
	return catalogue.Examined{Description: e.Description, SHA256: e.SHA256, Size: e.Size}, err
}

// Load implements catalogue.Programs.
func (f fleet) Load(ctx context.Context, path, sha256 string) (ports.Description, error) {
	if path == "" {
		path = f.host.Copy(sha256)
	}
	instance, err := f.host.Load(ctx, pluginhost.Source{Path: path, SHA256: sha256})
	if err != nil {
		return ports.Description{}, err
	}
	return instance.Describe(), nil
}

// Unload implements catalogue.Programs.
func (f fleet) Unload(ctx context.Context, connector, version string) error {
	return f.host.Unload(ctx, connector, version)
}

// Version implements swap.Fleet.
func (f fleet) Version(connector, version string) (ports.Connector, error) {
	return f.instance(connector, version)
}

func (f fleet) instance(connector, version string) (*pluginhost.Instance, error) {
	if instance, ok := f.host.Version(connector, version); ok {
		return instance, nil
	}
	return nil, fault.New(catalogue.CodeVersionUnknown, fault.NotFound, "version "+version+" of "+connector+" is not loaded").
		WithRemedy("see GET /v1/connectors/{id}/versions for those that are")
}

// Start implements swap.Fleet.
func (f fleet) Start(ctx context.Context, connector, version string) error {
	instance, err := f.instance(connector, version)
	if err != nil {
		return err
	}
	return instance.Start(ctx)
}

// Rest implements swap.Fleet.
func (f fleet) Rest(ctx context.Context, connector, version string) error {
	instance, err := f.instance(connector, version)
	if err != nil {
		return err
	}
	return instance.Rest(ctx)
}

// Route implements swap.Fleet and catalogue.Programs.
func (f fleet) Route(connector, connectionID, version string) {
	f.host.Route(connector, connectionID, version)
}

// Running implements swap.Fleet.
func (f fleet) Running(connector, connectionID string) string {
	if instance, ok := f.host.Serving(connector, connectionID); ok {
		return instance.Describe().Version
	}
	return ""
}

// Serves implements swap.Fleet and catalogue.Programs.
func (f fleet) Serves(connector, version string) bool {
	return f.host.Leads(connector, version)
}

// Reset releases a version from quarantine.
func (f fleet) Reset(connector, version string) error {
	instance, err := f.instance(connector, version)
	if err != nil {
		return err
	}
	instance.Reset()
	return nil
}

// Health implements swap.Fleet.
func (f fleet) Health(connector, version string) swap.Health {
	instance, err := f.instance(connector, version)
	if err != nil {
		return swap.Health{Quarantined: true, Last: err.Error()} // it serves nobody
	}
	status, calls := instance.Status(), instance.Calls()
	health := swap.Health{
		Restarts: status.Restarts, Last: status.LastExit, Quarantined: status.State == pluginhost.Quarantined,
		Calls: calls.Total, Failed: calls.FailedBy(fault.Connector), Refused: -calls.Judged,
	}
	for blame, n := range calls.Faults {
		if blame.Source == fault.Upstream && (blame.Class == fault.Auth || blame.Class == fault.Validation) {
			health.Refused += n
		}
	}
	errors := instance.Errors()
	for i := len(errors) - 1; i >= 0 && health.LastError == ""; i-- {
		if e := errors[i]; e.Source == fault.Connector {
			health.LastError = e.Method + ": " + string(e.Code) + ": " + e.Reason
		}
	}
	return health
}
