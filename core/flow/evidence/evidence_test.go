package evidence_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/evidence"
	"github.com/kvitt/kvitt/core/flow/statement/statementtest"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func sek(ore int64) money.Amount { return money.New(ore, "SEK") }

func open(t *testing.T) (ports.Store, *evidence.Reader) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	require.NoError(t, statementtest.Store(t.Context(), store))
	return store, evidence.New(store)
}

func update(t *testing.T, store ports.Store, fn func(ctx context.Context, tx ports.Tx) error) {
	t.Helper()
	require.NoError(t, store.Update(t.Context(), fn))
}

func TestEachRowNamesTheLinesThatMakeIt(t *testing.T) {
	t.Parallel()
	_, reader := open(t)
	e, err := reader.Payout(t.Context(), statementtest.Booked)
	require.NoError(t, err)
	require.Equal(t, "klarna", e.Provider)
	require.Equal(t, "2026-04-02", e.Day.String())
	require.Len(t, e.Vouchers, 1)
	v := e.Vouchers[0]
	require.Equal(t, "K-12-3", v.Number)
	require.Len(t, v.Rows, 6)
	sources := map[ledger.Account][]evidence.Source{}
	for i, row := range v.Rows {
		require.Equal(t, i+1, row.N)
		require.True(t, row.Difference.IsZero())
		sources[row.Account] = row.Sources
	}
	require.Equal(t, map[ledger.Account][]evidence.Source{
		"1686": {
			{Kind: payout.Sale, RawType: "SALE", Lines: 5, Amount: sek(-2845_00)},
			{Kind: payout.Refund, RawType: "RETURN", Lines: 1, Amount: sek(95_00)},
		},
		"6040": {
			{Kind: payout.Fee, RawType: "FEE/PURCHASE_FEE_FIXED", Lines: 1, Amount: sek(17_50)},
			{Kind: payout.Fee, RawType: "FEE/PURCHASE_FEE_PERCENTAGE", Lines: 1, Amount: sek(79_81)},
		},
		"2641": {
			{Kind: payout.Fee, RawType: "FEE/PURCHASE_FEE_FIXED", Lines: 1, Amount: sek(4_38)},
			{Kind: payout.Fee, RawType: "FEE/PURCHASE_FEE_PERCENTAGE", Lines: 1, Amount: sek(19_95)},
		},
		"1516": {{Kind: payout.Chargeback, RawType: "REVERSAL", Lines: 1, Amount: sek(799_00)}},
		"1689": {{Kind: payout.Reserve, RawType: "HOLDBACK", Lines: 1, Amount: sek(200_00)}},
		"1930": sources["1930"],
	}, sources)
	require.Len(t, sources["1930"], 6, "the bank row is made of every kind of line")
}

// rowOn finds the number of the one row on an account.
func rowOn(t *testing.T, reader *evidence.Reader, account ledger.Account) (n int, amount money.Amount) {
	t.Helper()
	e, err := reader.Payout(t.Context(), statementtest.Booked)
	require.NoError(t, err)
	for _, row := range e.Vouchers[0].Rows {
		if row.Account == account {
			n, amount = row.N, row.Amount
		}
	}
	require.NotZero(t, n)
	return n, amount
}

func TestTheLinesOfARowAreReadPageByPage(t *testing.T) {
	t.Parallel()
	_, reader := open(t)
	for account, lines := range map[ledger.Account]int{"1686": 6, "1930": 10, "2641": 2, "1689": 1} {
		n, amount := rowOn(t, reader, account)
		sum, after, seen := sek(0), int64(0), 0
		for {
			page, err := reader.RowLines(t.Context(), statementtest.Booked, n, after, 2)
			require.NoError(t, err)
			if len(page) == 0 {
				break
			}
			for _, l := range page {
				require.Greater(t, l.Ordinal, after)
				after = l.Ordinal
				sum, err = sum.Add(l.Amount)
				require.NoError(t, err)
				seen++
			}
		}
		require.Equal(t, amount, sum, account)
		require.Equal(t, lines, seen, account)
	}
	_, err := reader.RowLines(t.Context(), statementtest.Booked, 7, 0, 2)
	require.Equal(t, evidence.CodeNoRow, fault.CodeOf(err))
}

