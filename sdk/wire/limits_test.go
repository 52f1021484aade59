package wire_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
	"github.com/kvitt/kvitt/sdk/wire"
	"github.com/kvitt/kvitt/sdk/wire/wiretest"
)

func rawOf(bytes []byte) ports.RawPage {
	sum := sha256.Sum256(bytes)
	return ports.RawPage{SHA256: hex.EncodeToString(sum[:]), Bytes: bytes}
}

func linesOf(n, size int) []payout.Line {
	lines := make([]payout.Line, n)
	for i := range lines {
		lines[i] = payout.Line{Kind: payout.Sale, RawType: strings.Repeat("x", size)}
	}
	return lines
}

func TestPagesAtTheLimitCrossAndAboveItAreRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		page  ports.LinePage
		field string
	}{
		"1000 lines and 6 MB of evidence": {
			page: ports.LinePage{Lines: linesOf(1000, 1000), Raw: []ports.RawPage{rawOf(make([]byte, 6_000_000))}},
		},
		"1001 lines":                   {page: ports.LinePage{Lines: linesOf(1001, 1)}, field: "lines"},
		"lines above 1 MiB":            {page: ports.LinePage{Lines: linesOf(500, 3000)}, field: "lines"},
		"evidence above 6 MiB":         {page: ports.LinePage{Raw: []ports.RawPage{rawOf(make([]byte, 7<<20))}}, field: "raw"},
		"a message above 8 MiB":        {page: ports.LinePage{Raw: []ports.RawPage{rawOf(make([]byte, 9<<20))}}, field: ""},
		"far above what gRPC would do": {page: ports.LinePage{Raw: []ports.RawPage{rawOf(make([]byte, 40<<20))}}, field: ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := wiretest.Client(t, &echo{answer: c.page})
			got, err := client.ListPayoutLines(context.Background(), ports.ListPayoutLinesRequest{})
			if !strings.Contains(name, "above") && !strings.HasPrefix(name, "1001") {
				require.NoError(t, err)
				require.Equal(t, c.page, got)
				return
			}
			require.Equal(t, wire.CodeLimit, codeOf(err))
			require.Equal(t, fault.Validation, fault.ClassOf(err))
			require.Equal(t, fault.Connector, fault.Of(err).Source)
			require.Equal(t, c.field, fault.Of(err).Field)
		})
	}
}

func TestRequestsAboveTheLimitAreNeverSent(t *testing.T) {
	t.Parallel()
	connector := &echo{answer: ports.AttachmentResult{ID: "1", Outcome: ports.Created}}
	client := wiretest.Client(t, connector)
	_, err := client.EnsureAttachment(context.Background(), ports.AttachmentRequest{Content: make([]byte, wire.MaxMessage)})
	require.Equal(t, wire.CodeLimit, codeOf(err))
	require.Equal(t, fault.Validation, fault.ClassOf(err), "nothing happened")
	require.Nil(t, connector.got)

	// Beyond the 4 MiB at which gRPC stops by itself.
	_, err = client.EnsureAttachment(context.Background(), ports.AttachmentRequest{Content: make([]byte, 7<<20)})
	require.NoError(t, err)
}

func TestRequestsThatMakeNoSenseAreNeverSent(t *testing.T) {
	t.Parallel()
	connector := &echo{}
	client := wiretest.Client(t, connector)
	_, err := client.EnsurePayment(context.Background(), ports.PaymentRequest{Payment: ports.Payment{DocumentKind: "receipt"}})
	require.Equal(t, wire.CodeMessage, codeOf(err))
	require.Equal(t, "payment.document_kind", fault.Of(err).Field)
	_, err = client.EnsureAttachment(context.Background(), ports.AttachmentRequest{FileName: "\xff"})
	require.Equal(t, wire.CodeMessage, codeOf(err))
	require.Equal(t, fault.Validation, fault.ClassOf(err))
	require.Nil(t, connector.got)
}

func TestAVoucherThatDoesNotBalanceIsNotBooked(t *testing.T) {
	t.Parallel()
	connector := &echo{}
	conn := wiretest.Conn(t, func(s grpc.ServiceRegistrar) { wire.Register(s, connector) })
	_, err := pb.NewVouchersServiceClient(conn).EnsureVoucher(context.Background(), &pb.EnsureVoucherRequest{
		Voucher: &pb.Voucher{Date: "2026-04-01", Rows: []*pb.VoucherRow{
			{Account: "1930", Amount: &pb.Money{Minor: 100, Currency: "SEK"}},
		}},
	})
	require.Equal(t, wire.CodeMessage, codeOf(wire.FromStatus(err)))
	require.Nil(t, connector.got)
}

