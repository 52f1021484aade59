package reconciliation_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/books"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/reconciliation"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/ports"
)

func kronor(ore int64) money.Amount { return money.New(ore, "SEK") }

func date(month time.Month, day int) civil.Date {
	return civil.Date{Year: 2026, Month: month, Day: day}
}

func row(account string, ore int64) ledger.Row {
	return ledger.Row{Account: ledger.Account(account), Amount: kronor(ore)}
}

// erp is an accounting system whose export is what it holds.
type erp struct {
	years []books.Year
	asked []civil.Date
	fail  error
	// lacks is a calendar year of which it has no books.
	lacks int
}

func (e *erp) ExportBooks(_ context.Context, connectionID string, on civil.Date) (io.Reader, error) {
	if connectionID != statementtest.Target {
		return nil, errors.New("this is no accounting system")
	}
	e.asked = append(e.asked, on)
	if on.Year == e.lacks {
		return nil, fault.New("erp.year_missing", fault.Validation, "no financial year holds "+on.String())
	}
	return bytes.NewReader(nil), e.fail
}

func (e *erp) Today(context.Context, string) (civil.Date, error) { return date(4, 20), nil }

func (e *erp) ReadYear(io.Reader) (books.Year, error) {
	day := e.asked[len(e.asked)-1]
	for _, y := range e.years {
		if y.Holds(day) {
			y.Vouchers = slices.Clone(y.Vouchers)
			return y, nil
		}
	}
	return e.years[0], nil
}

// recorder keeps the journal instead of writing it.
type recorder struct{ got reconciliation.Journal }

func (r *recorder) WriteVouchers(_ io.Writer, j reconciliation.Journal) error {
	r.got = j
	return nil
}

// year is what the accounting system made of the sample's payout: its voucher
// K 12, three payments in a series of their own, and the sales before.
func year() books.Year {
	paid := func(number, text string, ore int64) books.Voucher {
		return books.Voucher{Series: "C", Number: number, Date: date(4, 2), Text: text, Rows: []ledger.Row{row("1686", ore), row("1510", -ore)}}
	}
	return books.Year{From: date(1, 1), To: date(12, 31), Vouchers: []books.Voucher{
		{Series: "B", Number: "1", Date: date(3, 30), Text: "Kundfaktura 1001", Rows: []ledger.Row{row("1510", 499_00), row("3001", -399_20), row("2611", -99_80)}},
		paid("1", "Kundbet (700)", 499_00), paid("2", "Kundbet (701)", 1249_00), paid("3", "Kundbet (705)", -95_00),
		{Series: "K", Number: "12", Date: date(4, 2), Text: "Klarna", Rows: []ledger.Row{
			row("1930", 1629_36), row("6040", 97_31), row("2641", 24_33), row("1516", 799_00), row("1689", 200_00), row("1686", -2750_00),
		}},
	}}
}

func seeded(t *testing.T) (ports.Store, *erp, *recorder, *reconciliation.Service) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	require.NoError(t, statementtest.Store(t.Context(), store))
	remote, journal := &erp{years: []books.Year{year()}}, &recorder{}
	return store, remote, journal, reconciliation.New(reconciliation.Parts{
		Store: store, Exporter: remote, Ledgers: remote, Journals: journal,
		Sources: []reconciliation.Source{reconciliation.Payouts{}, reconciliation.Events{}},
	})
}

func TestTheBooksAreAsExpected(t *testing.T) {
	t.Parallel()
	_, remote, _, service := seeded(t)
	c, err := service.Check(t.Context(), statementtest.Flow)
	require.NoError(t, err)
	for _, f := range c.Findings {
		require.Equal(t, books.Found, f.Status, f.Expected.Key)
	}
	require.True(t, c.Agrees())
	require.Len(t, c.Findings, 4, "a voucher and three payments; files are no postings")
	require.Equal(t, []civil.Date{date(4, 2)}, remote.asked, "a year is read once")
	require.Len(t, c.Years, 1)
	sums := map[ledger.Account]money.Amount{}
	for _, a := range c.Accounts {
		require.True(t, a.Difference.IsZero(), a.Account)
		sums[a.Account] = a.Actual
	}
	require.Equal(t, map[ledger.Account]money.Amount{
		"1510": kronor(-1653_00), "1516": kronor(799_00), "1686": kronor(-1097_00), "1689": kronor(200_00), "1930": kronor(1629_36),
		"2641": kronor(24_33), "6040": kronor(97_31),
	}, sums)
}