func TestAPayoutWithoutAPlanHasNoVouchersButLines(t *testing.T) {
	t.Parallel()
	_, reader := open(t)
	e, err := reader.Payout(t.Context(), statementtest.Held)
	require.NoError(t, err)
	require.Empty(t, e.Vouchers)
	var archive bytes.Buffer
	require.NoError(t, reader.Export(t.Context(), statementtest.Held, &archive))
	_, err = reader.Payout(t.Context(), "payout-0")
	require.Equal(t, ports.CodeNotFound, fault.CodeOf(err))
}

// replan gives the booked payout a copy with other vouchers.
func replan(t *testing.T, store ports.Store, settings booking.Settings, lines []payout.Line, plan func(whole ledger.Voucher) []ports.Step) {
	t.Helper()
	update(t, store, func(ctx context.Context, tx ports.Tx) error {
		raw, err := json.Marshal(settings)
		require.NoError(t, err)
		f := merchant.Flow{
			ID: "flow-2", MerchantID: statementtest.Merchant, Kind: merchant.Payouts, Source: statementtest.Target,
			Target: statementtest.Source, Settings: raw, SettingsVersion: 1,
		}
		require.NoError(t, tx.Flows().Create(ctx, f, "test"))
		net := sek(0)
		for _, l := range lines {
			effect, err := l.Net()
			require.NoError(t, err)
			net, err = net.Add(effect)
			require.NoError(t, err)
		}
		record := ports.PayoutRecord{
			ID: "payout-3", FlowID: f.ID, MerchantID: f.MerchantID, ConnectionID: statementtest.Source,
			Payout: payout.Payout{Reference: "P3", Date: statementtest.At(), Net: net}, State: payout.Booked, SettingsVersion: 1,
		}
		require.NoError(t, tx.Payouts().Create(ctx, record))
		_, _, err = tx.Lines().Append(ctx, record.ID, lines)
		require.NoError(t, err)
		stored, err := tx.Lines().Sums(ctx, record.ID)
		require.NoError(t, err)
		var sums []booking.Sum
		for _, s := range stored {
			sums = append(sums, booking.Sum{Kind: s.Kind, RawType: s.RawType, Lines: s.Lines, Gross: s.Gross, FeeExVAT: s.FeeExVAT, FeeVAT: s.FeeVAT})
		}
		entry, err := booking.PayoutVoucher(record.Payout, civil.Of(statementtest.At()), sums, settings)
		require.NoError(t, err)
		return tx.Steps().Plan(ctx, plan(entry.Voucher))
	})
}

func step(t *testing.T, n int, v ledger.Voucher) ports.Step {
	t.Helper()
	content, err := json.Marshal(map[string]any{"series": "K", "date": v.Date(), "text": v.Text(), "rows": v.Rows()})
	require.NoError(t, err)
	return ports.Step{
		PayoutID: "payout-3", Kind: ports.StepVoucher, Key: "kv:3:V" + strconv.Itoa(n) + ";", State: ports.StepPlanned,
		Content: content, Amount: sek(0), SettingsVersion: 1,
	}
}

func line(key string, kind payout.Kind, rawType string, gross, fee, vat int64) payout.Line {
	return payout.Line{Key: key, Kind: kind, RawType: rawType, Gross: sek(gross), FeeExVAT: sek(fee), FeeVAT: sek(vat)}
}

func mixed() []payout.Line {
	return []payout.Line{
		line("1", payout.Sale, "SALE", 100_00, 3_33, 83), line("2", payout.Sale, "SALE", 59_95, 1_01, 25), line("3", payout.Fee, "FEE", 0, 7_07, 0),
		line("4", payout.Refund, "RETURN", -20_00, -1_00, -25), line("5", payout.Chargeback, "CB", -9_99, 0, 0),
		line("6", payout.Reserve, "HOLD", -5_00, 0, 0), line("7", payout.Adjustment, "ODD", -1_11, 0, 0), line("8", payout.Fee, "FEE", 0, 3, 0),
	}
}

// addsUp follows every row of payout-3 to its lines and requires that they make it.
func addsUp(t *testing.T, reader *evidence.Reader) evidence.Evidence {
	t.Helper()
	e, err := reader.Payout(t.Context(), "payout-3")
	require.NoError(t, err)
	for _, v := range e.Vouchers {
		for _, row := range v.Rows {
			require.True(t, row.Difference.IsZero(), "row %d of %s: %s", row.N, v.Key, row.Difference)
			found, err := reader.RowLines(t.Context(), "payout-3", row.N, 0, 100)
			require.NoError(t, err)
			sum := sek(0)
			for _, l := range found {
				sum, err = sum.Add(l.Amount)
				require.NoError(t, err)
			}
			require.Equal(t, row.Amount, sum, "row %d of %s", row.N, v.Key)
		}
	}
	return e
}