func TestAnswersThatMakeNoSense(t *testing.T) {
	t.Parallel()
	page := rawOf([]byte("evidence"))
	page.Bytes = []byte("something else")
	cases := map[string]struct {
		answer any
		call   func(*wire.Client) error
		class  fault.Class
		field  string
	}{
		"a line of a kind outside the set": {
			answer: ports.LinePage{Lines: []payout.Line{{Kind: payout.Sale}, {Kind: "gift"}}},
			call:   listLines, class: fault.Validation, field: "lines[1].kind",
		},
		"evidence whose hash is another's": {
			answer: ports.LinePage{Raw: []ports.RawPage{page}},
			call:   listLines, class: fault.Validation, field: "raw[0].sha256",
		},
		"an amount in a currency that does not exist": {
			answer: ports.DocumentPage{Documents: []invoice.Document{{Kind: invoice.Invoice, Total: money.New(1, "XXQ")}}},
			call: func(c *wire.Client) error {
				_, err := c.ListDocuments(context.Background(), ports.ListDocumentsRequest{})
				return err
			},
			class: fault.Validation, field: "documents[0].total",
		},
		"a write without an outcome leaves it open": {
			answer: ports.AttachmentResult{ID: "1"},
			call: func(c *wire.Client) error {
				_, err := c.EnsureAttachment(context.Background(), ports.AttachmentRequest{})
				return err
			},
			class: fault.Unknown, field: "outcome",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.call(wiretest.Client(t, &echo{answer: c.answer}))
			require.Equal(t, wire.CodeMessage, codeOf(err))
			require.Equal(t, c.class, fault.ClassOf(err))
			require.Equal(t, c.field, fault.Of(err).Field)
			require.Equal(t, fault.Connector, fault.Of(err).Source)
		})
	}
}

func listLines(c *wire.Client) error {
	_, err := c.ListPayoutLines(context.Background(), ports.ListPayoutLinesRequest{})
	return err
}

// other answers as a connector in another language may.
type other struct {
	pb.UnimplementedPayoutSourceServiceServer
	line *pb.PayoutLine
}

func (o other) ListPayoutLines(context.Context, *pb.ListPayoutLinesRequest) (*pb.ListPayoutLinesResponse, error) {
	return &pb.ListPayoutLinesResponse{Lines: []*pb.PayoutLine{o.line}}, nil
}

func linesFrom(t *testing.T, line *pb.PayoutLine) (ports.LinePage, error) {
	t.Helper()
	conn := wiretest.Conn(t, func(s grpc.ServiceRegistrar) { pb.RegisterPayoutSourceServiceServer(s, other{line: line}) })
	return wire.NewClient(conn, ports.Description{}).ListPayoutLines(context.Background(), ports.ListPayoutLinesRequest{})
}

func TestAKindFromTheFutureIsUnknownAndNotLost(t *testing.T) {
	t.Parallel()
	got, err := linesFrom(t, &pb.PayoutLine{Key: "1", Kind: 99})
	require.NoError(t, err)
	require.Equal(t, []payout.Line{{Key: "1", Kind: payout.Unknown}}, got.Lines)
}

func TestLinesThatTheProtocolDoesNotAllow(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		line  *pb.PayoutLine
		field string
	}{
		"no kind": {&pb.PayoutLine{}, "lines[0].kind"},
		"a reference twice": {&pb.PayoutLine{Kind: 1, References: []*pb.Reference{
			{Name: "order_id", Value: "1"}, {Name: "order_id", Value: "2"},
		}}, "lines[0].references"},
		"an amount without a currency":  {&pb.PayoutLine{Kind: 1, Gross: &pb.Money{Minor: 1}}, "lines[0].gross"},
		"an amount without an opposite": {&pb.PayoutLine{Kind: 1, Gross: &pb.Money{Minor: -1 << 63, Currency: "SEK"}}, "lines[0].gross"},
		"a rate that is no number":      {&pb.PayoutLine{Kind: 1, Rate: "eleven"}, "lines[0].rate"},
		"a rate with an exponent":       {&pb.PayoutLine{Kind: 1, Rate: "1e9999999"}, "lines[0].rate"},
		"a rate that never ends":        {&pb.PayoutLine{Kind: 1, Rate: strings.Repeat("1", 200)}, "lines[0].rate"},
		"a moment beyond all calendars": {&pb.PayoutLine{Kind: 1, OccurredAt: &timestamppb.Timestamp{Seconds: 1 << 60}}, "lines[0].occurred_at"},
	}
	for name, c := range cases {
		_, err := linesFrom(t, c.line)
		require.Equal(t, wire.CodeMessage, codeOf(err), name)
		require.Equal(t, c.field, fault.Of(err).Field, name)
	}
}
