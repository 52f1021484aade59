package sdk

import (
	"context"
	"errors"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/wire"
)

const (
	// PluginName is the name under which go-plugin dispenses the connector.
	PluginName = "connector"
	// EnvHostPID holds the process id of the hub that started the connector.
	EnvHostPID = "KVITT_HOST_PID"
	// EnvLogLevel holds the least level that the connector logs: "trace",
	// "debug", "info", "warn" or "error".
	EnvLogLevel = "KVITT_LOG_LEVEL"
)

// Handshake is what hub and connector must agree on before they speak. The
// cookie keeps people from starting a connector by hand; it is no secret.
func Handshake() goplugin.HandshakeConfig {
	return goplugin.HandshakeConfig{
		ProtocolVersion:  ports.ProtocolVersion,
		MagicCookieKey:   "KVITT_CONNECTOR",
		MagicCookieValue: "8f2c1d60-settle",
	}
}

// Plugin joins a connector to go-plugin. The hub leaves Connector nil and gets
// the bare connection when it dispenses.
type Plugin struct {
	goplugin.NetRPCUnsupportedPlugin
	Connector ports.Connector
}

var _ goplugin.GRPCPlugin = Plugin{}

var errNoConnector = errors.New("serving a connector: there is none")

// GRPCServer registers the connector's services.
func (p Plugin) GRPCServer(_ *goplugin.GRPCBroker, s *grpc.Server) error {
	if p.Connector == nil {
		return errNoConnector
	}
	wire.Register(s, p.Connector)
	return nil
}

// GRPCClient gives the *grpc.ClientConn.
func (Plugin) GRPCClient(_ context.Context, _ *goplugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return conn, nil
}
