package wire_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
	"github.com/kvitt/kvitt/sdk/wire"
	"github.com/kvitt/kvitt/sdk/wire/wiretest"
)

func codeOf(err error) fault.Code { return fault.CodeOf(err) }

func TestFaultsCrossWithoutLoss(t *testing.T) {
	connector := &echo{}
	client := wiretest.Client(t, connector)
	rapid.Check(t, func(rt *rapid.T) {
		f := filler{rt}
		sent := &fault.Error{
			Code: fault.Code(rapid.StringMatching(`[a-z]{1,12}\.[a-z_]{1,20}`).Draw(rt, "code")),
			Class: pick(f, "class", fault.Validation, fault.Auth, fault.NotFound, fault.Duplicate, fault.Conflict,
				fault.RateLimited, fault.Temporary, fault.NotSent, fault.Unknown),
			Source:     pick(f, "source", fault.Hub, fault.Connector, fault.Upstream),
			Field:      rapid.StringN(0, 20, 200).Draw(rt, "field"),
			Reason:     rapid.StringN(0, 50, 500).Draw(rt, "reason"),
			Remedy:     rapid.StringN(0, 50, 500).Draw(rt, "remedy"),
			RetryAfter: time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(rt, "retry")),
		}
		usage, known := generate[ports.Usage](rt), rapid.Bool().Draw(rt, "usage known")
		connector.err = sent
		if known {
			connector.err = ports.WithUsage(sent, usage)
		}
		_, err := client.ListPayouts(context.Background(), ports.ListPayoutsRequest{})
		if got := fault.Of(err); got == nil || *got != *sent {
			rt.Fatalf("got %+v for %+v", got, sent)
		}
		got, ok := ports.UsageOf(err)
		if ok != known || (known && got != usage) {
			rt.Fatalf("got usage %+v, %v for %+v, %v", got, ok, usage, known)
		}
	})
}

func TestErrorsOfConnectors(t *testing.T) {
	t.Parallel()
	secret := "s3cret-token-value"
	call := ports.Call{Connection: ports.Connection{Credentials: map[string]string{"access_token": secret, "tiny": "a"}}}
	cases := map[string]struct {
		err        error
		readClass  fault.Class
		writeClass fault.Class
		code       fault.Code
		reason     string
	}{
		"wrapping and cause become part of the reason": {
			err: fmt.Errorf("booking voucher: %w",
				fault.New("erp.locked", fault.Conflict, "the period is locked").Wrap(errors.New("code 2000"))),
			readClass: fault.Conflict, writeClass: fault.Conflict, code: "erp.locked",
			reason: "booking voucher: the period is locked: code 2000",
		},
		"credentials never cross in an error": {
			err:       fault.New("upstream.unauthorized", fault.Auth, "token "+secret+" is a bad one"),
			readClass: fault.Auth, writeClass: fault.Auth, code: "upstream.unauthorized",
			reason: "token [redacted on the wire] is a bad one",
		},
		"an error that is no fault leaves a write open and keeps its text to itself": {
			err:       errors.New("Get https://example.com/?customer=anna"),
			readClass: fault.Temporary, writeClass: fault.Unknown, code: wire.CodeUnclassified,
			reason: "the connector failed without saying how",
		},
		"a connector that ran out of time leaves a write open": {
			err:       fmt.Errorf("reading: %w", context.DeadlineExceeded),
			readClass: fault.Temporary, writeClass: fault.Unknown, code: wire.CodeUnclassified,
			reason: "the connector gave up when its time was over",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := wiretest.Client(t, &echo{err: c.err})
			_, err := client.ListPayouts(context.Background(), ports.ListPayoutsRequest{Call: call})
			require.Equal(t, c.code, codeOf(err))
			require.Equal(t, c.readClass, fault.ClassOf(err))
			require.Equal(t, c.reason, fault.Of(err).Reason)
			_, err = client.EnsureAttachment(context.Background(), ports.AttachmentRequest{Write: ports.Write{Call: call}})
			require.Equal(t, c.writeClass, fault.ClassOf(err))
		})
	}
}

func TestLongTextsOfFaultsAreCutAtARune(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("å", 100_000)
	client := wiretest.Client(t, &echo{err: &fault.Error{Code: "a.b", Class: fault.Auth, Reason: long, Remedy: long, Field: long}})
	_, err := client.ListPayouts(context.Background(), ports.ListPayoutsRequest{})
	f := fault.Of(err)
	require.Equal(t, fault.Code("a.b"), f.Code)
	require.Equal(t, strings.Repeat("å", 1024)+"…", f.Reason)
	require.Equal(t, strings.Repeat("å", 128)+"…", f.Field)
}

// foreign answers EnsureVoucher with a bare status, as a connector in another
// language or gRPC itself may.
type foreign struct {
	pb.UnimplementedVouchersServiceServer
	err error
}

func (f foreign) EnsureVoucher(context.Context, *pb.EnsureVoucherRequest) (*pb.EnsureVoucherResponse, error) {
	return nil, f.err
}

func TestAStatusWithoutDetailsProvesNothing(t *testing.T) {
	t.Parallel()
	cases := map[codes.Code]struct {
		code  fault.Code
		class fault.Class
	}{
		codes.Unavailable:      {wire.CodeCutOff, fault.Unknown},
		codes.Canceled:         {wire.CodeCutOff, fault.Unknown},
		codes.DeadlineExceeded: {wire.CodeDeadline, fault.Unknown},
		codes.Internal:         {wire.CodeBroken, fault.Unknown},
		codes.InvalidArgument:  {wire.CodeBroken, fault.Unknown},
		codes.Aborted:          {wire.CodeBroken, fault.Unknown},
		codes.Unimplemented:    {wire.CodeMissing, fault.Validation},
	}
	for code, want := range cases {
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			conn := wiretest.Conn(t, func(s grpc.ServiceRegistrar) {
				pb.RegisterVouchersServiceServer(s, foreign{err: status.Error(code, "whatever")})
			})
			client := wire.NewClient(conn, ports.Description{})
			_, err := client.EnsureVoucher(context.Background(), ports.VoucherRequest{})
			require.Equal(t, want.code, codeOf(err))
			require.Equal(t, want.class, fault.ClassOf(err))
			require.Equal(t, fault.Connector, fault.Of(err).Source)
			_, known := ports.UsageOf(err)
			require.False(t, known, "nobody said what the call has cost")
		})
	}
}

type crashing struct{ *echo }

func (crashing) ListPayouts(context.Context, ports.ListPayoutsRequest) (ports.PayoutPage, error) {
	panic("secret of a merchant")
}

func TestAPanicEndsOneCallOnly(t *testing.T) {
	t.Parallel()
	var reported string
	recovery := wire.Recovery(func(_ context.Context, id string, value any, stack []byte) {
		require.Equal(t, "secret of a merchant", value)
		require.Contains(t, string(stack), "ListPayouts")
		reported = id
	})
	client := wiretest.Client(t, crashing{&echo{}}, grpc.UnaryInterceptor(recovery))
	_, err := client.ListPayouts(context.Background(), ports.ListPayoutsRequest{})
	require.Equal(t, wire.CodePanic, codeOf(err))
	require.Equal(t, fault.Unknown, fault.ClassOf(err))
	require.NotEmpty(t, reported)
	require.Contains(t, err.Error(), reported)
	require.NotContains(t, err.Error(), "secret of a merchant")

	_, err = client.ListPayoutLines(context.Background(), ports.ListPayoutLinesRequest{})
	require.NoError(t, err, "other calls go on")
}
