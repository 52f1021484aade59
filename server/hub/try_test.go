package hub_test

import (
	"context"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// promise is what a plan says that will stand in the accounting system, and what of
// the lines.
type promise struct {
	documents map[string]string
	lines     map[string]ports.LineState
	decisions map[string]string
	reasons   map[string]fault.Code
}

func promised(documents []ports.Step, lines []ports.LineRecord, exceptions []ports.Exception) promise {
	p := promise{map[string]string{}, map[string]ports.LineState{}, map[string]string{}, map[string]fault.Code{}}
	for _, d := range documents {
		p.documents[d.Key] = string(d.Kind) + " " + d.Document + " " + d.Amount.String() + " " + string(d.Content)
	}
	for _, l := range lines {
		p.lines[l.Key], p.decisions[l.Key] = l.State, l.Document+" "+string(l.Decision)
	}
	for _, e := range exceptions {
		p.reasons[e.Reference] = e.Code
	}
	return p
}

func (w *world) try(reference string) settlement.Tried {
	w.t.Helper()
	tried, err := w.service.Try(w.t.Context(), w.payout(reference).ID)
	require.NoError(w.t, err)
	return tried
}

// everything is a payout with a line of each fate: matched, to be searched for, paid
// by others, waiting in vain, and without a document.
func everything() (*fakeProvider, *fakeBooks) {
	p := provider(10, paid("P1", 76000),
		sale("1001", 10000), fee("1001", 800, 200), sale("1002", 25000), sale("1003", 30000), sale("nobody", 5000), refund("1004", 3000), sale("1005", 10000))
	settled := invoiced("9", "1005", 10000)
	settled.Balance = sek(0)
	b := newFakeBooks(invoiced("1", "1001", 10000), invoiced("2", "1002", 25000), invoiced("3", "1003", 45000), invoiced("4", "1004", -3000), settled)
	return p, b
}

func TestATryKeepsNothingAndIsWhatIsBookedThen(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]string{"clearing": `{}`, "direct": `{"shape":"direct"}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, everythingProvider(), everythingBooks())
			w.configure(settings)
			w.setMode(merchant.Shadow)
			w.clock.set(payday.AddDate(0, 0, 9))
			w.run()
			before := w.payout("P1")
			writes := w.countWrites()
			tried := w.try("P1")
			require.Nil(t, tried.Fault)
			require.Equal(t, promisedOf(tried), promisedOf(w.try("P1")), "trying changes nothing")
			require.Zero(t, writes.Load())
			require.Empty(t, w.steps())
			require.Empty(t, w.exceptions())
			require.Equal(t, before, w.payout("P1"))
			for _, l := range w.lines("P1") {
				require.Equal(t, ports.LinePending, l.State)
			}
			require.Zero(t, w.claimed("1"))

			w.setMode(merchant.Live)
			w.run()
			require.Equal(t, promised(w.steps(), w.lines("P1"), w.exceptions()), promisedOf(tried))
			require.Equal(t, 2, len(w.exceptions()), "one line waits in vain and one is paid by others")
		})
	}
}

func everythingProvider() *fakeProvider { p, _ := everything(); return p }
func everythingBooks() *fakeBooks       { _, b := everything(); return b }

func promisedOf(t settlement.Tried) promise { return promised(t.Documents, t.Lines, t.Exceptions) }

// configure gives the flow other settings.
func (w *world) configure(settings string) {
	w.t.Helper()
	w.update(func(ctx context.Context, tx ports.Tx) error {
		_, err := tx.Flows().SaveSettings(ctx, flowID, []byte(settings), w.clock.Now(), "test")
		return err
	})
}

func TestAnyPayoutIsBookedAsItWasTried(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		p := &fakeProvider{pageSize: 5, lines: map[string][]payout.Line{}}
		b := newFakeBooks()
		var net int64
		for n := range rapid.IntRange(1, 9).Draw(r, "sales") {
			order := string(rune('A' + n))
			gross := rapid.Int64Range(1, 5).Draw(r, "gross") * 1000
			p.lines["P1"] = append(p.lines["P1"], sale(order, gross))
			net += gross
			if rapid.Bool().Draw(r, "fee") {
				p.lines["P1"] = append(p.lines["P1"], fee(order, 80, 20))
				net -= 100
			}
			for range rapid.IntRange(0, 2).Draw(r, "invoices") {
				d := invoiced(string(rune('a'+len(b.documents))), order, rapid.Int64Range(1, 5).Draw(r, "total")*1000)
				if rapid.Bool().Draw(r, "paid") {
					d.Balance = sek(0)
				}
				b.documents = append(b.documents, d)
			}
		}
		p.payouts = []payout.Payout{paid("P1", net)}
		w := newWorld(t, p, b)
		w.configure(rapid.SampledFrom([]string{`{}`, `{"shape":"direct"}`}).Draw(r, "shape"))
		w.setMode(merchant.Shadow)
		w.clock.set(payday.AddDate(0, 0, rapid.IntRange(0, 1).Draw(r, "late")*9))
		w.run()
		tried := promisedOf(w.try("P1"))
		w.setMode(merchant.Live)
		w.run()
		require.Equal(r, promised(w.steps(), w.lines("P1"), w.exceptions()), tried)
	})
}

func TestATryOfAPayoutThatIsBookedShowsItsPlan(t *testing.T) {
	t.Parallel()
	w := booked(t)
	ledger := maps.Clone(w.books.ledger)
	tried := w.try("P1")
	require.True(t, tried.Planned)
	require.Equal(t, promised(w.steps(), w.lines("P1"), nil), promisedOf(tried))
	require.Equal(t, ledger, w.books.ledger)
}
