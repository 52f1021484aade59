package main

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/paging"
	"github.com/kvitt/kvitt/sdk/wire"
)

func TestManyPagesGiveEveryRowOnce(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{"payouts": []object{paid("P", soldFor(120_100), sales(1201)...)}})
	f.bothWays(t, func(t *testing.T, source ports.PayoutSource) {
		r, err := f.readLines(source, "P")
		require.NoError(t, err)
		require.Len(t, r.lines, 1201)
		require.Equal(t, 5, r.calls, "three pages, and the payout at both ends")
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(r.keys()))), 1201)
		for _, cursor := range r.cursors {
			first, err := listLines(t.Context(), source, f.call(3), "P", cursor)
			require.NoError(t, err)
			again, err := listLines(t.Context(), source, f.call(3), "P", cursor)
			require.NoError(t, err)
			require.Equal(t, first, again, "a cursor gives the same page again")
		}
	})
}

func TestARestartedConnectorGoesOnFromACursor(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{"payouts": []object{paid("P", soldFor(1100), sales(11)...)}})
	whole, err := f.readLines(f.connectorWith(2), "P")
	require.NoError(t, err)
	var keys []string
	for cursor := ""; ; {
		page, err := listLines(t.Context(), f.connectorWith(2), f.call(3), "P", cursor) // a new one each time
		require.NoError(t, err)
		for _, l := range page.Lines {
			keys = append(keys, l.Key)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	require.Equal(t, whole.keys(), keys)
}

// TestLinesDoNotDependOnPagesOrOrder draws payouts with many rows that are equal
// in all that Klarna tells, and reads them in pages of all sizes, in the stored
// order and shuffled.
func TestLinesDoNotDependOnPagesOrOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var rows []object
		sold, held := 0, 0
		for range rapid.IntRange(0, 12).Draw(rt, "rows") {
			amount := rapid.IntRange(1, 2).Draw(rt, "amount") * 100
			if rapid.IntRange(0, 4).Draw(rt, "kind") == 0 {
				held += amount
				rows = append(rows, row("HOLDBACK", "ROLLING_RESERVE", "", amount, nil))
				continue
			}
			sold += amount
			order := orderID(rapid.IntRange(0, 2).Draw(rt, "order"))
			rows = append(rows, row("SALE", "PURCHASE", order, amount, object{"capture_id": "c"}))
		}
		totals := object{"sale_amount": sold, "holdback_amount": held, "settlement_amount": sold - held}
		var first []string
		for _, shuffle := range []bool{false, true} {
			f := simulate(t, object{"shuffle": shuffle, "payouts": []object{paid("P", totals, rows...)}})
			for _, size := range []int{500, rapid.IntRange(1, 5).Draw(rt, "size")} {
				r, err := f.readLines(f.connectorWith(size), "P")
				require.NoError(rt, err)
				keys := slices.Sorted(slices.Values(r.keys()))
				require.Len(rt, keys, len(rows))
				require.Len(rt, slices.Compact(slices.Clone(keys)), len(rows), "keys are unique")
				if first == nil {
					first = keys
				}
				require.Equal(rt, first, keys)
			}
		}
	})
}

func TestEqualRowsOnSeveralPagesAreDifferentRows(t *testing.T) {
	t.Parallel()
	late := row("FEE", "LATE_RETURN_FEE", orderA, 100, object{"vat_amount": 25, "vat_rate": 2500})
	filler := sales(3)
	rows := []object{late, filler[0], filler[1], late, filler[2], late}
	f := simulate(t, object{"payouts": []object{paid("P",
		object{"sale_amount": 300, "fee_amount": 300, "tax_amount": 75, "settlement_amount": -75}, rows...)}})
	for _, size := range []int{1, 2, 3, 4, 500} {
		r, err := f.readLines(f.connectorWith(size), "P")
		require.NoError(t, err)
		keys := r.keys()
		require.Equal(t, []string{keys[0], keys[0] + "-2", keys[0] + "-3"}, []string{keys[0], keys[3], keys[5]}, size)
	}
}