func TestTheLinesMakeTheRowsOfAVoucherThatWasSplit(t *testing.T) {
	t.Parallel()
	for limit := 2; limit <= 9; limit++ {
		t.Run(strconv.Itoa(limit), func(t *testing.T) {
			t.Parallel()
			store, reader := open(t)
			replan(t, store, booking.Default(), mixed(), func(whole ledger.Voucher) []ports.Step {
				parts, err := booking.Split(whole, limit, "1686")
				require.NoError(t, err)
				var steps []ports.Step
				for i, part := range parts {
					steps = append(steps, step(t, i+1, part))
				}
				return steps
			})
			addsUp(t, reader)
		})
	}
}

func TestTheLinesMakeTheRowsOfAReversalWithTheOtherSign(t *testing.T) {
	t.Parallel()
	store, reader := open(t)
	replan(t, store, booking.Default(), mixed(), func(whole ledger.Voucher) []ports.Step {
		undo := step(t, 2, whole.Reversal(whole.Date(), "Reversal"))
		undo.Reverses = "kv:3:V1;"
		return []ports.Step{step(t, 1, whole), undo}
	})
	e := addsUp(t, reader)
	require.Len(t, e.Vouchers, 2)
}

func TestVATThatIsRoundedOnceIsFollowedFromTheFirstLine(t *testing.T) {
	t.Parallel()
	store, reader := open(t)
	settings := booking.Default()
	settings.FeeRules = []booking.FeeRule{{Match: "*", VAT: booking.ReverseEU, Meaning: "fee"}}
	settings.ReverseCharge.Moment = booking.WithPayout
	lines := []payout.Line{line("1", payout.Fee, "A", 0, 3, 0), line("2", payout.Fee, "B", 0, 3, 0), line("3", payout.Fee, "A", 0, 3, 0)}
	replan(t, store, settings, lines, func(whole ledger.Voucher) []ports.Step { return []ports.Step{step(t, 1, whole)} })
	for _, row := range addsUp(t, reader).Vouchers[0].Rows {
		if row.Account != "2645" {
			continue
		}
		// 25 % of 0.03, 0.06 and 0.09 is 0.01, 0.02 and 0.02 when rounded; the lines of
		// one type come one after the other: 1 and 3, then 2.
		require.Equal(t, sek(2), row.Amount)
		last, err := reader.RowLines(t.Context(), "payout-3", row.N, 2, 10)
		require.NoError(t, err)
		require.Len(t, last, 1, "a page that begins in the middle gives what the whole list gives")
		require.Equal(t, sek(1), last[0].Amount)
		return
	}
	require.Fail(t, "no row of input VAT")
}

func TestAVoucherThatMovesThePaymentOfALineIsMadeOfThatLine(t *testing.T) {
	t.Parallel()
	store, reader := open(t)
	update(t, store, func(ctx context.Context, tx ports.Tx) error {
		lines, err := tx.Lines().After(ctx, statementtest.Booked, 0, 5)
		require.NoError(t, err)
		moved, err := booking.MoveFromClearing(sek(249_00), "1930", civil.Of(statementtest.At()), "Moved", booking.Default())
		require.NoError(t, err)
		s := step(t, 9, moved)
		s.PayoutID, s.Kind, s.LineID = statementtest.Booked, ports.StepCorrection, lines[4].ID
		return tx.Steps().Plan(ctx, []ports.Step{s})
	})
	e, err := reader.Payout(t.Context(), statementtest.Booked)
	require.NoError(t, err)
	require.Len(t, e.Vouchers, 2)
	require.Equal(t, 7, e.Vouchers[1].Rows[0].N, "rows are counted on")
	found, err := reader.RowLines(t.Context(), statementtest.Booked, 7, 0, 10)
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, "row/5", found[0].Key)
	require.Equal(t, e.Vouchers[1].Rows[0].Amount, found[0].Amount)
}

