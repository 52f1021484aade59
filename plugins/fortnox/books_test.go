package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/clock"
	"github.com/kvitt/kvitt/sdk/paging"
	"github.com/kvitt/kvitt/sdk/simulator"
)

func TestThePeriodOfADate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		on    string
		locks string
		want  ports.Period
	}{
		"this year": {"2026-04-20", "2026-02-28", ports.Period{
			Year: "3", From: on("2026-01-01"), To: on("2026-12-31"), LockedUntil: on("2026-02-28"),
		}},
		"its first day":   {"2026-01-01", "", ports.Period{Year: "3", From: on("2026-01-01"), To: on("2026-12-31")}},
		"its last day":    {"2026-12-31", "", ports.Period{Year: "3", From: on("2026-01-01"), To: on("2026-12-31")}},
		"the year before": {"2025-12-31", "", ports.Period{Year: "2", From: on("2025-01-01"), To: on("2025-12-31")}},
		"no year":         {"2027-01-01", "2026-02-28", ports.Period{LockedUntil: on("2026-02-28")}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, r *remote, c everything) {
				r.sim("PUT", "fortnox/lock", map[string]string{"until": test.locks}, nil)
				got, err := c.Period(t.Context(), ports.PeriodRequest{Call: r.granted("Period", 1), On: on(test.on)})
				require.NoError(t, err)
				require.Equal(t, 2, got.Usage.Calls)
				got.Usage = ports.Usage{}
				require.Equal(t, test.want, got)
			})
		})
	}
}

// export reads the books to the end, and does something between two pieces.
func (r *remote) export(c everything, between func()) (pieces int, file []byte, err error) {
	r.tb.Helper()
	cursor := ""
	for {
		piece, err := c.ExportBooks(r.tb.Context(), ports.ExportBooksRequest{Call: r.granted("ExportBooks", 1), On: on("2026-04-20"), Cursor: cursor})
		if err != nil {
			return pieces, file, err
		}
		pieces++
		file = append(file, piece.Bytes...)
		if cursor = piece.Next; cursor == "" {
			return pieces, file, nil
		}
		between()
	}
}

func TestTheBooksComeWholeInOneDownload(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		_, whole, err := r.export(New(), func() {})
		require.NoError(t, err)
		require.Contains(t, string(whole), "#SIETYP 4")
		r.forget()
		pieces, file, err := r.export(c, func() { // people go on booking meanwhile
			_, err := r.tryVoucher(t.Context(), New(), 1)
			require.NoError(t, err)
		})
		require.NoError(t, err)
		require.Greater(t, pieces, 5)
		require.Equal(t, string(whole), string(file))
		downloads := 0
		for _, asked := range r.requests() {
			if asked.Path == "/3/sie/4" {
				downloads++
			}
		}
		require.Equal(t, 1, downloads)
	}, WithPieceSize(500))
}

func TestPiecesOfDifferentBooksAreNeverJoined(t *testing.T) {
	t.Parallel()
	r, machine := start(t), clock.At(time.Date(2026, 4, 20, 8, 0, 0, 0, time.UTC))
	c := New(WithPieceSize(500), WithClock(machine.Now))
	pieces, _, err := r.export(c, func() { machine.Advance(2 * exportKept) })
	require.NoError(t, err, "memory may be lost as long as the books are the same")
	require.Greater(t, pieces, 5)
	_, _, err = r.export(c, func() {
		machine.Advance(2 * exportKept)
		_, err := r.tryVoucher(t.Context(), New(), 1)
		require.NoError(t, err)
	})
	r.requireFault(err, CodeBooksChanged, fault.Temporary)
}

func TestTheBooksOfAnotherYearAreRefused(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"another year": "#FLAGGA 0\r\n#RAR 0 20250101 20251231\r\n", "no year": "#FLAGGA 0\r\n", "no file": "<html>",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t)
			r.fault(simulator.Fault{Path: "/sie/", Kind: simulator.KindStatus, Status: 200, Body: body})
			_, _, err := r.export(New(), func() {})
			r.requireFault(err, CodeBooksWrong, fault.Temporary)
		})
	}
}

func TestBooksWithoutAYearAreAFault(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		_, err := c.ExportBooks(t.Context(), ports.ExportBooksRequest{Call: r.granted("ExportBooks", 1), On: on("2031-01-01")})
		r.requireFault(err, client.CodeYearMissing, fault.Validation)
		_, err = c.ExportBooks(t.Context(), ports.ExportBooksRequest{Call: r.granted("ExportBooks", 1), On: on("2026-01-01"), Cursor: cursor(pieceCursor, piece{Offset: -1})})
		r.requireFault(err, paging.CodeCursor, fault.Validation)
		_, err = c.ExportBooks(t.Context(), ports.ExportBooksRequest{Call: r.granted("ExportBooks", 1), On: on("2026-01-01"), Cursor: "?"})
		r.requireFault(err, paging.CodeCursor, fault.Validation)
	})
}

func TestKeptBooksAreBounded(t *testing.T) {
	t.Parallel()
	machine := clock.At(time.Date(2026, 4, 20, 8, 0, 0, 0, time.UTC))
	e := newExports(machine.Now)
	big := make([]byte, mostExports/2)
	for _, company := range []string{"a", "b", "c"} {
		e.keep(company, "hash", big)
	}
	_, known := e.find("a", "hash")
	require.False(t, known)
	_, known = e.find("c", "hash")
	require.True(t, known)
	_, known = e.find("b", "other")
	require.False(t, known)
	machine.Advance(exportKept + time.Second)
	_, known = e.find("c", "hash")
	require.False(t, known)
	require.Empty(t, e.files)
}
