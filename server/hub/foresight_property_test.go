package hub_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// mixUp is a payout whose lines have references of nobody, the documents of a few
// orders, and a file that corrects some of the lines to those orders.
type mixUp struct {
	lines     []payout.Line
	net       int64
	documents []invoice.Document
	file      string
}

func drawMixUp(t *rapid.T) mixUp {
	amounts, orders := rapid.SampledFrom([]int64{5000, 10000, 15000}), rapid.SampledFrom([]string{"1001", "1002", "1003"})
	x := mixUp{file: "payout,line,reference,value\n"}
	for i := range rapid.IntRange(1, 6).Draw(t, "lines") {
		gross := amounts.Draw(t, "gross")
		l := sale("wrong-"+strconv.Itoa(i), gross)
		if rapid.IntRange(0, 4).Draw(t, "refund") == 0 {
			l, gross = refund("wrong-"+strconv.Itoa(i), gross), -gross
		}
		x.net += gross
		x.lines = append(x.lines, l)
		if rapid.IntRange(0, 3).Draw(t, "corrected") > 0 {
			x.file += "P1," + l.Key + ",merchant_reference1," + orders.Draw(t, "order") + "\n"
		}
	}
	for i := range rapid.IntRange(0, 5).Draw(t, "documents") {
		total := amounts.Draw(t, "total")
		if rapid.IntRange(0, 4).Draw(t, "credit") == 0 {
			total = -total
		}
		d := invoiced(strconv.Itoa(i+1), orders.Draw(t, "order of document"), total)
		d.Date = onDay(rapid.SampledFrom([]int{1, 5}).Draw(t, "day"))
		x.documents = append(x.documents, d)
	}
	return x
}

// What a trial of corrections and a rematching foresee is what the run makes of the
// lines, and no document is ever paid beyond its balance.
func TestWhatIsForeseenIsWhatTheRunMakesOfTheLines(t *testing.T) {
	t.Parallel()
	for seed := range 16 {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			t.Parallel()
			x := rapid.Custom(drawMixUp).Example(seed)
			w := newWorld(t, provider(10, paid("P1", x.net), x.lines...), newFakeBooks(x.documents...))
			w.run()
			tried := w.correct(x.file, false)
			require.Empty(t, tried.Mistakes)
			require.Equal(t, strings.Count(x.file, "\n")-1, len(tried.Rows))
			require.True(t, w.correct(x.file, true).Applied)
			shown, err := w.service.Rematch(t.Context(), flowID, true, "anna")
			require.NoError(t, err)
			run := w.finish(shown.Run.ID)
			require.Equal(t, ports.RunDone, run.State, "%+v", run.Fault)

			lines := map[int64]ports.LineRecord{}
			for _, l := range w.lines("P1") {
				lines[l.ID] = l
			}
			codes := map[int64]string{}
			for _, e := range w.exceptions() {
				codes[e.LineID] = string(e.Code)
			}
			require.Len(t, shown.Lines, len(x.lines))
			foreseen := shown.Lines
			for _, row := range tried.Rows {
				foreseen = append(foreseen, row.Outlook)
			}
			for _, o := range foreseen {
				checkForeseen(t, o, lines[o.Line.ID], codes[o.Line.ID])
			}
			for _, d := range w.books.documents {
				require.NotEqual(t, -d.Total.Sign(), d.Balance.Sign(), "document %s is paid beyond its total", d.Number)
			}
			require.Zero(t, w.clearing().Unexplained.Minor())
		})
	}
}

func checkForeseen(t *testing.T, o settlement.Outlook, l ports.LineRecord, code string) {
	t.Helper()
	require.Equal(t, o.Becomes, l.State, "%s: %+v", l.Key, o)
	if o.Becomes == ports.LineMatched {
		require.Equal(t, strings.Join(o.Documents, ", "), l.Document)
		return
	}
	if o.Fault.Code == matching.CodeNoDocument && code == string(matching.CodeSuggested) {
		return // the rest of a document on which the run has made a payment meanwhile
	}
	require.Equal(t, string(o.Fault.Code), code, l.Key)
}
