package hub_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// corrections reads a file of corrections without a mistake.
func corrections(t *testing.T, file string) []matching.Correction {
	t.Helper()
	said, mistakes, err := matching.ParseCorrections(strings.NewReader(file))
	require.NoError(t, err)
	require.Empty(t, mistakes)
	return said
}

func (w *world) correct(file string, apply bool) settlement.Correcting {
	w.t.Helper()
	done, err := w.service.Correct(w.t.Context(), flowID, corrections(w.t, file), apply, "anna")
	require.NoError(w.t, err)
	return done
}

func (w *world) audit() []ports.AuditEntry {
	w.t.Helper()
	var entries []ports.AuditEntry
	w.view(func(ctx context.Context, tx ports.Tx) (err error) {
		entries, err = tx.Audit().List(ctx, ports.AuditFilter{MerchantID: "m-1"}, ports.Page{Limit: 1000})
		return err
	})
	return entries
}

// misspelt is a world with two sales whose references the provider got wrong, one
// without an invoice, and one that is right.
func misspelt(t *testing.T) *world {
	t.Helper()
	w := newWorld(t,
		provider(10, paid("P1", 70000), sale("10O1", 10000), sale("10O2", 25000), sale("1003", 5000), sale("1004", 30000)),
		newFakeBooks(invoiced("1", "1001", 10000), invoiced("2", "1002", 25000), invoiced("4", "1004", 30000)))
	w.run()
	require.Equal(t, payout.Booked, w.payout("P1").State)
	require.Len(t, w.exceptions(), 3)
	return w
}

const misspeltFile = `payout,line,reference,value
P1,sale/10O1,merchant_reference1,1001
P1,sale/10O2,merchant_reference1,1002
P1,sale/1003,merchant_reference1,1005
`

func TestCorrectedReferencesAreTriedThenMatchedAndTheSameFileAgainChangesNothing(t *testing.T) {
	t.Parallel()
	w := misspelt(t)
	searches, facts := len(w.books.searches), w.lines("P1")

	tried := w.correct(misspeltFile, false)
	require.False(t, tried.Applied)
	require.Equal(t, 3, tried.Changes)
	require.Empty(t, tried.Mistakes)
	require.Equal(t, "10O1", tried.Rows[0].Before)
	for i, document := range []string{"1", "2"} {
		require.Equal(t, ports.LineMatched, tried.Rows[i].Outlook.Becomes)
		require.Equal(t, []string{document}, tried.Rows[i].Outlook.Documents)
		require.Equal(t, payout.MerchantReference1, tried.Rows[i].Outlook.Rule.Line)
	}
	require.Equal(t, ports.LineException, tried.Rows[2].Outlook.Becomes)
	require.Equal(t, matching.CodeNoDocument, tried.Rows[2].Outlook.Fault.Code)
	require.Len(t, w.books.searches, searches, "a trial asks nothing of the accounting system")
	require.Equal(t, facts, w.lines("P1"))
	w.run()
	require.Len(t, w.exceptions(), 3, "a trial changes nothing")

	require.True(t, w.correct(misspeltFile, true).Applied)
	w.finish(w.current().ID)
	require.Len(t, w.exceptions(), 1)
	require.Equal(t, 3, w.books.countPayments())
	require.Equal(t, "flow.lines_corrected", w.audit()[0].Act)
	require.Equal(t, "3 corrections", w.audit()[0].Detail)
	w.stands(map[ledger.Account]int64{"1930": 70000, "1686": -5000})
	lines := w.lines("P1")
	for i, l := range lines {
		require.Equal(t, facts[i].Line, l.Line, "a line stays as it came")
	}
	require.Contains(t, string(lines[0].Decision), `"1001"`, "what was compared is what was corrected")
	w.view(func(ctx context.Context, tx ports.Tx) error {
		l, err := tx.Lines().Get(ctx, lines[0].ID)
		require.Equal(t, []ports.LineCorrection{{
			LineID: l.ID, Reference: payout.MerchantReference1, Value: "1001", By: "anna", At: w.clock.Now(),
		}}, l.Corrections)
		return err
	})

	steps, entries := w.steps(), w.audit()
	again := w.correct(misspeltFile, true)
	require.True(t, again.Applied)
	require.Zero(t, again.Changes)
	require.Equal(t, []string{"1"}, again.Rows[0].Outlook.Documents)
	require.Equal(t, entries, w.audit())
	w.run()
	require.Equal(t, steps, w.steps())
	require.Equal(t, 3, w.books.countPayments())
}

