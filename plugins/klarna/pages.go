package main

import (
	"context"
	"strconv"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/plugins/klarna/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/jsonpage"
	"github.com/kvitt/kvitt/sdk/paging"
)

// CodeNoPayout: the payout itself was not kept, without which its rows mean nothing.
const CodeNoPayout fault.Code = "klarna.payout_not_kept"

// pageCursor carries what the pages before have shown.
var pageCursor = paging.Codec[pageState]{Name: "pages.1"}

// pageState is what a page must know of those before.
type pageState struct {
	frame
	// Offset is the number of rows before.
	Offset int64        `json:"offset,omitempty"`
	Seen   paging.Marks `json:"seen,omitempty"`
}

// Valid reports whether a state that came from outside can be one.
func (s pageState) Valid() bool { return s.Reference != "" && s.Offset >= 0 }

// ReadPayoutPage gives the lines of a page of rows, or those for totals that have no
// rows of the page of the payout itself. Klarna is not asked whether equal rows on two
// pages are two: it was when they were read.
func (c *Connector) ReadPayoutPage(_ context.Context, req ports.PageRequest) (ports.PageReading, error) {
	state, err := beginPages(req)
	if err != nil {
		return ports.PageReading{}, err
	}
	// Both have a member "transactions": the payout's is a link.
	if _, err := jsonpage.Whole(req.Page.Bytes).Member("payment_reference"); err == nil {
		lines, err := readTotals(req.Page)
		return ports.PageReading{Lines: lines, Next: req.Cursor}, err
	}
	items, err := jsonpage.List(req.Page.Bytes, "transactions", state.Offset, client.ReadTransaction)
	if err != nil {
		return ports.PageReading{}, err
	}
	lines, err := state.take(items, req)
	if err != nil {
		return ports.PageReading{}, err
	}
	next, err := pageCursor.Write(state)
	return ports.PageReading{Lines: lines, Next: next}, err
}

func beginPages(req ports.PageRequest) (pageState, error) {
	if req.Cursor != "" {
		state, err := pageCursor.Read(req.Cursor, pageState{})
		if err == nil && state.Reference != req.Reference {
			err = paging.Invalid("it belongs to another payout")
		}
		return state, err
	}
	if len(req.Payout) == 0 {
		return pageState{}, fault.New(CodeNoPayout, fault.NotFound, "the payout itself was not kept").From(fault.Connector).
			WithRemedy("fetch the settlement report from Klarna's merchant portal")
	}
	item, err := jsonpage.Object(req.Payout, client.ReadPayout)
	if err != nil {
		return pageState{}, err
	}
	invoiced, err := feesInvoiced(item.Value)
	return pageState{frame: frameOf(item.Value, invoiced)}, err
}

// take maps the rows that were read from this page.
func (s *pageState) take(items []jsonpage.Item[client.Transaction], req ports.PageRequest) ([]payout.Line, error) {
	var lines []payout.Line
	var shown []uint64
	here := map[digest]int{}
	for i, item := range items {
		raw := item.Raw(req.Page)
		if req.Until > 0 && raw.Offset >= req.Until {
			break
		}
		row, err := s.mapRow(item.Value, raw, "transactions["+strconv.FormatInt(s.Offset+int64(i), 10)+"]")
		if err != nil {
			return nil, err
		}
		mark := paging.Mark(row.digest)
		here[row.digest]++
		row.line.Key = row.digest.key(s.Seen.Count(mark) + here[row.digest])
		lines, shown = append(lines, row.line), append(shown, mark)
	}
	s.Offset += int64(len(lines))
	s.Seen = s.Seen.With(shown)
	return lines, nil
}

// readTotals gives the lines of the page of a payout itself.
func readTotals(page ports.RawPage) ([]payout.Line, error) {
	item, err := jsonpage.Object(page.Bytes, client.ReadPayout)
	if err != nil {
		return nil, err
	}
	return carry(item.Value, page)
}
