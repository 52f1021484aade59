package suite

import (
	"context"
	"fmt"

	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func pages() capability {
	without := func(s *Session) string {
		if reason := lacks(ports.CapabilityPages)(s); reason != "" {
			return reason
		}
		return lacks(ports.CapabilityPayouts)(s)
	}
	return capability{name: ports.CapabilityPages, cases: []Case{{
		ID: "pages.same", Level: 2, After: []string{"read.again", "read.evidence"}, unfit: without, run: checkPages,
		Title: "Pages of rows that were kept give the lines that were read from them, field by field, without a call to the remote system.",
		Why:   "The hub compares what a new version makes of old pages with what is stored. A difference must be one of the versions, not of the ways to read.",
	}}}
}

// keptPayout is what the hub keeps of a payout: its pages in the order in which they
// were read, and the lines of each.
type keptPayout struct {
	reference string
	stated    []byte
	pages     []ports.RawPage
	lines     [][]payout.Line
}

func checkPages(ctx context.Context, st *stage) error {
	for _, p := range st.known.payouts {
		if st.unproven(p.Reference) {
			continue
		}
		kept, err := st.keep(ctx, p.Reference)
		if err != nil {
			return err
		}
		if err := st.far.Forget(ctx); err != nil {
			return err
		}
		if err := st.readAgain(ctx, kept); err != nil {
			return err
		}
		made, err := st.count(ctx)
		if err != nil {
			return err
		}
		if made > 0 {
			return wrong("ReadPayoutPage of payout "+p.Reference, fmt.Sprintf("%d requests to the remote system", made), "none")
		}
	}
	return nil
}

// keep reads a payout as the hub does.
func (st *stage) keep(ctx context.Context, reference string) (keptPayout, error) {
	kept := keptPayout{reference: reference}
	var err error
	if kept.stated, err = st.statedBytes(ctx, reference); err != nil {
		return kept, err
	}
	raw := map[string]ports.RawPage{}
	for cursor, read := "", 0; read < mostPages; read++ {
		inner, cancel := st.within(ctx)
		page, err := askLines(inner, st.c.Connector, st.granted("ListPayoutLines", 1), reference, cursor)
		cancel()
		if err != nil {
			return kept, wrong("ListPayoutLines of payout "+reference, err, "its lines")
		}
		for _, r := range page.Raw {
			raw[r.SHA256] = r
		}
		for _, line := range page.Lines {
			kept.add(raw[line.Raw.Page], line)
		}
		if cursor = page.Next; cursor == "" {
			return kept, nil
		}
	}
	return kept, wrong("ListPayoutLines of payout "+reference, "no end", "a list that ends")
}

func (k *keptPayout) add(page ports.RawPage, line payout.Line) {
	if last := len(k.pages) - 1; last < 0 || k.pages[last].SHA256 != page.SHA256 {
		k.pages, k.lines = append(k.pages, page), append(k.lines, nil)
	}
	last := len(k.lines) - 1
	k.lines[last] = append(k.lines[last], line)
}

// statedBytes are those from which the payout itself was read.
func (st *stage) statedBytes(ctx context.Context, reference string) ([]byte, error) {
	for cursor, read := "", 0; read < mostPages; read++ {
		inner, cancel := st.within(ctx)
		page, err := askPayouts(inner, st.c.Connector, st.granted("ListPayouts", 1), st.since(), cursor)
		cancel()
		if err != nil {
			return nil, wrong("ListPayouts", err, "the payouts of the world")
		}
		for _, p := range page.Payouts {
			for _, r := range page.Raw {
				if p.Reference == reference && p.Raw.Page == r.SHA256 {
					return r.Bytes[p.Raw.Offset : p.Raw.Offset+p.Raw.Length], nil
				}
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	return nil, nil
}

// readAgain has the pages read as the hub does, and compares.
func (st *stage) readAgain(ctx context.Context, kept keptPayout) error {
	reader, err := as[ports.PageReader](st.c.Connector)
	if err != nil {
		return err
	}
	cursor := ""
	for i, page := range kept.pages {
		req := ports.PageRequest{
			Call: ports.Call{Connection: st.entered()}, Reference: kept.reference, Payout: kept.stated, Page: page, Cursor: cursor,
		}
		if i+1 < len(kept.pages) && !kept.lines[i+1][0].Synthesised {
			last := kept.lines[i][len(kept.lines[i])-1].Raw
			req.Until = last.Offset + last.Length
		}
		call := fmt.Sprintf("ReadPayoutPage %d of payout %s", i, kept.reference)
		inner, cancel := st.within(ctx)
		reading, err := reader.ReadPayoutPage(inner, req)
		cancel()
		st.listen("ReadPayoutPage", err)
		if err != nil {
			return wrong(call, err, "its lines")
		}
		before, after := tellLines(ports.LinePage{Lines: kept.lines[i]}), tellLines(ports.LinePage{Lines: reading.Lines})
		if differs := difference(before.items, after.items); differs != "" {
			return wrong(call, differs, "the lines that were read from it")
		}
		cursor = reading.Next
	}
	return nil
}
