package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/plugins/fortnox/client"
	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/clock"
)

func TestAVoucherIsBookedInTheYearOfItsDate(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		v, err := ledger.New(on("2025-12-30"), "Klarna", []ledger.Row{{Account: "1930", Amount: sek("1.00")}, {Account: "1686", Amount: sek("-1.00")}})
		require.NoError(t, err)
		r.sim("PUT", "fortnox/lock", map[string]string{"until": ""}, nil)
		result, err := c.EnsureVoucher(t.Context(), ports.VoucherRequest{Write: r.write("EnsureVoucher", "kv:1;", 1), Series: "A", Voucher: v})
		require.NoError(t, err)
		require.Equal(t, ports.VoucherNumber{Series: "A", Number: "2", Year: "2"}, result.Number)
	})
}

func TestTheYearIsAskedForOnceInAWhile(t *testing.T) {
	t.Parallel()
	r, machine := start(t), clock.At(time.Date(2026, 4, 20, 8, 0, 0, 0, time.UTC))
	c := New(WithClock(machine.Now))
	calls := func() int {
		result, err := r.tryVoucher(t.Context(), c, 1)
		require.NoError(t, err)
		return result.Usage.Calls
	}
	require.Equal(t, 2, calls())
	require.Equal(t, 1, calls())
	machine.Advance(yearKept)
	require.Equal(t, 2, calls())
}

func TestRefusalsOfVouchersHaveCodes(t *testing.T) {
	t.Parallel()
	manyRows := []ledger.Row{{Account: "1930", Amount: sek("200.00")}}
	for i := range mostRows {
		manyRows = append(manyRows, ledger.Row{Account: "1686", Amount: sek("-1.00"), Meaning: strings.Repeat("m", i)})
	}
	two := func(account ledger.Account) []ledger.Row {
		return []ledger.Row{{Account: "1930", Amount: sek("1.00")}, {Account: account, Amount: sek("-1.00")}}
	}
	tests := map[string]struct {
		date, series, key string
		rows              []ledger.Row
		code              fault.Code
		class             fault.Class
		sent              bool
	}{
		"no financial year":     {date: "2030-01-01", rows: two("1686"), code: client.CodeYearMissing, class: fault.Validation, sent: true},
		"no such account":       {rows: two("1999"), code: client.CodeAccountMissing, class: fault.Validation, sent: true},
		"an inactive account":   {rows: two("1585"), code: client.CodeAccountInactive, class: fault.Validation, sent: true},
		"no account number":     {rows: two("clearing"), code: client.CodeAccountInvalid, class: fault.Validation},
		"no such series":        {series: "Q", rows: two("1686"), code: client.CodeRefused, class: fault.Validation, sent: true},
		"a series for machines": {series: "D", rows: two("1686"), code: client.CodeRefused, class: fault.Validation, sent: true},
		"too many rows":         {rows: manyRows, code: CodeVoucherRows, class: fault.Validation},
		"a key without room":    {key: strings.Repeat("k", 201), rows: two("1686"), code: CodeKey, class: fault.Validation},
		"another currency": {
			rows: []ledger.Row{{Account: "1930", Amount: money.New(100, "EUR")}, {Account: "1686", Amount: money.New(-100, "EUR")}},
			code: CodeCurrency, class: fault.Validation,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, r *remote, c everything) {
				date, series, key := "2026-04-16", "K", "kv:1;"
				if test.date != "" {
					date = test.date
				}
				if test.series != "" {
					series = test.series
				}
				if test.key != "" {
					key = test.key
				}
				v, err := ledger.New(on(date), "Klarna", test.rows)
				require.NoError(t, err)
				before := r.counts()
				_, err = c.EnsureVoucher(t.Context(), ports.VoucherRequest{Write: r.write("EnsureVoucher", key, 1), Series: series, Voucher: v})
				r.requireFault(err, test.code, test.class)
				require.Equal(t, before, r.counts())
				require.Equal(t, test.sent, len(r.requests()) > 0)
			})
		})
	}
}

