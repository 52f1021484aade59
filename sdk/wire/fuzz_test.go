package wire_test

import (
	"context"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
	"github.com/kvitt/kvitt/sdk/wire"
)

// canned is a connection that gives every call the same answer.
type canned struct{ answer []byte }

func (c canned) Invoke(_ context.Context, _ string, _, reply any, _ ...grpc.CallOption) error {
	return proto.Unmarshal(c.answer, reply.(proto.Message))
}

func (canned) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, nil
}

// FuzzLinePage reads whatever bytes a connector may answer with: either lines
// that the protocol allows or a fault, never a panic.
func FuzzLinePage(f *testing.F) {
	good, err := proto.Marshal(&pb.ListPayoutLinesResponse{Lines: []*pb.PayoutLine{{
		Key: "1", Kind: pb.LineKind_LINE_KIND_SALE, Gross: &pb.Money{Minor: 100, Currency: "SEK"},
		OccurredAt: timestamppb.Now(), References: []*pb.Reference{{Name: "order_id", Value: "x"}}, Raw: &pb.RawPointer{Page: "a"},
	}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte{})
	f.Add([]byte{0x0a, 0x02, 0x10, 0x63})
	f.Fuzz(func(t *testing.T, answer []byte) {
		client := wire.NewClient(canned{answer}, ports.Description{})
		page, err := client.ListPayoutLines(context.Background(), ports.ListPayoutLinesRequest{})
		if err != nil {
			if fault.Of(err) == nil {
				t.Fatalf("an error without a fault: %v", err)
			}
			return
		}
		for _, line := range page.Lines {
			if !line.Kind.Valid() {
				t.Fatalf("a line of kind %q was let in", line.Kind)
			}
		}
	})
}
