package hub_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/evidence"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// divided is a world with one sale of 300.00 whose order was invoiced twice, and a
// fee of 5.00 with VAT of 1.25.
func divided(t *testing.T) *world {
	t.Helper()
	return newWorld(t, provider(10, paid("P1", 29375), in("g", sale("1001", 30000), fee("1001", 500, 125))...),
		newFakeBooks(invoiced("1", "1001", 10000), invoiced("2", "1001", 20000)))
}

// paidOut asks for the accounts after divided is booked: the sale stands on clearing
// once for each payment and goes from there to the bank.
func (w *world) paidOut() {
	w.t.Helper()
	require.Empty(w.t, w.exceptions())
	require.Equal(w.t, payout.Closed, w.payout("P1").State)
	for number, amount := range map[string]int64{"1": 10000, "2": 20000} {
		require.Len(w.t, w.books.payments[number], 1)
		require.Equal(w.t, sek(amount), w.books.payments[number][0].Amount)
		require.Equal(w.t, ledger.Account("1686"), w.books.payments[number][0].Account)
	}
	w.stands(map[ledger.Account]int64{"1930": 29375, "6040": 500, "2641": 125})
}

func (w *world) keysOfPayments() []string {
	w.t.Helper()
	var keys []string
	for _, s := range w.steps() {
		if s.Kind == ports.StepPayment {
			keys = append(keys, s.Key[strings.LastIndex(s.Key, ":"):])
		}
	}
	return keys
}

func TestALineSettlesSeveralInvoicesOfItsOrderInEitherShape(t *testing.T) {
	t.Parallel()
	for _, settings := range []string{`{}`, direct} {
		t.Run(settings, func(t *testing.T) {
			t.Parallel()
			w := divided(t)
			w.set(settings)
			w.run()
			w.paidOut()
			require.Equal(t, []string{":L1P1;", ":L1P2;"}, w.keysOfPayments())
			require.Equal(t, "1, 2", w.lines("P1")[0].Document)
			require.Contains(t, string(w.lines("P1")[0].Decision), `"parts"`)
			require.False(t, w.lines("P1")[0].Direct, "nobody can say what each invoice bears of the fee")
			w.run()
			w.paidOut()
			w.rowsAddUp()
		})
	}
}

// rowsAddUp asks that the lines behind each row of a voucher make it.
func (w *world) rowsAddUp() {
	w.t.Helper()
	reader := evidence.New(w.store)
	found, err := reader.Payout(w.t.Context(), w.payout("P1").ID)
	require.NoError(w.t, err)
	require.NotEmpty(w.t, found.Vouchers)
	for _, v := range found.Vouchers {
		for _, row := range v.Rows {
			require.True(w.t, row.Difference.IsZero(), "%+v", row)
		}
	}
	for _, number := range []string{"1", "2"} {
		origins, err := reader.ByNumber(w.t.Context(), "m-1", number, ports.Page{Limit: 10})
		require.NoError(w.t, err)
		var lines []string
		for _, o := range origins {
			if o.Kind == ports.StepPayment && o.Document == number {
				lines = append(lines, o.Line.Key)
			}
		}
		require.Equal(w.t, []string{"sale/1001"}, lines, "from invoice %s back to the line", number)
	}
}

func TestEachPartOfALineIsPaidOnceWhateverIsLost(t *testing.T) {
	t.Parallel()
	for name, done := range map[string]bool{"the request": false, "the answer": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := divided(t)
			w.books.fail = func(op string, attempt int, after bool) error {
				if op == "EnsurePayment" && attempt == 1 && after == done {
					return fault.New("erp.timeout", fault.Unknown, "no answer")
				}
				return nil
			}
			w.run()
			w.paidOut()
		})
	}
}

func TestAPartThatIsRefusedIsParkedAndRetriedWhileTheOtherStays(t *testing.T) {
	t.Parallel()
	w := divided(t)
	refusals := 0
	w.books.fail = func(op string, _ int, done bool) error {
		if op == "EnsurePayment" && !done && refusals < 1 {
			refusals++
			return fault.New("erp.period_locked", fault.Conflict, "the period is locked").From(fault.Upstream)
		}
		return nil
	}
	w.run()
	open := w.exceptions()
	require.Len(t, open, 1)
	require.Equal(t, fault.Code("erp.period_locked"), open[0].Code)
	require.Equal(t, 1, w.books.countPayments())
	require.Equal(t, payout.Booked, w.payout("P1").State)
	require.Zero(t, w.clearing().Unexplained.Minor())

	w.run() // the line is not matched anew
	require.Len(t, w.exceptions(), 1)
	require.Len(t, w.keysOfPayments(), 2)
	require.NoError(t, w.service.RetryException(t.Context(), w.exceptions()[0].ID, "anna"))
	w.finish(w.current().ID)
	w.paidOut()
	require.Equal(t, "1, 2", w.lines("P1")[0].Document)
}