func TestPagesThatWereNotKeptAreNamed(t *testing.T) {
	t.Parallel()
	_, reader := open(t)
	pages, err := reader.Pages(t.Context(), statementtest.Booked, "", 10)
	require.NoError(t, err)
	require.Len(t, pages, 1)
	require.False(t, pages[0].Kept)
	_, err = reader.PageOf(t.Context(), statementtest.Booked, pages[0].SHA256)
	require.Equal(t, evidence.CodeNoSource, fault.CodeOf(err))
	rest, err := reader.Pages(t.Context(), statementtest.Booked, pages[0].SHA256, 10)
	require.NoError(t, err)
	require.Empty(t, rest)
}

// kept stores a page and gives a line that was read from it.
func kept(t *testing.T, store ports.Store, content string, offset, length int64) (lineID int64) {
	t.Helper()
	sum := sha256.Sum256([]byte(content))
	page := ports.RawPage{SHA256: hex.EncodeToString(sum[:]), MediaType: "text/csv", Bytes: []byte(content)}
	update(t, store, func(ctx context.Context, tx ports.Tx) error {
		require.NoError(t, tx.RawPages().Put(ctx, statementtest.Source, page, statementtest.At()))
		l := line("raw", payout.Sale, "SALE", 1_00, 0, 0)
		l.Raw = payout.Raw{Page: page.SHA256, Offset: offset, Length: length}
		_, _, err := tx.Lines().Append(ctx, statementtest.Held, []payout.Line{l})
		require.NoError(t, err)
		lines, err := tx.Lines().After(ctx, statementtest.Held, 2, 1)
		require.NoError(t, err)
		lineID = lines[0].ID
		return nil
	})
	return lineID
}

func TestTheSourceOfALineIsItsBytesAndNothingElse(t *testing.T) {
	t.Parallel()
	store, reader := open(t)
	id := kept(t, store, "head\nSALE;1,00\ntail\n", 5, 9)
	from, err := reader.Source(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "SALE;1,00", string(from.Bytes))
	require.Equal(t, int64(20), from.PageBytes)
	require.Equal(t, statementtest.Held, from.PayoutID)
	pages, err := reader.Pages(t.Context(), statementtest.Held, "", 10)
	require.NoError(t, err)
	require.Contains(t, pages, evidence.Page{SHA256: from.Page, MediaType: "text/csv", Bytes: 20, Kept: true})
}

func TestARangeOutsideOfItsPageIsNotCut(t *testing.T) {
	t.Parallel()
	for name, at := range map[string][2]int64{
		"behind the end": {21, 0}, "beyond the end": {5, 16}, "before the beginning": {-1, 2}, "a length below 0": {5, -1},
		"a length that overflows": {5, 1<<63 - 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, reader := open(t)
			_, err := reader.Source(t.Context(), kept(t, store, "head\nSALE;1,00\ntail\n", at[0], at[1]))
			require.Equal(t, evidence.CodePageAltered, fault.CodeOf(err))
		})
	}
}

// forged is a store whose pages have been written over.
type forged struct{ ports.Store }

func (s forged) View(ctx context.Context, fn func(ctx context.Context, tx ports.Tx) error) error {
	return s.Store.View(ctx, func(ctx context.Context, tx ports.Tx) error { return fn(ctx, forgedTx{tx}) })
}

type forgedTx struct{ ports.Tx }

func (tx forgedTx) RawPages() ports.RawPageStore { return forgedPages{tx.Tx.RawPages()} }

type forgedPages struct{ ports.RawPageStore }

func (p forgedPages) Get(ctx context.Context, connectionID, hash string) (ports.RawPage, error) {
	page, err := p.RawPageStore.Get(ctx, connectionID, hash)
	page.Bytes = bytes.ReplaceAll(page.Bytes, []byte("1,00"), []byte("9,00"))
	return page, err
}

func TestAPageThatWasWrittenOverIsNoEvidence(t *testing.T) {
	t.Parallel()
	store, _ := open(t)
	id := kept(t, store, "head\nSALE;1,00\ntail\n", 5, 9)
	reader := evidence.New(forged{store})
	_, err := reader.Source(t.Context(), id)
	require.Equal(t, evidence.CodePageAltered, fault.CodeOf(err))
	err = reader.Export(t.Context(), statementtest.Held, &bytes.Buffer{})
	require.Equal(t, evidence.CodePageAltered, fault.CodeOf(err))
}
