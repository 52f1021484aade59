package pluginhost_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

// envHostile has the test binary become a connector that misbehaves in one way.
const envHostile = "KVITT_TEST_HOSTILE"

// becomeHostile is the main function of that connector.
func becomeHostile(mode string) {
	describing := len(os.Args) == 2
	var connector ports.Connector = hostile{}
	switch {
	case mode == "glutton":
		glutton()
	case mode == "healthy":
		connector = healthy{}
	case mode == "describe-garbage" && describing:
		fmt.Fprintln(os.Stdout, "<html>not what you wanted</html>")
		os.Exit(0)
	case mode == "describe-huge" && describing:
		fmt.Fprintln(os.Stdout, strings.Repeat("x", 2<<20))
		os.Exit(0)
	case (mode == "describe-hang" && describing) || (mode == "never-ready" && !describing):
		select {}
	case mode == "describe-fails" && describing:
		fmt.Fprintln(os.Stderr, "libpayments.so.1: cannot open shared object file")
		os.Exit(127)
	case mode == "old-protocol" && describing:
		d := hostile{}.Describe()
		d.Protocol = 2
		_ = json.NewEncoder(os.Stdout).Encode(d)
		os.Exit(0)
	case mode == "describe-nothing" && describing:
		fmt.Fprintln(os.Stderr, "what do you mean, describe?")
		os.Exit(0)
	case mode == "describe-more" && describing:
		_ = json.NewEncoder(os.Stdout).Encode(hostile{}.Describe())
		fmt.Fprintln(os.Stdout, "done.")
		os.Exit(0)
	case mode == "describe-mistyped" && describing:
		fmt.Fprintln(os.Stdout, `{"id":"hostile","version":2}`)
		os.Exit(0)
	case mode == "core-2" && !describing:
		fmt.Fprintln(os.Stdout, "2|1|unix|/tmp/nothing-there|grpc|")
		select {}
	case mode == "protocol-2" && !describing:
		fmt.Fprintln(os.Stdout, "1|2|unix|/tmp/nothing-there|grpc|")
		select {}
	case mode == "no-tls" && !describing:
		_ = os.Unsetenv("PLUGIN_CLIENT_CERT") // as a kit that does not know it
	case mode == "liar" && !describing:
		connector = liar{}
	case mode == "print-first" && !describing:
		fmt.Fprintln(os.Stdout, "Welcome to the connector!")
	case mode == "exit-in-init" && !describing:
		fmt.Fprintln(os.Stderr, "no configuration found")
		os.Exit(7)
	case mode == "net-rpc" && !describing:
		fmt.Fprintln(os.Stdout, "1|1|unix|/tmp/nothing-there|netrpc|")
		select {}
	case mode == "deaf" && !describing:
		serveDeaf()
	case mode == "huge" && !describing:
		serveHuge()
	case mode == "chatterbox" && !describing:
		_, _ = io.CopyN(os.Stdout, rand.Reader, 64<<20)
	case mode == "undying" && !describing:
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT)
		sdk.Serve(connector)
		select {}
	}
	sdk.Main(connector)
}

// hostile does what the cursor of ListPayouts says.
type hostile struct{}

func (hostile) Describe() ports.Description {
	return ports.Description{
		ID: "hostile", Name: "Hostile", Version: "1.2.3", Protocol: ports.ProtocolVersion,
		Capabilities: []ports.Capability{ports.CapabilityPayouts},
		Settings:     json.RawMessage(`{"type":"object"}`), Credentials: json.RawMessage(`{"type":"object"}`),
		Hosts: []string{"https://api.example.com"},
	}
}

type liar struct{ hostile }

func (liar) Describe() ports.Description {
	d := hostile{}.Describe()
	d.Version = "9.9.9"
	return d
}

func (hostile) Verify(context.Context, ports.VerifyRequest) (ports.VerifyReport, error) {
	return ports.VerifyReport{}, nil
}

func (hostile) ListPayoutLines(ctx context.Context, req ports.ListPayoutLinesRequest) (ports.LinePage, error) {
	sdk.Logger(ctx).Info("listing", "password", "hunter22", "detail", "token "+req.Connection.Credentials["token"])
	return ports.LinePage{}, nil
}

