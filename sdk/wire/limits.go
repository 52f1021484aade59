package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/kvitt/kvitt/core/fault"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

// The limits of the protocol, the same in both directions.
const (
	// MaxMessage is the size in bytes of a request or an answer.
	MaxMessage = 8 << 20
	// MaxItems is the number of items on a page.
	MaxItems = 1000
	// MaxItemBytes is the size of a page without its raw pages, and of a piece of
	// the books.
	MaxItemBytes = 1 << 20
	// MaxRawBytes is the size of the raw pages of one answer together.
	MaxRawBytes = 6 << 20
)

// slack is what a piece of the books may take beside its bytes.
const slack = 4 << 10

// CodeLimit: a request or an answer is larger than the protocol allows.
const CodeLimit fault.Code = "connector.limit_exceeded"

// ServerOptions set the limits of the protocol on a server of connectors. The
// limits of gRPC itself lie a little above MaxMessage, so that an oversized
// message is refused here, with a reason.
func ServerOptions() []grpc.ServerOption {
	return []grpc.ServerOption{grpc.MaxRecvMsgSize(MaxMessage + slack), grpc.MaxSendMsgSize(MaxMessage + slack)}
}

// DialOptions set the limits of the protocol on a connection to a connector.
func DialOptions() []grpc.DialOption {
	return []grpc.DialOption{grpc.WithDefaultCallOptions(
		grpc.MaxCallRecvMsgSize(MaxMessage+slack), grpc.MaxCallSendMsgSize(MaxMessage+slack),
	)}
}

func exceeds(field string, have, most int, unit string) *fault.Error {
	return fault.Invalid(CodeLimit, field, fmt.Sprintf("%d %s exceed the limit of %d", have, unit, most))
}

func checkSize(message proto.Message) *fault.Error {
	if size := proto.Size(message); size > MaxMessage {
		return exceeds("", size, MaxMessage, "bytes of one message")
	}
	return nil
}

// checkAnswer refuses an answer beyond the limits of a page, at the connector.
func checkAnswer(message proto.Message) *fault.Error {
	size := proto.Size(message)
	if size > MaxMessage {
		return exceeds("", size, MaxMessage, "bytes of one message")
	}
	if wrong := checkCounts(message); wrong != nil {
		return wrong
	}
	field, _ := countItems(message)
	if rest := size - rawBytes(message); field != "" && rest > MaxItemBytes+slack {
		return exceeds(field, rest, MaxItemBytes, "bytes")
	}
	return nil
}

// checkCounts is the part of checkAnswer that the hub repeats. The size of what
// it receives gRPC has limited already, and measuring it again would take a
// quarter of the time that a page takes.
func checkCounts(message proto.Message) *fault.Error {
	if field, items := countItems(message); items > MaxItems {
		return exceeds(field, items, MaxItems, "items")
	}
	if raw := rawBytes(message); raw > MaxRawBytes {
		return exceeds("raw", raw, MaxRawBytes, "bytes")
	}
	return nil
}

func rawBytes(message proto.Message) int {
	total := 0
	if paged, ok := message.(interface{ GetRaw() []*pb.RawPage }); ok {
		for _, page := range paged.GetRaw() {
			total += proto.Size(page)
		}
	}
	return total
}

func countItems(message proto.Message) (field string, items int) {
	switch answer := message.(type) {
	case *pb.ListPayoutsResponse:
		return "payouts", len(answer.GetPayouts())
	case *pb.ListPayoutLinesResponse:
		return "lines", len(answer.GetLines())
	case *pb.ListDocumentsResponse:
		return "documents", len(answer.GetDocuments())
	case *pb.FindDocumentsResponse:
		return "documents", len(answer.GetDocuments())
	case *pb.ListPaymentsResponse:
		return "payments", len(answer.GetPayments())
	case *pb.ListChoicesResponse:
		return "choices", len(answer.GetChoices())
	case *pb.VerifyResponse:
		return "checks", len(answer.GetChecks())
	case *pb.ListOrdersResponse:
		return "orders", len(answer.GetOrders())
	case *pb.ReadPayoutPageResponse:
		return "lines", len(answer.GetLines())
	case *pb.ReadCallbackResponse:
		return "notices", len(answer.GetNotices())
	case *pb.ExportBooksResponse:
		return "bytes", 1
	}
	return "", 0
}

// checkRaw refuses raw pages whose hash is not that of their bytes: what kvitt
// keeps as evidence must be what it is called by.
func checkRaw(message proto.Message) *fault.Error {
	paged, ok := message.(interface{ GetRaw() []*pb.RawPage })
	if !ok {
		return nil
	}
	for i, page := range paged.GetRaw() {
		sum := sha256.Sum256(page.GetBytes())
		if hex.EncodeToString(sum[:]) != page.GetSha256() {
			return fault.Invalid(CodeMessage, fmt.Sprintf("raw[%d].sha256", i), "the hash is not that of the bytes")
		}
	}
	return nil
}