func TestASmallGrantIsEnoughForPagesFullOfEqualRows(t *testing.T) {
	t.Parallel()
	// Every row of the second page is equal to one of the first, each in another
	// order: each must be asked for.
	rows := append(sales(8), sales(8)...)
	f := simulate(t, object{"payouts": []object{paid("P", soldFor(1600), rows...)}})
	r, err := f.readLines(f.connectorWith(8), "P")
	require.NoError(t, err)
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(r.keys()))), 16)
	require.Len(t, r.lines, 16)
}

func TestASourceThatReordersBetweenTwoPagesIsNoticed(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{"shuffle": true, "payouts": []object{paid("P", soldFor(4000), sales(40)...)}})
	c := f.connectorWith(20)
	first, err := listLines(t.Context(), c, f.call(3), "P", "")
	require.NoError(t, err)
	_, err = listLines(t.Context(), c, f.call(3), "P", "") // somebody else begins a listing
	require.NoError(t, err)
	_, err = listLines(t.Context(), c, f.call(3), "P", first.Next)
	require.Equal(t, payout.CodeIncomplete, fault.CodeOf(err))
	require.Equal(t, fault.Temporary, fault.ClassOf(err))
	require.Contains(t, err.Error(), "listed twice")
	usage, known := ports.UsageOf(err)
	require.True(t, known)
	require.Equal(t, 2, usage.Calls)
}

func TestASourceThatChangesBetweenTwoPagesIsNoticed(t *testing.T) {
	t.Parallel()
	insert := func(rows []object) []object {
		return append([]object{row("SALE", "PURCHASE", orderA, 100, nil)}, rows...)
	}
	cases := map[string]struct {
		change func([]object) object
		reason string
	}{
		"rows vanish":                {func(r []object) object { return paid("P", soldFor(400), r[:4]...) }, "the number of items changed"},
		"all rows vanish":            {func([]object) object { return paid("P", soldFor(0)) }, "the number of items changed"},
		"a row is put in front":      {func(r []object) object { return paid("P", soldFor(700), insert(r)...) }, "the number of items changed"},
		"one comes and another goes": {func(r []object) object { return paid("P", soldFor(600), insert(r[:5])...) }, "listed twice"},
		"only the totals change":     {func(r []object) object { return paid("P", soldFor(599), r...) }, "the payout changed"},
		"the rows become of other money": {func(r []object) object {
			return with(paid("P", soldFor(600), r...), object{"payout_date": "2026-04-03T07:45:00Z"})
		}, "the payout changed"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows := sales(6)
			f := simulate(t, object{"payouts": []object{paid("P", soldFor(600), rows...)}})
			source := f.connectorWith(3)
			first, err := listLines(t.Context(), source, f.call(3), "P", "")
			require.NoError(t, err)
			f.control(http.MethodPut, "/_sim/klarna/payouts/P", c.change(rows))
			_, err = listLines(t.Context(), source, f.call(3), "P", first.Next)
			require.Equal(t, payout.CodeIncomplete, fault.CodeOf(err))
			require.Equal(t, fault.Upstream, fault.Of(err).Source)
			require.Contains(t, err.Error(), c.reason)
		})
	}
}

func TestAListWithoutATotalIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 5, 6, 7} {
		f := simulate(t, object{"pagination": "count_only", "payouts": []object{paid("P", soldFor(100*n), sales(n)...)}})
		r, err := f.readLines(f.connectorWith(3), "P")
		require.NoError(t, err)
		require.Len(t, r.lines, n)
	}
}