func (hostile) ListPayouts(ctx context.Context, req ports.ListPayoutsRequest) (ports.PayoutPage, error) {
	what, argument, _ := strings.Cut(req.Cursor, ":")
	if deed, ok := deeds[what]; ok {
		return deed(argument)
	}
	switch what {
	case "env":
		return names(os.Environ()...), nil
	case "pid":
		return names(fmt.Sprint(os.Getpid())), nil
	case "stdin":
		text, err := io.ReadAll(os.Stdin)
		return names(fmt.Sprintf("%q %v", text, err)), nil
	case "exit":
		os.Exit(3)
	case "panic":
		panic("assignment to entry in nil map")
	case "hang":
		select {}
	case "wait":
		_ = os.WriteFile(argument+".entered", nil, 0o600)
		for !exists(argument) && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		return names("waited"), nil
	case "print":
		fmt.Fprintln(os.Stdout, "printed", argument)
		fmt.Fprintln(os.Stderr, "complained", argument)
	case "stderr":
		// os.NewFile would close the descriptor once it is collected.
		for rest := []byte(argument); len(rest) > 0; {
			n, err := syscall.Write(2, rest)
			if err != nil {
				return ports.PayoutPage{}, err
			}
			rest = rest[n:]
		}
	case "child":
		child := exec.Command("sleep", "1000")
		child.Stdout, child.Stderr = duplicate(1), duplicate(2) // it holds the hub's pipes open
		if err := child.Start(); err != nil {
			return ports.PayoutPage{}, err
		}
		return names(fmt.Sprint(child.Process.Pid)), nil
	case "fault":
		return ports.PayoutPage{}, refuse(argument, req)
	case "raw":
		body := make([]byte, 5<<20)
		sum := sha256.Sum256(body)
		return ports.PayoutPage{Raw: []ports.RawPage{{SHA256: hex.EncodeToString(sum[:]), Bytes: body}}}, nil
	}
	return ports.PayoutPage{}, nil
}

func duplicate(fd int) *os.File {
	copied, err := syscall.Dup(fd)
	if err != nil {
		return nil
	}
	return os.NewFile(uintptr(copied), "copy")
}

func names(of ...string) ports.PayoutPage {
	var page ports.PayoutPage
	for _, name := range of {
		page.Payouts = append(page.Payouts, payout.Payout{Reference: name})
	}
	return page
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, os.ErrNotExist)
}

// serveDeaf shakes hands and then answers nobody.
func serveDeaf() {
	dir, _ := os.MkdirTemp("", "deaf")
	path := dir + "/s"
	fd, _ := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	_ = syscall.Bind(fd, &syscall.SockaddrUnix{Name: path})
	_ = syscall.Listen(fd, 16)
	fmt.Fprintf(os.Stdout, "1|1|unix|%s|grpc|\n", path)
	select {}
}

// hugeServer answers with more than the protocol allows, past the kit.
type hugeServer struct {
	pb.UnimplementedConnectorServiceServer
	pb.UnimplementedPayoutSourceServiceServer
}

func (hugeServer) Describe(context.Context, *pb.DescribeRequest) (*pb.DescribeResponse, error) {
	return &pb.DescribeResponse{Description: &pb.Description{
		Id: "hostile", Version: "1.2.3", Protocol: 1, Capabilities: []string{"psp.payouts"},
	}}, nil
}

func (hugeServer) ListPayouts(context.Context, *pb.ListPayoutsRequest) (*pb.ListPayoutsResponse, error) {
	return &pb.ListPayoutsResponse{Raw: []*pb.RawPage{{Bytes: make([]byte, 100<<20)}}}, nil
}

type hugePlugin struct {
	goplugin.NetRPCUnsupportedPlugin
}

func (hugePlugin) GRPCServer(_ *goplugin.GRPCBroker, s *grpc.Server) error {
	pb.RegisterConnectorServiceServer(s, hugeServer{})
	pb.RegisterPayoutSourceServiceServer(s, hugeServer{})
	return nil
}

func (hugePlugin) GRPCClient(context.Context, *goplugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("this is the server")
}

func serveHuge() {
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig:  sdk.Handshake(),
		VersionedPlugins: map[int]goplugin.PluginSet{1: {sdk.PluginName: hugePlugin{}}},
		GRPCServer: func(o []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(o, grpc.MaxSendMsgSize(1<<30))...)
		},
	})
	os.Exit(0)
}