func TestTamperedBooksAreNoticed(t *testing.T) {
	t.Parallel()
	_, remote, _, service := seeded(t)
	y := &remote.years[0]
	// The voucher of the payout has another split, one payment is gone, and somebody
	// has posted to the clearing account.
	y.Vouchers[4].Rows[1], y.Vouchers[4].Rows[2] = row("6040", 96_31), row("2641", 25_33)
	y.Vouchers[2] = books.Voucher{Series: "A", Number: "77", Date: date(4, 9), Text: "Manuell", Rows: []ledger.Row{row("1686", 12_00), row("1930", -12_00)}}
	c, err := service.Check(t.Context(), statementtest.Flow)
	require.NoError(t, err)
	require.False(t, c.Agrees())
	said := map[string]books.Status{}
	for _, f := range c.Findings {
		said[f.Expected.Key] = f.Status
	}
	require.Equal(t, map[string]books.Status{
		"kv:1:V1;": books.Differs, "kv:1:L1;": books.Found, "kv:1:L2;": books.Missing, "kv:1:L6;": books.Found,
	}, said)
	require.Len(t, c.Foreign, 1)
	require.Equal(t, "77", c.Foreign[0].Voucher.Number)
	require.Equal(t, kronor(12_00), c.Foreign[0].Amount)
}

func TestTheBooksOfAnotherYearAreRefused(t *testing.T) {
	t.Parallel()
	_, remote, _, service := seeded(t)
	remote.years = []books.Year{{From: civil.Date{Year: 2025, Month: 1, Day: 1}, To: civil.Date{Year: 2025, Month: 12, Day: 31}}}
	_, err := service.Check(t.Context(), statementtest.Flow)
	require.Equal(t, reconciliation.CodeOtherYear, fault.CodeOf(err))
	remote.fail = fault.New("upstream.down", fault.Temporary, "down")
	_, err = service.Check(t.Context(), statementtest.Flow)
	require.Equal(t, fault.Code("upstream.down"), fault.CodeOf(err))
}

// adopt ties the fifth line to a document, as a person does who adopts a payment
// that somebody else has made on the clearing account.
func adopt(t *testing.T, store ports.Store) {
	t.Helper()
	require.NoError(t, store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		lines, err := tx.Lines().After(ctx, statementtest.Booked, 4, 1)
		if err != nil {
			return err
		}
		return tx.Lines().Decide(ctx, []ports.LineDecision{{LineID: lines[0].ID, State: ports.LineMatched, Document: "1005"}})
	}))
}

func TestAdoptedPaymentsAreExpected(t *testing.T) {
	t.Parallel()
	store, remote, journal, service := seeded(t)
	adopt(t, store)
	c, err := service.Check(t.Context(), statementtest.Flow)
	require.NoError(t, err)
	require.Equal(t, int64(1), c.Count(books.Missing))
	remote.years[0].Vouchers = append(remote.years[0].Vouchers, books.Voucher{
		Series: "C", Number: "9", Date: date(4, 8), Rows: []ledger.Row{row("1686", 249_00), row("1510", -249_00)},
	})
	c, err = service.Check(t.Context(), statementtest.Flow)
	require.NoError(t, err)
	require.True(t, c.Agrees())

	require.NoError(t, service.WriteJournal(t.Context(), io.Discard, statementtest.Flow, ""))
	require.Len(t, journal.got.Vouchers, 5)
	last := journal.got.Vouchers[4]
	require.Equal(t, "Adopted payment of invoice 1005", last.Text)
	require.Equal(t, date(4, 2), last.Date)
	require.Len(t, last.Rows, 2)
}

func TestTheJournalHoldsWhatWasBooked(t *testing.T) {
	t.Parallel()
	_, _, journal, service := seeded(t)
	require.NoError(t, service.WriteJournal(t.Context(), io.Discard, statementtest.Flow, ""))
	require.Equal(t, money.Currency("SEK"), journal.got.Currency)
	balances := map[ledger.Account]int64{}
	for _, v := range journal.got.Vouchers {
		for _, r := range v.Rows {
			balances[r.Account] += r.Amount.Minor()
		}
	}
	require.Equal(t, int64(-1097_00), balances["1686"])
	require.Equal(t, int64(1629_36), balances["1930"])
	var names []string
	for _, a := range journal.got.Accounts {
		names = append(names, string(a.Number)+" "+a.Name)
	}
	require.Equal(t, []string{
		"1510 Customer ledger", "1516 Chargeback", "1686 Clearing", "1689 Reserve", "1930 Bank", "2641 Fee VAT", "6040 Fee",
	}, names)
	require.Equal(t, "K 12", journal.got.Vouchers[0].Series+" "+journal.got.Vouchers[0].Number)
	require.Equal(t, "700", journal.got.Vouchers[1].Number)

	require.NoError(t, service.WriteJournal(t.Context(), io.Discard, statementtest.Flow, "EUR"))
	require.Empty(t, journal.got.Vouchers)
	require.Equal(t, ports.CodeNotFound, fault.CodeOf(service.WriteJournal(t.Context(), io.Discard, "flow-9", "")))
}
