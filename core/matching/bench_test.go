package matching_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
)

// BenchmarkMatch matches batches of 1000 lines with as many documents, as a flow
// does that reads a large payout page by page. Nine of ten lines find their
// document; every tenth is a refund.
func BenchmarkMatch(b *testing.B) {
	const batch = 1000
	lines := make([]payout.Line, 0, batch)
	candidates := make([]matching.Candidate, 0, batch)
	start := time.Date(2026, 3, 30, 0, 0, 0, 0, time.UTC)
	for i := range batch {
		order := "ORDER-" + strconv.Itoa(100_000+i)
		line, candidate := sale("capture/"+strconv.Itoa(i), order, 249_00), issued(strconv.Itoa(i), order, 249_00)
		if i%10 == 0 {
			line, candidate = refund("refund/"+strconv.Itoa(i), order, -249_00), issued(strconv.Itoa(i), order, -249_00)
		}
		if i%10 == 5 {
			line.References[payout.MerchantReference1] = "unknown " + order
		}
		line.References[payout.MerchantReference2] = strconv.Itoa(7_000_000 + i)
		candidate.Document.References[invoice.OCR] = strconv.Itoa(8_000_000 + i)
		line.OccurredAt = start.Add(time.Duration(i*7919%batch) * time.Second)
		lines = append(lines, line)
		candidates = append(candidates, candidate)
	}
	b.ReportAllocs()
	for b.Loop() {
		matching.Match(lines, candidates, rules())
	}
	b.ReportMetric(batch*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}