func TestAnyMistakeInAFileOfCorrectionsStopsAllOfIt(t *testing.T) {
	t.Parallel()
	w := misspelt(t)
	file := misspeltFile + `P2,sale/10O1,merchant_reference1,1001
P1,sale/x,merchant_reference1,1001
P1,sale/1004,merchant_reference1,1001
`
	done := w.correct(file, true)
	require.False(t, done.Applied)
	require.Len(t, done.Rows, 3)
	require.Equal(t, []matching.Mistake{
		{Row: 5, Field: "payout", Value: "P2", Reason: "the flow has no payout of this reference"},
		{Row: 6, Field: "line", Value: "sale/x", Reason: "the payout has no line of this key"},
		{Row: 7, Field: "line", Value: "sale/1004", Reason: "the line settles 4 already"},
	}, done.Mistakes)
	w.run()
	require.Len(t, w.exceptions(), 3)
	require.Equal(t, 1, w.books.countPayments())
}

func TestLinesAreGivenTheirDocumentsInBulkAndNoMoreThanTheDocumentsHave(t *testing.T) {
	t.Parallel()
	w := newWorld(t,
		provider(10, paid("P1", 30000), sale("a", 10000), sale("b", 10000), sale("c", 10000), fee("f", 0, 0)),
		newFakeBooks(invoiced("7", "x", 20000), invoiced("8", "y", 10030), invoiced("9", "z", -10000)))
	w.run()
	require.Len(t, w.exceptions(), 3)

	done := w.correct("payout,line,document\nP1,sale/a,7\nP1,sale/b,7\nP1,sale/c,7\nP1,fee/f,7\n", true)
	require.False(t, done.Applied)
	require.Len(t, done.Mistakes, 2)
	require.Equal(t, 4, done.Mistakes[0].Row)
	require.Contains(t, done.Mistakes[0].Reason, "only 0.00 is open on document 7")
	require.Equal(t, matching.Mistake{Row: 5, Field: "line", Value: "fee/f", Reason: "a line of this kind settles no document"}, done.Mistakes[1])
	for document, reason := range map[string]string{"404": "kvitt has not seen", "9": "is no invoice"} {
		wrong := w.correct("payout,line,document\nP1,sale/a,"+document+"\n", true)
		require.Len(t, wrong.Mistakes, 1)
		require.Contains(t, wrong.Mistakes[0].Reason, reason)
	}
	require.Len(t, w.exceptions(), 3)

	// 8 is 0.30 more than the line, which the tolerance writes off.
	file := "payout,line,document\nP1,sale/a,7\nP1,sale/b,7\nP1,sale/c,8\n"
	tried := w.correct(file, false)
	require.Equal(t, ports.LineMatched, tried.Rows[2].Outlook.Becomes)
	require.True(t, tried.Rows[0].Outlook.Partial)
	require.False(t, tried.Rows[1].Outlook.Partial)
	require.Len(t, w.exceptions(), 3)
	require.True(t, w.correct(file, true).Applied)
	require.Empty(t, w.exceptions())
	w.finish(w.current().ID)
	require.Equal(t, payout.Closed, w.payout("P1").State)
	w.stands(map[ledger.Account]int64{"1930": 30000, "3740": 30})
	again := w.correct(file, true)
	require.True(t, again.Applied)
	require.Zero(t, again.Changes)
	require.Equal(t, 3, w.books.countPayments())
}

func TestALineWhosePaymentWasRefusedIsNotCorrected(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(10, paid("P1", 10000), sale("1001", 10000)), newFakeBooks(invoiced("1", "1001", 10000), invoiced("2", "1002", 10000)))
	w.books.fail = func(op string, _ int, done bool) error {
		if op == "EnsurePayment" && !done {
			return fault.New("erp.refused", fault.Validation, "no").From(fault.Upstream)
		}
		return nil
	}
	w.run()
	require.Len(t, w.exceptions(), 1)
	for _, file := range []string{"payout,line,document\nP1,sale/1001,2\n", "payout,line,reference,value\nP1,sale/1001,merchant_reference1,1002\n"} {
		done := w.correct(file, true)
		require.Len(t, done.Mistakes, 1)
		require.Contains(t, done.Mistakes[0].Reason, "the payment of 1 was refused")
	}
	shown, err := w.service.Rematch(t.Context(), flowID, false, "anna")
	require.NoError(t, err)
	require.Empty(t, shown.Lines)
}