func TestALineOfPartsIsUndoneAndBookedAnewAsBefore(t *testing.T) {
	t.Parallel()
	w := divided(t)
	w.run()
	w.undo("wrong company")
	w.finish(w.current().ID)
	require.Equal(t, payout.Undone, w.payout("P1").State)
	require.Empty(t, w.books.standing())
	require.NoError(t, w.service.Rebook(t.Context(), w.payout("P1").ID, "anna"))
	w.finish(w.current().ID)
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, []string{":L1P1;", ":L1P2;", ":L1P1;", ":L1P2;"}, w.keysOfPayments())
	w.stands(map[ledger.Account]int64{"1930": 29375, "6040": 500, "2641": 125})
}

func TestSeveralInvoicesAreSettledOnlyIfTheSettingsAllowIt(t *testing.T) {
	t.Parallel()
	w := divided(t)
	w.set(`{"settle_several":false}`)
	w.run()
	require.Zero(t, w.books.countPayments())
	require.Len(t, w.exceptions(), 1)
	require.Equal(t, matching.CodeAmbiguous, w.exceptions()[0].Code)

	w.set(`{"settle_several":true}`)
	w.run()
	w.paidOut()
}

func TestSeveralCapturesSettleOneInvoice(t *testing.T) {
	t.Parallel()
	second := sale("1001", 15000)
	second.Key += "/2"
	w := newWorld(t, provider(1, paid("P1", 25000), sale("1001", 10000), second), newFakeBooks(invoiced("1", "1001", 25000)))
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Len(t, w.books.payments["1"], 2)
	require.True(t, w.books.documents[0].Balance.IsZero())
	w.stands(map[ledger.Account]int64{"1930": 25000})
}

func TestALineThatFitsTwoDocumentsEquallyWellPaysNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(1, paid("P1", 10000), sale("1001", 10000)), newFakeBooks(invoiced("1", "1001", 10000), invoiced("2", "1001", 10000)))
	w.run()
	require.Zero(t, w.books.countPayments())
	require.Equal(t, matching.CodeAmbiguous, w.exceptions()[0].Code)
	require.Equal(t, settlement.CodeWrongDocument, fault.CodeOf(w.service.Resolve(t.Context(), w.exceptions()[0].ID, "", "anna")), "nothing was suggested")
	w.run()
	require.Zero(t, w.books.countPayments())
	require.NoError(t, w.service.Resolve(t.Context(), w.exceptions()[0].ID, "2", "anna"))
	w.finish(w.current().ID)
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Len(t, w.books.payments["2"], 1)
}

func TestARefundBookedAsAnInvoiceIsSaidAndNeverPaid(t *testing.T) {
	t.Parallel()
	wrong := invoiced("3", "1001", -5000)
	wrong.Kind = invoice.Invoice
	w := newWorld(t, provider(1, paid("P1", -5000), refund("1001", 5000)), newFakeBooks(wrong))
	w.run()
	require.Zero(t, w.books.countPayments())
	require.Len(t, w.exceptions(), 1)
	require.Equal(t, matching.CodeCreditIsInvoice, w.exceptions()[0].Code)
	require.Equal(t, "3", w.exceptions()[0].Document)
	w.books.documents = append(w.books.documents, invoiced("4", "1001", -5000))
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Len(t, w.books.payments["4"], 1)
}

// unlike is an invoice that shares no strong reference with any line.
func unlike(number string, total int64, date civil.Date, references map[invoice.Reference]string) invoice.Document {
	d := invoiced(number, "", total)
	d.References, d.Date = references, date
	return d
}

func onDay(day int) civil.Date { return civil.Date{Year: 2026, Month: 4, Day: day} }