func TestTotalsMustAgreeWithTheRows(t *testing.T) {
	t.Parallel()
	rows := example()["transactions"].([]object)
	good := example()["totals"].(object)
	cases := map[string]struct {
		totals object
		field  string
		reason string
	}{
		"sales":                 {object{"sale_amount": 174800}, "totals.sale_amount", "the rows come to SEK 1749.00, the total to 1748.00"},
		"returns":               {object{"return_amount": 0}, "totals.return_amount", "the rows come to SEK -299.00, the total to 0.00"},
		"fees":                  {object{"fee_amount": 5831}, "totals.fee_amount", "the rows come to SEK -58.30, the total to -58.31"},
		"VAT on fees":           {object{"tax_amount": 1457}, "totals.tax_amount", "the rows come to SEK -14.58, the total to -14.57"},
		"a total without rows":  {object{"holdback_amount": 1}, "totals.holdback_amount", "the rows come to SEK 0.00, the total to -0.01"},
		"the settlement itself": {object{"settlement_amount": 137711}, "totals.settlement_amount", "the rows come to SEK 1377.12, the total to 1377.11"},
		"a debt left out":       {object{"repay_amount": 1}, "totals.settlement_amount", "the rows come to SEK 1377.11, the total to 1377.12"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := simulate(t, object{"payouts": []object{paid("P", with(good, c.totals), rows...)}})
			for _, size := range []int{2, 500} {
				_, err := f.readLines(f.connectorWith(size), "P")
				require.Equal(t, payout.CodeProofFailed, fault.CodeOf(err))
				require.Equal(t, c.field, fault.Of(err).Field)
				require.Equal(t, c.reason, fault.Of(err).Reason)
				require.NotEmpty(t, fault.Of(err).Remedy)
			}
		})
	}
}

func TestDebtIsCarriedByLinesOfItsOwn(t *testing.T) {
	t.Parallel()
	refund := row("RETURN", "PURCHASE_RETURN", orderA, 50000, object{"refund_id": "r"})
	f := simulate(t, object{"payouts": []object{
		paid("NEGATIVE", object{
			"return_amount": 50000, "deposit_amount": 50000, "settlement_amount": 0, "closing_debt_balance_amount": 50000,
		}, refund),
		paid("REPAYING", object{
			"sale_amount": 80000, "repay_amount": 50000, "settlement_amount": 30000, "opening_debt_balance_amount": 50000,
		}, row("SALE", "PURCHASE", orderB, 80000, object{"capture_id": "c"})),
		paid("EMPTY", object{"settlement_amount": 0}),
	}})
	c := f.connectorWith(500)
	negative, err := f.readLines(c, "NEGATIVE")
	require.NoError(t, err)
	require.Len(t, negative.lines, 2)
	require.EqualValues(t, 50000, negative.lines[1].Gross.Minor())
	repaying, err := f.readLines(c, "REPAYING")
	require.NoError(t, err)
	require.Len(t, repaying.lines, 2)
	require.EqualValues(t, -50000, repaying.lines[1].Gross.Minor())
	empty, err := f.readLines(c, "EMPTY")
	require.NoError(t, err)
	require.Empty(t, empty.lines)
}

