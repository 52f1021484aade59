package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/bench/trade"
)

// ListPayouts implements ports.PayoutSource.
func (generator) ListPayouts(_ context.Context, req ports.ListPayoutsRequest) (ports.PayoutPage, error) {
	lines, err := linesOf(req.Call)
	if err != nil {
		return ports.PayoutPage{}, err
	}
	return ports.PayoutPage{
		Payouts: []payout.Payout{{Reference: "BENCH", Date: trade.Payday(), Net: trade.Net(lines), Account: "generator"}},
		Usage:   once(),
	}, nil
}

// bytesPerRow is somewhat more than a row takes.
const bytesPerRow = 640

// ListPayoutLines implements ports.PayoutSource. Its raw page is as long as that of
// a provider's API, and each line says where in it its row stands.
func (generator) ListPayoutLines(_ context.Context, req ports.ListPayoutLinesRequest) (ports.LinePage, error) {
	lines, err := linesOf(req.Call)
	if err != nil {
		return ports.LinePage{}, err
	}
	from, to, next := window(req.Cursor, lines)
	page := ports.LinePage{Next: next, Usage: once()}
	bytes := append(make([]byte, 0, (to-from)*bytesPerRow), `{"transactions":[`...)
	for i := from; i < to; i++ {
		if i > from {
			bytes = append(bytes, ',')
		}
		row, offset := trade.At(i), int64(len(bytes))
		line := row.Line(payout.Raw{Offset: offset})
		bytes = row.AppendJSON(bytes, line)
		line.Raw.Length = int64(len(bytes)) - offset
		page.Lines = append(page.Lines, line)
	}
	bytes = append(bytes, `]}`...)
	sum := sha256.Sum256(bytes)
	raw := ports.RawPage{SHA256: hex.EncodeToString(sum[:]), MediaType: "application/json", Bytes: bytes}
	page.Raw = []ports.RawPage{raw}
	for i := range page.Lines {
		page.Lines[i].Raw.Page = raw.SHA256
	}
	return page, nil
}

// ListDocuments implements ports.DocumentSource. Nothing changes after the first
// reading.
func (generator) ListDocuments(_ context.Context, req ports.ListDocumentsRequest) (ports.DocumentPage, error) {
	lines, err := linesOf(req.Call)
	if err != nil {
		return ports.DocumentPage{}, err
	}
	page := ports.DocumentPage{Usage: once()}
	if req.Since != "" {
		page.Watermark = "read"
		return page, nil
	}
	var from, to int
	from, to, page.Next = window(req.Cursor, trade.Positions(lines))
	for _, row := range trade.Documents(from, to, lines) {
		page.Documents = append(page.Documents, row.Document())
	}
	if page.Next == "" {
		page.Watermark = "read"
	}
	return page, nil
}

// FindDocuments implements ports.DocumentSource. What is not in the list is not
// there.
func (generator) FindDocuments(context.Context, ports.FindDocumentsRequest) (ports.DocumentPage, error) {
	return ports.DocumentPage{Documents: []invoice.Document{}, Usage: once()}, nil
}
