package pluginhost

import (
	"fmt"
	"strconv"
	"strings"

	goplugin "github.com/hashicorp/go-plugin"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// shaken is the line with which a process of go-plugin's says how it is reached:
// core version, protocol version, network, address, protocol, certificate.
type shaken struct {
	core, protocol                      int
	network, address, kind, certificate string
}

// parseHandshake reads the line; ok is false if it is none.
func parseHandshake(output []byte) (s shaken, ok bool) {
	line, _, _ := strings.Cut(string(output), "\n")
	fields := strings.Split(strings.TrimSpace(line), "|")
	const least = 4 // net/rpc is what nobody needs to say
	if len(fields) < least {
		return s, false
	}
	var err error
	if s.core, err = strconv.Atoi(fields[0]); err != nil {
		return s, false
	}
	if s.protocol, err = strconv.Atoi(fields[1]); err != nil {
		return s, false
	}
	fields = append(fields, "", "")
	s.network, s.address, s.kind, s.certificate = fields[2], fields[3], fields[4], fields[5]
	return s, true
}

// disagreement says what of a handshake the hub cannot live with, nil if there is
// nothing. go-plugin says it in several ways, or waits.
func (s shaken) disagreement(plainText bool) *fault.Error {
	author := "tell the connector's author"
	switch {
	case s.core != goplugin.CoreProtocolVersion:
		return startFailed(fmt.Sprintf("the connector shakes hands by version %d of go-plugin's core protocol, this hub by %d", s.core, goplugin.CoreProtocolVersion)).
			WithRemedy(author + " to build it with go-plugin 1, or with a kit of kvitt's")
	case s.protocol != ports.ProtocolVersion:
		return startFailed(fmt.Sprintf("the connector serves protocol %d, this hub speaks %d", s.protocol, ports.ProtocolVersion)).
			WithRemedy(otherProtocol(s.protocol))
	case s.kind != string(goplugin.ProtocolGRPC):
		return startFailed(fmt.Sprintf("the connector serves %q, a connector of kvitt serves gRPC", orNetRPC(s.kind))).WithRemedy(author)
	case s.network != "unix" && s.network != "tcp":
		return startFailed(fmt.Sprintf("the connector listens on %q, which is no network here", s.network)).WithRemedy(author)
	case s.certificate == "" && !plainText:
		return startFailed("the connector answers without TLS, which the hub expects").
			WithRemedy("if its language cannot do mutual TLS, list it under plain_text in the hub's configuration (--plain-text of the development commands)")
	}
	return nil
}

func orNetRPC(kind string) string {
	if kind == "" {
		return string(goplugin.ProtocolNetRPC)
	}
	return kind
}

// otherProtocol says which side must move.
func otherProtocol(connector int) string {
	if connector > ports.ProtocolVersion {
		return "update kvitt, or install a version of the connector that was made for this one"
	}
	return "install a newer version of the connector"
}