func TestAVoucherWithoutSeriesIsRefused(t *testing.T) {
	t.Parallel()
	r := start(t)
	_, err := New().EnsureVoucher(t.Context(), ports.VoucherRequest{Write: r.write("EnsureVoucher", "kv:1;", 1), Voucher: aVoucher(t)})
	r.requireFault(err, CodeSeries, fault.Validation)
}

func TestAVoucherIsFoundAmongManyOfItsDay(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		made, err := r.tryVoucher(t.Context(), c, 1)
		require.NoError(t, err)
		for i := range 5 {
			_, err := c.EnsureVoucher(t.Context(), ports.VoucherRequest{
				Write: r.write("EnsureVoucher", "kv:other:"+strings.Repeat("x", i+1)+";", 1), Series: "K", Voucher: aVoucher(t),
			})
			require.NoError(t, err)
		}
		req := ports.VoucherRequest{Write: r.write("EnsureVoucher", voucherKey, 2), Series: "K", Voucher: aVoucher(t)}
		req.Grant = 10 // pages of two take more than is declared for pages of 500
		again, err := c.EnsureVoucher(t.Context(), req)
		require.NoError(t, err)
		require.Equal(t, ports.Found, again.Outcome)
		require.Equal(t, made.Number, again.Number)
	}, WithPageSize(2))
}

func TestTwoVouchersWithOneKeyAreNeverGuessedAt(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, r *remote, c everything) {
		for range 2 {
			_, err := r.tryVoucher(t.Context(), c, 1)
			require.NoError(t, err)
		}
		_, err := r.tryVoucher(t.Context(), c, 2)
		r.requireFault(err, CodeAmbiguousVoucher, fault.Duplicate)
	})
}

func TestAVoucherLookUpThatDoesNotEndLeavesTheOutcomeOpen(t *testing.T) {
	t.Parallel()
	r, c := start(t), New(WithPageSize(2))
	for i := range 12 {
		_, err := c.EnsureVoucher(t.Context(), ports.VoucherRequest{
			Write: r.write("EnsureVoucher", "kv:other:"+strings.Repeat("x", i+1)+";", 1), Series: "K", Voucher: aVoucher(t),
		})
		require.NoError(t, err)
	}
	before := r.counts()
	_, err := r.tryVoucher(t.Context(), c, 2)
	r.requireFault(err, ports.CodeGrantExhausted, fault.Unknown)
	require.Equal(t, before, r.counts())
}

func TestTextsKeepToFortnoxsCharacters(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want string }{
		"letters of any language": {"Åsa Żółć Ελλάδα 東京", "Åsa Żółć Ελλάδα 東京"},
		"signs that are allowed":  {"a–:.`´’,;^¤#%§£$€¢¥©™°&/()=+-*_!?²³®½@\\b", "a–:.`´’,;^¤#%§£$€¢¥©™°&/()=+-*_!?²³®½@\\b"},
		"signs that are not":      {`a|b<c>d"e{f}g~h`, "a b c d e f g h"},
		"a picture":               {"tack 😀", "tack"},
		"an accent by itself":     {"A\u030akvist", "Åkvist"},
		"no-break space and tab":  {"a\u00a0b\tc", "a b c"},
		"bytes that are no text":  {"a\xffb", "a b"},
		"digits of other scripts": {"٣", ""},
		"a line break":            {"a\nb", "a\nb"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, plain(test.in))
		})
	}
}

func TestAKeyIsNeverCut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		key := rapid.StringMatching(`[A-Za-z0-9:;-]{1,200}`).Draw(rt, "key")
		text := rapid.String().Draw(rt, "text")
		joined := withKey(text, key, longestDescription)
		require.True(t, strings.HasSuffix(joined, key))
		require.LessOrEqual(t, utf8.RuneCountInString(joined), longestDescription)
		require.Equal(t, joined, plain(joined))
	})
}

// Fortnox limits rows in a way that it does not document; the simulator's limit
// can be set.
func TestFortnoxsOwnLimitOfRowsIsReported(t *testing.T) {
	t.Parallel()
	r := start(t, func(w *world.Fortnox) { w.VoucherRowLimit = 3 })
	_, err := r.tryVoucher(t.Context(), New(), 1)
	f := r.requireFault(err, client.CodeRefused, fault.Validation)
	require.Contains(t, f.Reason, "för många rader")
}
