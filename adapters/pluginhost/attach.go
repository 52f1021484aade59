package pluginhost

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/grpc"
	grpcbackoff "google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/wire"
)

// Attach takes a connector that somebody has started by hand, under a debugger,
// with the argument sdk.Debugging: address is the path of its socket. From then on
// it is the connector of that id. The host neither starts nor ends its process,
// and a call may take as long as somebody looks at a breakpoint.
func (h *Host) Attach(ctx context.Context, id, address string) (*Instance, error) {
	if !h.config.AllowAttach {
		return nil, attachRefused("connectors are attached in development only, where nobody's money is booked",
			"start kvitt with --dev, or take the connector's attachment out of the configuration")
	}
	if err := checkSocket(address); err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient("unix:"+address, append(wire.DialOptions(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		// The connector comes and goes as its author starts it.
		grpc.WithIdleTimeout(0),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: grpcbackoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.5, MaxDelay: time.Second}, MinConnectTimeout: time.Second,
		}))...)
	if err != nil {
		return nil, attachRefused("\""+address+"\" is not the path of a socket", "paste the line that the connector has printed").Wrap(err)
	}
	instance, err := h.adopt(ctx, id, newAttached(conn, id, address))
	if err != nil {
		_ = conn.Close() // it was of no use
	}
	return instance, err
}

// adopt asks the connector what it is and makes it the one of its id.
func (h *Host) adopt(ctx context.Context, id string, a *attached) (*Instance, error) {
	ctx, cancel := context.WithTimeout(ctx, h.config.StartTimeout)
	defer cancel()
	if err := a.reach(ctx); err != nil {
		return nil, attachRefused("nobody serves the connector "+id+" at "+a.address,
			"start it under the debugger first, with the argument serve-for-debugging")
	}
	description, err := wire.FetchDescription(ctx, a.conn)
	if fault.CodeOf(err) == wire.CodeDeadline {
		return nil, attachRefused("the connector at "+a.address+" did not say what it is within "+h.config.StartTimeout.String(),
			"see whether it stands at a breakpoint")
	}
	if err != nil {
		return nil, err
	}
	if err := checkDescription(description); err != nil {
		return nil, err
	}
	if description.ID != id {
		return nil, attachRefused("the connector at "+a.address+" is "+description.ID+", not "+id, "attach it as "+description.ID+"="+a.address)
	}
	a.version = description.Version
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return nil, unavailable("the hub is being stopped", 0)
	}
	for version := range h.instances[id] {
		return nil, fault.New(CodeLoaded, fault.Conflict, "version "+version+" of "+id+" is loaded already")
	}
	instance := &Instance{Client: wire.NewClient(a, description), keeper: a}
	h.add(instance)
	h.config.Logger.Named("connector").With("connector", id, "version", a.version).Warn("connector is attached", "address", a.address)
	return instance, nil
}

// checkSocket refuses what is no socket, and one that another user could have put
// there: credentials are sent through it.
func checkSocket(address string) error {
	if !filepath.IsAbs(address) {
		return attachRefused("\""+address+"\" is not the path of a socket: connectors are attached through sockets of this machine only",
			"paste the line that the connector has printed")
	}
	info, err := os.Lstat(address)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return attachRefused("there is no socket "+address, "start the connector under the debugger first, with the argument serve-for-debugging")
	case err != nil:
		return attachRefused("the socket "+address+" cannot be reached", "run kvitt as the user who runs the connector").Wrap(err)
	case info.Mode().Type() != fs.ModeSocket:
		return attachRefused(address+" is not a socket", "paste the line that the connector has printed")
	}
	if wrong := foreignFolder(filepath.Dir(address)); wrong != "" {
		return attachRefused("the socket's folder "+filepath.Dir(address)+" "+wrong, "have the connector make the folder itself, which no other user may enter")
	}
	return nil
}