func TestFeesThatAreInvoicedApartTakeNothing(t *testing.T) {
	t.Parallel()
	rows := []object{
		row("SALE", "PURCHASE", orderA, 10000, object{"capture_id": "c"}), fee("PURCHASE_FEE_FIXED", orderA, "c", 300, 75),
	}
	gross := func(totals object) object {
		return with(paid("P", totals, rows...), object{"merchant_settlement_type": "GROSS"})
	}
	cases := map[string]struct {
		payout   object
		fee, vat int64
		code     fault.Code
	}{
		"GROSS whose totals have no fees": {gross(object{"sale_amount": 10000, "settlement_amount": 10000}), 0, 0, ""},
		"GROSS whose totals show fees that are not deducted": {
			gross(object{"sale_amount": 10000, "fee_amount": 300, "tax_amount": 75, "settlement_amount": 10000}), 0, 0, "",
		},
		"GROSS whose totals deduct fees": {
			gross(object{"sale_amount": 10000, "fee_amount": 300, "tax_amount": 75, "settlement_amount": 9625}), 300, 75, "",
		},
		"GROSS whose totals show other fees": {
			gross(object{"sale_amount": 10000, "fee_amount": 299, "settlement_amount": 10000}), 0, 0, payout.CodeProofFailed,
		},
		"NET whose totals have no fees": {paid("P", object{"sale_amount": 10000, "settlement_amount": 10000}, rows...), 0, 0, payout.CodeProofFailed},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := simulate(t, object{"payouts": []object{c.payout}})
			for _, size := range []int{1, 500} {
				r, err := f.readLines(f.connectorWith(size), "P")
				require.Equal(t, c.code, fault.CodeOf(err))
				if c.code != "" {
					continue
				}
				require.Equal(t, payout.Fee, r.lines[1].Kind)
				require.Equal(t, c.fee, r.lines[1].FeeExVAT.Minor())
				require.Equal(t, c.vat, r.lines[1].FeeVAT.Minor())
			}
		})
	}
}

func TestARecordOfInvoicedFeesNeedsAPerson(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{"payouts": []object{
		with(paid("F", object{"fee_amount": 300, "tax_amount": 75, "settlement_amount": 375}, fee("PERCENTAGE_FEES", "", "", 300, 75)),
			object{"merchant_settlement_type": "GROSS_FEE"}),
	}})
	c := f.connectorWith(500)
	list, err := f.readPayouts(c, f.now.AddDate(0, 0, -30), nil)
	require.NoError(t, err)
	require.Contains(t, list.payouts[0].HoldReason, "GROSS_FEE")
	r, err := f.readLines(c, "F")
	require.NoError(t, err)
	require.EqualValues(t, 300, r.lines[0].FeeExVAT.Minor())
}

func TestRowsOfUnknownTypeAreShownAsTheyAre(t *testing.T) {
	t.Parallel()
	rows := []object{
		row("SALE", "PURCHASE", orderA, 10000, nil),
		row("MYSTERY", "UNHEARD_OF", orderA, -700, object{"vat_amount": 5}),
		row("CREDIT", "CASH_ADVANCE_FEES", "", 300, nil),
	}
	f := simulate(t, object{"payouts": []object{paid("P", object{"sale_amount": 10000, "settlement_amount": 9600}, rows...)}})
	r, err := f.readLines(f.connectorWith(2), "P")
	require.NoError(t, err, "the hub holds the payout and says why")
	require.Equal(t, payout.Unknown, r.lines[1].Kind)
	require.Equal(t, "MYSTERY/UNHEARD_OF", r.lines[1].RawType)
	require.EqualValues(t, -700, r.lines[1].Gross.Minor())
	require.Equal(t, payout.Unknown, r.lines[2].Kind)
}

func TestRowsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	good := row("SALE", "PURCHASE", orderA, 10000, object{"capture_id": "c"})
	cases := map[string]struct {
		more  object
		field string
	}{
		"no type":                       {object{"type": ""}, "type"},
		"a type that is a number":       {object{"type": 7}, "type"},
		"no amount":                     {object{"amount": nil}, "amount"},
		"an amount in text":             {object{"amount": "10000"}, "amount"},
		"an amount with decimals":       {object{"amount": 100.5}, "amount"},
		"an amount beyond 64 bits":      {object{"amount": 1e30}, "amount"},
		"VAT with decimals":             {object{"vat_amount": 1.5}, "vat_amount"},
		"a rate above 100 percent":      {object{"vat_rate": 250000}, "vat_rate"},
		"a negative rate":               {object{"vat_rate": -2500}, "vat_rate"},
		"another currency":              {object{"currency_code": "EUR"}, "currency_code"},
		"no capture date on a sale":     {object{"capture_date": nil}, "capture_date"},
		"a date that is none":           {object{"capture_date": "yesterday"}, "capture_date"},
		"a reference of absurd length":  {object{"merchant_reference1": fmt.Sprintf("%02000d", 7)}, "merchant_reference1"},
		"an order id that is an object": {object{"order_id": object{}}, "order_id"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := simulate(t, object{"payouts": []object{paid("P", soldFor(20000), good, with(good, c.more))}})
			f.bothWays(t, func(t *testing.T, source ports.PayoutSource) {
				_, err := f.readLines(source, "P")
				require.Equal(t, payout.CodeLineInvalid, fault.CodeOf(err))
				require.Equal(t, "transactions[1]."+c.field, fault.Of(err).Field)
				require.Equal(t, fault.Upstream, fault.Of(err).Source)
			})
		})
	}
}

