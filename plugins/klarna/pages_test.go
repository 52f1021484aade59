package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/wire/wiretest"
)

// kept is what the hub keeps of a reading: its pages in their order, with their lines.
type kept struct {
	pages  []ports.RawPage
	lines  map[string][]payout.Line
	stated []byte
}

// keep reads a payout as the hub does, and keeps its pages.
func (f *far) keep(t *testing.T, c *Connector, reference string) kept {
	t.Helper()
	k := kept{lines: map[string][]payout.Line{}}
	raw := map[string]ports.RawPage{}
	listed, err := c.ListPayouts(t.Context(), ports.ListPayoutsRequest{Call: f.call(callsPayouts), Since: f.now.AddDate(0, -1, 0)})
	require.NoError(t, err)
	for _, p := range listed.Payouts {
		if p.Reference == reference {
			k.stated = listed.Raw[0].Bytes[p.Raw.Offset : p.Raw.Offset+p.Raw.Length]
		}
	}
	for cursor := ""; ; {
		page, err := c.ListPayoutLines(t.Context(), ports.ListPayoutLinesRequest{Call: f.call(callsPayoutLines), Reference: reference, Cursor: cursor})
		require.NoError(t, err)
		for _, r := range page.Raw {
			raw[r.SHA256] = r
		}
		for _, line := range page.Lines {
			if len(k.lines[line.Raw.Page]) == 0 {
				k.pages = append(k.pages, raw[line.Raw.Page])
			}
			k.lines[line.Raw.Page] = append(k.lines[line.Raw.Page], line)
		}
		if cursor = page.Next; cursor == "" {
			return k
		}
	}
}

// What is made of kept pages and what is read from Klarna are the same to the last
// field, where the bytes lie included.
func TestKeptPagesGiveTheLinesThatWereRead(t *testing.T) {
	t.Parallel()
	equal := row("SALE", "PURCHASE", orderID(99), 100, object{"capture_id": "c99"})
	rows := append(sales(7), equal, equal, equal)
	for name, size := range map[string]int{"one page": 500, "pages of three": 3, "pages of four": 4} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := simulate(t, object{"payouts": []object{paid("P", object{"sale_amount": 1000, "repay_amount": 300, "settlement_amount": 700}, rows...)}})
			k := f.keep(t, f.connectorWith(size), "P")
			for _, reader := range []ports.PageReader{New(), wiretest.Client(t, New())} {
				cursor := ""
				for _, page := range k.pages {
					reading, err := reader.ReadPayoutPage(t.Context(), ports.PageRequest{Reference: "P", Payout: k.stated, Page: page, Cursor: cursor})
					require.NoError(t, err)
					require.Equal(t, k.lines[page.SHA256], reading.Lines)
					cursor = reading.Next
				}
			}
			require.Greater(t, len(k.pages), 1, "rows, and the payout with its debt")
		})
	}
}

func TestRowsThatWereReadFromALaterPageDoNotCount(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{"payouts": []object{paid("P", soldFor(1000), sales(10)...)}})
	k := f.keep(t, f.connectorWith(500), "P")
	lines := k.lines[k.pages[0].SHA256]
	reading, err := New().ReadPayoutPage(t.Context(), ports.PageRequest{
		Reference: "P", Payout: k.stated, Page: k.pages[0], Until: lines[3].Raw.Offset + lines[3].Raw.Length,
	})
	require.NoError(t, err)
	require.Equal(t, lines[:4], reading.Lines)
}

func TestPagesWithoutTheirPayoutCannotBeRead(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{"payouts": []object{paid("P", soldFor(100), sales(1)...)}})
	k := f.keep(t, f.connectorWith(500), "P")
	for name, c := range map[string]struct {
		req  ports.PageRequest
		code fault.Code
	}{
		"not kept":               {ports.PageRequest{Reference: "P", Page: k.pages[0]}, CodeNoPayout},
		"no payout":              {ports.PageRequest{Reference: "P", Page: k.pages[0], Payout: []byte("{}")}, "klarna.payout_invalid"},
		"a page of nothing":      {ports.PageRequest{Reference: "P", Page: ports.RawPage{Bytes: []byte("garbage")}, Payout: k.stated}, "upstream.answer_unreadable"},
		"a cursor of some other": {ports.PageRequest{Reference: "P", Page: k.pages[0], Cursor: "x"}, "connector.cursor_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := New().ReadPayoutPage(t.Context(), c.req)
			require.Equal(t, c.code, fault.CodeOf(err), "%v", err)
		})
	}
}