func TestWhatIsSuggestedIsPaidOnceAPersonAcceptsIt(t *testing.T) {
	t.Parallel()
	weak := `{"suggest_keys":[{"line":"order_id","document":"external_reference_2"}],"date_window_days":0}`
	byKey := map[invoice.Reference]string{invoice.ExternalReference2: "O-1001"}
	for name, c := range map[string]struct {
		settings string
		document invoice.Document
		total    int64
	}{
		"by a weak key":                    {weak, unlike("7", 10000, onDay(30), byKey), 10000},
		"by a weak key, in part":           {weak, unlike("7", 25000, onDay(30), byKey), 25000},
		"by amount and date":               {`{}`, unlike("7", 10000, onDay(16), nil), 10000},
		"by amount on the day of the sale": {`{"date_window_days":1}`, unlike("7", 10000, onDay(2), nil), 10000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, provider(1, paid("P1", 10000), sale("1001", 10000)), newFakeBooks(c.document))
			w.set(c.settings)
			w.run()
			w.run()
			require.Zero(t, w.books.countPayments())
			open := w.exceptions()
			require.Len(t, open, 1)
			require.Equal(t, matching.CodeSuggested, open[0].Code)
			require.Equal(t, "7", open[0].Document)
			shown, err := w.service.Rematch(t.Context(), flowID, false, "anna")
			require.NoError(t, err)
			require.Equal(t, 1, shown.Suggested)
			require.Equal(t, []string{"7"}, shown.Lines[0].Documents)
			require.Equal(t, c.total > 10000, shown.Lines[0].Partial)

			require.NoError(t, w.service.Resolve(t.Context(), open[0].ID, "", "anna"))
			w.finish(w.current().ID)
			require.Equal(t, payout.Closed, w.payout("P1").State)
			require.Equal(t, sek(c.total-10000), w.books.documents[0].Balance)
			w.stands(map[ledger.Account]int64{"1930": 10000})
		})
	}
}

func TestWhatIsNoSuggestionStaysWithoutADocument(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings  string
		documents []invoice.Document
	}{
		"two of the amount":     {`{}`, []invoice.Document{unlike("7", 10000, onDay(5), nil), unlike("8", 10000, onDay(9), nil)}},
		"before the sale":       {`{}`, []invoice.Document{unlike("7", 10000, onDay(1), nil)}},
		"too long after it":     {`{}`, []invoice.Document{unlike("7", 10000, onDay(17), nil)}},
		"another amount":        {`{}`, []invoice.Document{unlike("7", 10001, onDay(5), nil)}},
		"no window":             {`{"date_window_days":0}`, []invoice.Document{unlike("7", 10000, onDay(5), nil)}},
		"a credit invoice":      {`{}`, []invoice.Document{unlike("7", -10000, onDay(5), nil)}},
		"a key nobody asked of": {`{"date_window_days":0}`, []invoice.Document{unlike("7", 10000, onDay(5), map[invoice.Reference]string{invoice.ExternalReference2: "o-1001"})}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, provider(1, paid("P1", 10000), sale("1001", 10000)), newFakeBooks(c.documents...))
			w.set(c.settings)
			w.run()
			require.Len(t, w.exceptions(), 1)
			require.Equal(t, matching.CodeNoDocument, w.exceptions()[0].Code)
		})
	}
}

func TestWhatALineTakesIsNotSuggestedToAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(9, paid("P1", 20000), sale("1001", 10000), sale("1002", 10000)), newFakeBooks())
	w.run()
	require.Len(t, w.exceptions(), 2)
	late := invoiced("7", "1002", 10000)
	late.Date = onDay(5)
	w.books.documents = append(w.books.documents, late)
	w.run()
	require.Equal(t, []ports.LineState{ports.LineException, ports.LineMatched}, w.states())
	require.Equal(t, matching.CodeNoDocument, w.exceptions()[0].Code)
}

func TestASuggestionIsNotMadeWhileTheInvoiceMayStillCome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(1, paid("P1", 10000), sale("1001", 10000)), newFakeBooks(unlike("7", 10000, onDay(3), nil)))
	w.clock.set(payday.AddDate(0, 0, 2))
	w.run()
	require.Empty(t, w.exceptions())
	require.Equal(t, []ports.LineState{ports.LineWaiting}, w.states())
	w.books.documents = append(w.books.documents, invoiced("8", "1001", 10000))
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Len(t, w.books.payments["8"], 1)
}

func TestTheDifferenceToADocumentThatAPersonChoseIsWrittenOffWithinTheTolerance(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		total, left, rounding int64
		fails                 string
	}{
		"0.50 too little": {10050, 0, 50, ""},
		"0.50 too much":   {9950, 0, -50, ""},
		"0.51 too little": {10051, 51, 0, ""},
		"0.51 too much":   {9949, 9949, 0, "only 99.49 is open"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, provider(1, paid("P1", 10000), sale("1001", 10000)), newFakeBooks(invoiced("7", "other", c.total)))
			w.run()
			err := w.service.Resolve(t.Context(), w.exceptions()[0].ID, "7", "anna")
			if c.fails != "" {
				require.ErrorContains(t, err, c.fails)
				return
			}
			require.NoError(t, err)
			w.finish(w.current().ID)
			require.Equal(t, payout.Closed, w.payout("P1").State)
			require.Equal(t, sek(c.left), w.books.documents[0].Balance)
			require.Equal(t, c.rounding, w.books.ledger["3740"])
		})
	}
}
