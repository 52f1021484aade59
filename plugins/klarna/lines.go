package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/plugins/klarna/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/jsonpage"
	"github.com/kvitt/kvitt/sdk/paging"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// maxItemBytes is how much the lines of one page may take: with the longest
// cursor they stay below the 1 MiB of the protocol.
const maxItemBytes = 600 << 10

// lineCursor carries how far the reading of a payout has come.
var lineCursor = paging.Codec[lineState]{Name: "lines.2"}

// lineState is how far the reading of a payout has come.
type lineState struct {
	frame
	paging.Progress
	tally
	// Seen is what earlier pages have shown.
	Seen paging.Marks `json:"seen,omitempty"`
	// Stated is a fingerprint of the payout, which must not change meanwhile.
	Stated string `json:"stated"`
}

// lineReader reads one page of the rows of a payout.
type lineReader struct {
	remote *client.Client
	size   int
	state  lineState
	// paid is the payout itself, nil if this page did not need it yet.
	paid *paidOut
	equals
}

// paidOut is a payout with the page that it was read from.
type paidOut struct {
	jsonpage.Item[client.Payout]
	raw ports.RawPage
}

// ListPayoutLines gives the rows of one payout, then the lines for totals that
// have no rows. The first page and the last one read the payout itself as well.
func (c *Connector) ListPayoutLines(ctx context.Context, req ports.ListPayoutLinesRequest) (ports.LinePage, error) {
	return upstream.Serve(c.open(req.Call), func(remote *client.Client) (ports.LinePage, error) {
		return (&lineReader{remote: remote, size: c.size}).read(ctx, req)
	})
}

func (r *lineReader) read(ctx context.Context, req ports.ListPayoutLinesRequest) (ports.LinePage, error) {
	if err := r.begin(ctx, req); err != nil {
		return ports.LinePage{}, err
	}
	page, err := r.remote.Transactions(ctx, client.TransactionsQuery{
		PaymentReference: r.state.Reference, Size: r.size, Offset: r.state.Offset,
	})
	if err != nil {
		return ports.LinePage{}, err
	}
	more, why := r.state.Accept(page.Announced, len(page.Items), r.size)
	if why != "" {
		return ports.LinePage{}, incomplete(why)
	}
	lines, err := r.take(ctx, page, more)
	if err != nil {
		return ports.LinePage{}, err
	}
	out := ports.LinePage{Lines: lines, Raw: []ports.RawPage{page.Raw}}
	if more || len(lines) < len(page.Items) {
		out.Next, err = lineCursor.Write(r.state)
		return out, err
	}
	return r.finish(ctx, out)
}

// begin takes up the cursor, or reads the payout.
func (r *lineReader) begin(ctx context.Context, req ports.ListPayoutLinesRequest) error {
	if req.Cursor != "" {
		var err error
		r.state, err = lineCursor.Read(req.Cursor, lineState{})
		if err == nil && r.state.Reference != req.Reference {
			err = paging.Invalid("it belongs to another payout")
		}
		return err
	}
	if err := r.readPayout(ctx, req.Reference); err != nil {
		return err
	}
	p := r.paid.Value
	invoiced, err := feesInvoiced(p)
	if err != nil {
		return err
	}
	r.state.frame = frameOf(p, invoiced)
	r.state.Stated, err = fingerprint(p)
	return err
}

// frameOf is what the rows of a payout need to know of it.
func frameOf(p client.Payout, feesInvoiced bool) frame {
	return frame{Reference: p.PaymentReference, Currency: p.Currency, LocalCurrency: p.LocalCurrency, Date: p.PayoutDate, FeesInvoiced: feesInvoiced}
}

func (r *lineReader) readPayout(ctx context.Context, reference string) error {
	item, raw, err := r.remote.Payout(ctx, reference)
	if err != nil {
		return err
	}
	if item.Value.PaymentReference != reference {
		return incomplete("Klarna answered with another payout than it was asked for")
	}
	r.paid = &paidOut{item, raw}
	return nil
}

// fingerprint covers everything about a payout that its lines depend on.
func fingerprint(p client.Payout) (string, error) {
	amounts := map[string]int64{}
	for name, stated := range p.Totals {
		amounts[name] = stated.Minor
	}
	text, err := json.Marshal([]any{p.PayoutDate, p.Currency, p.LocalCurrency, p.SettlementType, amounts})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), err
}

// take turns the rows of a page into lines. It stops early, for the next call to
// go on from there, when the lines become too large or the grant is used up.
func (r *lineReader) take(ctx context.Context, page client.Page[client.Transaction], more bool) ([]payout.Line, error) {
	reserve := 0
	if !more && r.paid == nil {
		reserve = 1 // for the payout, which the last page needs
	}
	lines, shown, size := []payout.Line{}, []uint64{}, 0
	for i, item := range page.Items {
		row, err := r.state.mapRow(item.Value, item.Raw(page.Raw), "transactions["+strconv.FormatInt(r.state.Offset+int64(i), 10)+"]")
		if err != nil {
			return nil, err
		}
		if size += weight(row.line); size > maxItemBytes {
			break
		}
		ordinal, err := r.ordinal(ctx, row, reserve)
		if fault.CodeOf(err) == ports.CodeGrantExhausted && i > 0 {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := r.count(row); err != nil {
			return nil, err
		}
		row.line.Key = row.digest.key(ordinal)
		lines, shown = append(lines, row.line), append(shown, paging.Mark(row.digest))
	}
	r.state.Offset += int64(len(lines))
	r.state.Seen = r.state.Seen.With(shown)
	return lines, nil
}

func (r *lineReader) count(row mapped) error {
	net, err := row.line.Net()
	if err != nil {
		return err
	}
	return r.state.add(row.parts, net, row.line.Kind)
}

// weight is about what a line takes on the wire.
func weight(l payout.Line) int {
	const fixed = 270 // amounts, moments, key, pointer
	size := fixed + len(l.RawType) + len(l.Group)
	for name, text := range l.References {
		size += len(name) + len(text) + 8
	}
	return size
}

// finish proves that the rows are those which the payout's totals count, and adds
// the lines of totals that have no rows.
func (r *lineReader) finish(ctx context.Context, page ports.LinePage) (ports.LinePage, error) {
	if r.paid == nil {
		if err := r.readPayout(ctx, r.state.Reference); err != nil {
			return ports.LinePage{}, err
		}
		now, err := fingerprint(r.paid.Value)
		if err != nil {
			return ports.LinePage{}, err
		}
		if now != r.state.Stated {
			return ports.LinePage{}, incomplete("the payout changed while its rows were read")
		}
	}
	debts, err := carry(r.paid.Value, r.paid.raw)
	if err != nil {
		return ports.LinePage{}, err
	}
	for _, line := range debts {
		if err := r.state.add(nil, line.Gross, line.Kind); err != nil {
			return ports.LinePage{}, err
		}
	}
	if err := r.state.prove(r.paid.Value, r.state.FeesInvoiced); err != nil {
		return ports.LinePage{}, err
	}
	page.Lines = append(page.Lines, debts...)
	page.Raw = append(page.Raw, r.paid.raw)
	return page, nil
}

// incomplete is the fault of a list whose pages do not fit together.
func incomplete(why string) error {
	return fault.New(payout.CodeIncomplete, fault.Temporary, why).From(fault.Upstream).
		WithRemedy("fetch the payout again; if it stays, compare it with the settlement report in Klarna's merchant portal")
}