func TestARematchingSaysWhatTheNextRunMakesOfOpenLines(t *testing.T) {
	t.Parallel()
	// Lines are matched in batches of two; what the first batch takes is gone for the second.
	w := newWorld(t, provider(10, paid("P1", 30000), sale("1001", 10000), sale("1002", 10000), sale("1003", 10000)), newFakeBooks())
	w.run()
	require.Len(t, w.exceptions(), 3)
	w.books.documents = append(w.books.documents, invoiced("9", "1009", 10000))
	file := "payout,line,reference,value\nP1,sale/1001,merchant_reference1,1009\nP1,sale/1003,merchant_reference1,1009\n"
	require.Equal(t, matching.CodeNoDocument, w.correct(file, false).Rows[0].Outlook.Fault.Code, "kvitt has not seen the invoice")
	w.run()

	tried := w.correct(file, false)
	require.Equal(t, ports.LineMatched, tried.Rows[0].Outlook.Becomes)
	require.Equal(t, ports.LineException, tried.Rows[1].Outlook.Becomes)
	require.Equal(t, matching.CodeAlreadySettled, tried.Rows[1].Outlook.Fault.Code)
	require.True(t, w.correct(file, true).Applied)
	shown, err := w.service.Rematch(t.Context(), flowID, true, "anna")
	require.NoError(t, err)
	require.Equal(t, []int{1, 0, 0, 2}, []int{shown.Matched, shown.Suggested, shown.Waiting, shown.Exceptions})
	require.Equal(t, tried.Rows[0].Outlook, shown.Lines[0])
	require.Equal(t, w.current().ID, shown.Run.ID)
	w.finish(shown.Run.ID)
	require.Equal(t, []ports.LineState{ports.LineMatched, ports.LineException, ports.LineException}, w.states())
	for _, e := range w.exceptions() {
		at := slices.IndexFunc(shown.Lines, func(o settlement.Outlook) bool { return o.Line.ID == e.LineID })
		require.Equal(t, shown.Lines[at].Fault.Code, e.Code, "what was shown is what became of it")
	}
}

func (w *world) states() []ports.LineState {
	w.t.Helper()
	var states []ports.LineState
	for _, l := range w.lines("P1") {
		states = append(states, l.State)
	}
	return states
}

func TestALineCorrectedWhileItWaitsIsMatchedOnceItsInvoiceIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(10, paid("P1", 10000), sale("10O1", 10000)), newFakeBooks())
	w.clock.set(payday.AddDate(0, 0, 1))
	w.run()
	require.Equal(t, []ports.LineState{ports.LineWaiting}, w.states())
	done := w.correct("payout,line,reference,value\nP1,sale/10O1,merchant_reference1,1001\n", true)
	require.Equal(t, ports.LineWaiting, done.Rows[0].Outlook.Becomes)
	w.finish(w.current().ID)
	require.Contains(t, strings.Join(w.books.searches, " "), "=1001", "the corrected reference is searched for")
	w.books.documents = append(w.books.documents, invoiced("1", "1001", 10000))
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
}

func TestAPayoutBookedAnewUsesTheCorrections(t *testing.T) {
	t.Parallel()
	w := misspelt(t)
	w.correct(misspeltFile, true)
	w.finish(w.current().ID)
	w.undo("wrong account")
	w.finish(w.current().ID)
	require.Equal(t, payout.Undone, w.payout("P1").State)
	require.Contains(t, w.correct("payout,line,document\nP1,sale/1004,4\n", true).Mistakes[0].Reason, "the payout is undone")
	done := w.correct("payout,line,reference,value\nP1,sale/1004,merchant_reference1,1005\n", true)
	require.True(t, done.Applied)
	require.Equal(t, ports.LinePending, done.Rows[0].Outlook.Becomes)
	w.finish(w.current().ID)
	require.Equal(t, payout.Undone, w.payout("P1").State)
	require.NoError(t, w.service.Rebook(t.Context(), w.payout("P1").ID, "anna"))
	w.finish(w.current().ID)
	require.Equal(t, []ports.LineState{ports.LineMatched, ports.LineMatched, ports.LineException, ports.LineException}, w.states())
	w.stands(map[ledger.Account]int64{"1930": 70000, "1686": -35000})
}

func TestOnlyAFlowOfPayoutsHasLinesToRematch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plainProvider(2), plainBooks())
	w.update(func(ctx context.Context, tx ports.Tx) error {
		return tx.Flows().Create(ctx, merchant.Flow{
			ID: "flow-events", MerchantID: "m-1", Kind: merchant.Events, Source: "c-target", Target: "c-target", Enabled: true, Settings: json.RawMessage(`{}`), SettingsVersion: 1,
		}, "test")
	})
	for id, want := range map[string]fault.Code{"nobody": ports.CodeNotFound, "flow-events": settlement.CodeNotOfPayouts} {
		_, err := w.service.Rematch(t.Context(), id, false, "anna")
		require.Equal(t, want, fault.CodeOf(err))
		_, err = w.service.Correct(t.Context(), id, nil, true, "anna")
		require.Equal(t, want, fault.CodeOf(err))
	}
}
