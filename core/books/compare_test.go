package books_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/books"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

func sek(ore int64) money.Amount { return money.New(ore, "SEK") }

func day(n int) civil.Date { return civil.Date{Year: 2026, Month: 4, Day: n} }

func row(account string, ore int64) ledger.Row {
	return ledger.Row{Account: ledger.Account(account), Amount: sek(ore)}
}

func own() []ledger.Account { return []ledger.Account{"1686"} }

// The payout of two sales, their payments, and the invoices behind them.
func expected() []books.Expected {
	return []books.Expected{
		{Kind: books.Ordered, Key: "kv:1:V1;", Voucher: books.Voucher{Series: "K", Number: "12", Date: day(2), Rows: []ledger.Row{
			row("1930", 90_00), row("6040", 8_00), row("2641", 2_00), row("1686", -100_00),
		}}},
		{Kind: books.Payment, Key: "kv:1:L1;", Mark: "701", Voucher: books.Voucher{Date: day(2), Rows: []ledger.Row{row("1686", 50_00), row("1510", -50_00)}}},
		{Kind: books.Payment, Key: "kv:1:L2;", Mark: "702", Voucher: books.Voucher{Date: day(2), Rows: []ledger.Row{row("1686", 50_00), row("1510", -50_00)}}},
	}
}

// year is how an accounting system shows them: rows in another order, a row split,
// numbers and texts of its own.
func year() books.Year {
	paid := func(number, text string) books.Voucher {
		return books.Voucher{Series: "C", Number: number, Date: day(2), Text: text, Rows: []ledger.Row{row("1510", -50_00), row("1686", 50_00)}}
	}
	return books.Year{From: civil.Date{Year: 2026, Month: 1, Day: 1}, To: civil.Date{Year: 2026, Month: 12, Day: 31}, Vouchers: []books.Voucher{
		{Series: "B", Number: "1", Date: day(1), Text: "Kundfaktura 701", Rows: []ledger.Row{row("1510", 50_00), row("3001", -50_00)}},
		paid("1", "Kundbet Anna (702)"),
		paid("2", "Kundbet Bo (701)"),
		{Series: "K", Number: "12", Date: day(2), Text: "Klarna [kv:1:V1;]", Rows: []ledger.Row{
			row("1686", -60_00), row("1686", -40_00), row("1930", 90_00), row("2641", 2_00), row("6040", 8_00),
		}},
	}}
}

func compare(t *testing.T, e []books.Expected, y books.Year) books.Comparison {
	t.Helper()
	c, err := books.Compare(e, nil, []books.Year{y}, own(), day(1))
	require.NoError(t, err)
	return c
}

func statuses(c books.Comparison) []books.Status {
	var all []books.Status
	for _, f := range c.Findings {
		all = append(all, f.Status)
	}
	return all
}

func TestBooksThatAgree(t *testing.T) {
	t.Parallel()
	c := compare(t, expected(), year())
	require.True(t, c.Agrees())
	require.Equal(t, []books.Status{books.Found, books.Found, books.Found}, statuses(c))
	require.Equal(t, "2", c.Findings[1].Actual.Number, "the mark decides between equals")
	require.Equal(t, "1", c.Findings[2].Actual.Number)
	var accounts []string
	for _, a := range c.Accounts {
		accounts = append(accounts, fmt.Sprint(a.Account, " ", a.Own, " ", a.Expected, " ", a.Actual, " ", a.Foreign, " ", a.Difference))
	}
	require.Equal(t, []string{
		"1510 false -100.00 -100.00 0.00 0.00", "1686 true 0.00 0.00 0.00 0.00", "1930 false 90.00 90.00 0.00 0.00",
		"2641 false 2.00 2.00 0.00 0.00", "6040 false 8.00 8.00 0.00 0.00",
	}, accounts)
}

func TestEveryTamperingIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tamper   func(y *books.Year)
		statuses []books.Status
		// differences are those of accounts that are not 0.
		differences map[ledger.Account]string
		foreign     string
	}{
		"a voucher is gone": {
			tamper:      func(y *books.Year) { y.Vouchers = y.Vouchers[:3] },
			statuses:    []books.Status{books.Missing, books.Found, books.Found},
			differences: map[ledger.Account]string{"1686": "100.00", "1930": "-90.00", "2641": "-2.00", "6040": "-8.00"},
		},
		"a payment is gone": {
			tamper:      func(y *books.Year) { y.Vouchers = slices.Delete(y.Vouchers, 1, 2) },
			statuses:    []books.Status{books.Found, books.Found, books.Missing},
			differences: map[ledger.Account]string{"1686": "-50.00", "1510": "50.00"},
		},
		"a row of a voucher has another amount": {
			tamper: func(y *books.Year) {
				y.Vouchers[3].Rows[2], y.Vouchers[3].Rows[4] = row("1930", 91_00), row("6040", 7_00)
			},
			statuses:    []books.Status{books.Differs, books.Found, books.Found},
			differences: map[ledger.Account]string{"1930": "1.00", "6040": "-1.00"},
		},
		"a voucher has another date": {
			tamper:   func(y *books.Year) { y.Vouchers[3].Date = day(3) },
			statuses: []books.Status{books.Differs, books.Found, books.Found},
		},
		"a payment was moved to another account": {
			tamper:      func(y *books.Year) { y.Vouchers[2].Rows = []ledger.Row{row("1510", -50_00), row("1930", 50_00)} },
			statuses:    []books.Status{books.Found, books.Differs, books.Found},
			differences: map[ledger.Account]string{"1686": "-50.00", "1930": "50.00"},
		},
		"somebody posts to the clearing account": {
			tamper: func(y *books.Year) {
				y.Vouchers = append(y.Vouchers, books.Voucher{Series: "A", Number: "9", Date: day(5), Rows: []ledger.Row{row("1686", 7_00), row("1930", -7_00)}})
			},
			statuses:    []books.Status{books.Found, books.Found, books.Found},
			differences: map[ledger.Account]string{"1686": "7.00"},
			foreign:     "A 9 1686 7.00",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			y := year()
			c.tamper(&y)
			found := compare(t, expected(), y)
			require.False(t, found.Agrees())
			require.Equal(t, c.statuses, statuses(found))
			differences := map[ledger.Account]string{}
			for _, a := range found.Accounts {
				if !a.Difference.IsZero() {
					differences[a.Account] = a.Difference.String()
				}
			}
			if c.differences == nil {
				c.differences = map[ledger.Account]string{}
			}
			require.Equal(t, c.differences, differences)
			var foreign string
			for _, f := range found.Foreign {
				foreign += fmt.Sprint(f.Voucher.Series, " ", f.Voucher.Number, " ", f.Account, " ", f.Amount)
			}
			require.Equal(t, c.foreign, foreign)
		})
	}
}