func TestWhatIsAbsentNullOrEmptyIsNone(t *testing.T) {
	t.Parallel()
	bare := object{"type": "HOLDBACK", "amount": 100}
	empty := with(bare, object{"order_id": "", "capture_id": "", "detailed_type": "", "capture_date": "", "currency_code": "sek"})
	null := with(bare, object{"order_id": nil, "capture_id": nil, "detailed_type": nil, "vat_amount": nil, "vat_rate": nil, "capture_date": nil, "new_member": object{}})
	f := simulate(t, object{"payouts": []object{paid("P", object{"holdback_amount": 300, "settlement_amount": -300}, bare, empty, null)}})
	r, err := f.readLines(f.connectorWith(500), "P")
	require.NoError(t, err)
	key := r.lines[0].Key
	require.Equal(t, []string{key, key + "-2", key + "-3"}, r.keys())
	for _, l := range r.lines {
		require.Empty(t, l.References)
		require.Empty(t, l.Group)
		require.Empty(t, l.FeeVATRate)
		require.Equal(t, "HOLDBACK", l.RawType)
		require.EqualValues(t, -100, l.Gross.Minor())
		require.Equal(t, "2026-04-02T07:45:00Z", l.OccurredAt.UTC().Format("2006-01-02T15:04:05Z07:00"), "when it was settled")
	}
}

func TestLongReferencesMakeShorterPages(t *testing.T) {
	t.Parallel()
	var rows []object
	for i, r := range sales(500) {
		for _, name := range []string{"merchant_reference1", "merchant_reference2", "merchant_capture_reference", "merchant_refund_reference"} {
			r[name] = fmt.Sprintf("%01000d", i)
		}
		rows = append(rows, r)
	}
	f := simulate(t, object{"payouts": []object{paid("P", soldFor(50000), rows...)}})
	f.bothWays(t, func(t *testing.T, source ports.PayoutSource) {
		r, err := f.readLines(source, "P")
		require.NoError(t, err)
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(r.keys()))), 500)
		require.NotEmpty(t, r.cursors)
	})
}

func TestACursorOfSomethingElseIsRefused(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{"payouts": []object{paid("P", soldFor(300), sales(3)...), paid("Q", soldFor(300), sales(3)...)}})
	c := f.connectorWith(2)
	page, err := listLines(t.Context(), c, f.call(3), "P", "")
	require.NoError(t, err)
	payouts, err := payoutCursor.Write(payoutState{Days: 1})
	require.NoError(t, err)
	for name, cursor := range map[string]string{
		"of another payout": page.Next, "of nobody": "x", "cut": page.Next[:len(page.Next)/2], "of the payouts": payouts,
	} {
		reference := "P"
		if name == "of another payout" {
			reference = "Q"
		}
		_, err := listLines(t.Context(), c, f.call(3), reference, cursor)
		require.Equal(t, paging.CodeCursor, fault.CodeOf(err), name)
		usage, known := ports.UsageOf(err)
		require.True(t, known && usage.Calls == 0, name)
	}
}

func TestLinesAndTheLongestCursorFitTheProtocol(t *testing.T) {
	t.Parallel()
	require.Less(t, paging.MaxCursor+maxItemBytes, wire.MaxItemBytes)
}
