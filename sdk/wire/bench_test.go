package wire_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/wire/wiretest"
)

// BenchmarkLines brings full pages of lines as they are in life across.
func BenchmarkLines(b *testing.B) {
	const lines = 1000
	page := ports.LinePage{Raw: []ports.RawPage{rawOf(make([]byte, 600*lines))}}
	for i := range lines {
		id := strconv.Itoa(1_000_000 + i)
		page.Lines = append(page.Lines, payout.Line{
			Key: "SALE/" + id, Kind: payout.Sale, RawType: "SALE", Group: id,
			Gross: money.New(49_900, "SEK"), FeeExVAT: money.New(1_234, "SEK"), FeeVAT: money.New(308, "SEK"), FeeVATRate: "25",
			OccurredAt: time.Unix(1_774_000_000, 0).UTC(),
			References: map[payout.Reference]string{
				payout.MerchantReference1: "KL-" + id, payout.CaptureID: "33db6f16-9f43-43fa-a587-" + id, payout.OrderID: "a5f1-" + id,
			},
			Raw: payout.Raw{Page: page.Raw[0].SHA256, Offset: int64(600 * i), Length: 600},
		})
	}
	client := wiretest.Client(b, &echo{answer: page})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.ListPayoutLines(context.Background(), ports.ListPayoutLinesRequest{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(lines*b.N)/b.Elapsed().Seconds(), "lines/s")
}