func TestWhatWasThereBeforeTheFlowIsNotForeign(t *testing.T) {
	t.Parallel()
	y := year()
	y.Vouchers = append(y.Vouchers, books.Voucher{Series: "A", Number: "1", Date: civil.Date{Year: 2026, Month: 3, Day: 31}, Rows: []ledger.Row{row("1686", 7_00), row("1930", -7_00)}})
	require.True(t, compare(t, expected(), y).Agrees())
}

func TestAVoucherOfWhichNobodyKnowsMayBeThereOrNot(t *testing.T) {
	t.Parallel()
	e := expected()
	e[0].Open, e[0].Number, e[0].Mark = true, "", "kv:1:V1"
	there := compare(t, e, year())
	require.True(t, there.Agrees())
	require.Len(t, there.Findings, 3)
	y := year()
	y.Vouchers = y.Vouchers[:3]
	gone := compare(t, e, y)
	require.True(t, gone.Agrees())
	require.Len(t, gone.Findings, 2)
}

func TestAnAdoptedPaymentIsFoundByItsRow(t *testing.T) {
	t.Parallel()
	e := append(expected(), books.Expected{Kind: books.Adopted, Document: "1005", Voucher: books.Voucher{Rows: []ledger.Row{row("1686", 30_00)}}})
	y := year()
	require.Equal(t, books.Missing, compare(t, e, y).Findings[3].Status)
	y.Vouchers = append(y.Vouchers, books.Voucher{Series: "C", Number: "3", Date: day(7), Rows: []ledger.Row{row("1686", 30_00), row("1510", -30_00)}})
	c := compare(t, e, y)
	require.True(t, c.Agrees())
	require.Empty(t, c.Foreign)
	for _, a := range c.Accounts {
		require.True(t, a.Difference.IsZero(), a.Account)
	}
}

// However an accounting system orders its books, what stands in them is found, and
// removing any one voucher that was expected is noticed.
func TestBooksInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var e []books.Expected
		y := books.Year{From: year().From, To: year().To}
		for i := range rapid.IntRange(1, 30).Draw(t, "vouchers") {
			amount := rapid.Int64Range(1, 3).Draw(t, "amount")
			v := books.Voucher{Date: day(rapid.IntRange(1, 3).Draw(t, "day")), Rows: []ledger.Row{row("1686", amount), row("1510", -amount)}}
			one := books.Expected{Kind: books.Payment, Mark: fmt.Sprint(700 + i), Voucher: v}
			v.Series, v.Number, v.Text = "C", fmt.Sprint(i), "Kundbet ("+one.Mark+")"
			if rapid.Bool().Draw(t, "ordered") {
				one.Kind, one.Series, one.Number, one.Mark = books.Ordered, "K", fmt.Sprint(i), ""
				v.Series = "K"
			}
			e, y.Vouchers = append(e, one), append(y.Vouchers, v)
		}
		y.Vouchers = rapid.Permutation(y.Vouchers).Draw(t, "order")
		c, err := books.Compare(e, nil, []books.Year{y}, own(), day(1))
		require.NoError(t, err)
		require.True(t, c.Agrees())
		y.Vouchers = y.Vouchers[1:]
		c, err = books.Compare(e, nil, []books.Year{y}, own(), day(1))
		require.NoError(t, err)
		require.Equal(t, int64(1), c.Count(books.Missing))
		require.Equal(t, int64(len(e)-1), c.Count(books.Found))
	})
}

func TestWhatAnotherFlowBookedIsNotForeign(t *testing.T) {
	t.Parallel()
	y := year()
	v := books.Voucher{Series: "K", Number: "13", Date: day(5), Rows: []ledger.Row{row("1686", 7_00), row("3001", -7_00)}}
	y.Vouchers = append(y.Vouchers, v)
	require.False(t, compare(t, expected(), y).Agrees())
	gone := books.Expected{Kind: books.Ordered, Voucher: books.Voucher{Series: "K", Number: "14", Date: day(5), Rows: v.Rows}}
	c, err := books.Compare(expected(), []books.Expected{{Kind: books.Ordered, Voucher: v}, gone}, []books.Year{y}, own(), day(1))
	require.NoError(t, err)
	require.True(t, c.Agrees())
	require.Len(t, c.Findings, 3)
}
