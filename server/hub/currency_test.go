package hub_test

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/statement"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

const kronorForEuro = `{"shape":"SHAPE","currencies":[{"invoice":"EUR","payout":"SEK","rates":["line","central_bank"]}]}`

// from says what the customer paid.
func from(original int64, rate string, l payout.Line) payout.Line {
	l.Original = eur(original)
	if rate != "" {
		l.Rate = decimal.RequireFromString(rate)
	}
	return l
}

// withFee puts a fee on the line itself.
func withFee(fee int64, l payout.Line) payout.Line {
	l.FeeExVAT = sek(fee)
	return l
}

// ofPayoutInKronor are the accounts that G2, G3 and G6 move, in öre.
func ofPayoutInKronor(bank, fee, receivable, gain, loss int64) map[ledger.Account]int64 {
	return map[ledger.Account]int64{"1686": 0, "1930": bank, "6040": fee, "1510": receivable, "3960": gain, "7960": loss}
}

func TestInvoicesInEuroArePaidByAPayoutInKronor(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		line payout.Line
		more []payout.Line
		want map[ledger.Account]int64
		// offs are what the payment writes off in the direct shape.
		offs int
	}{
		"G2, a loss of 30.00": {
			from(10000, "11.20", withFee(2240, sale("1001", 112000))), nil,
			ofPayoutInKronor(109760, 2240, -115000, 0, 3000), 1,
		},
		"G3, a gain of 30.00 at a rate that only the amounts tell": {
			from(10000, "", withFee(2360, sale("1001", 118000))), nil,
			ofPayoutInKronor(115640, 2360, -115000, -3000, 0), 1,
		},
		"G6, a fee for the conversion": {
			from(10000, "11.50", withFee(2300, sale("1001", 115000))),
			[]payout.Line{{Key: "conversion", Kind: payout.Fee, RawType: "CONVERSION", Gross: sek(0), FeeExVAT: sek(1150), FeeVAT: sek(0), Group: "g"}},
			ofPayoutInKronor(111550, 3450, -115000, 0, 0), 2,
		},
	}
	for name, c := range cases {
		for _, shape := range []string{"clearing", "direct"} {
			t.Run(name+", "+shape, func(t *testing.T) {
				t.Parallel()
				net := c.want["1930"]
				c.line.Group = "g"
				w := newWorld(t, provider(10, paid("P1", net), append([]payout.Line{c.line}, c.more...)...), newFakeBooks(inEuroAt("11.50", invoiced("1", "1001", 10000))))
				w.set(strings.Replace(kronorForEuro, "SHAPE", shape, 1))
				w.run()
				require.Equal(t, payout.Closed, w.payout("P1").State)
				require.Equal(t, eur(0), w.books.documents[0].Balance)
				require.Equal(t, c.want, w.balances("1686", "1930", "6040", "1510", "3960", "7960"))
				w.eachPayment(func(p ports.Payment) {
					require.Equal(t, eur(10000), p.Exchange.Original)
					require.Equal(t, exchange.Line, p.Exchange.Rate.Source)
					require.Len(t, p.WriteOffs, map[string]int{"clearing": 0, "direct": c.offs}[shape])
				})
				accounts, err := statement.New(w.store).Clearing(t.Context(), flowID)
				require.NoError(t, err)
				require.True(t, accounts[0].Unexplained.IsZero())
			})
		}
	}
}

func TestARefundInEuroOutOfAPayoutInKronor(t *testing.T) {
	t.Parallel()
	// A credit invoice of EUR 100.00 booked at 11.50 is settled for SEK 1120.00: a gain of 30.00.
	w := newWorld(t, provider(10, paid("P1", -112000), from(-10000, "11.2", refund("1001", 112000))), newFakeBooks(inEuroAt("11.50", invoiced("1", "1001", -10000))))
	w.set(strings.Replace(kronorForEuro, "SHAPE", "clearing", 1))
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, map[ledger.Account]int64{"1686": 0, "1930": -112000, "1510": 115000, "3960": -3000}, w.balances("1686", "1930", "1510", "3960"))
}

func TestALineWithItsOriginalStillSettlesAnInvoiceInItsOwnCurrency(t *testing.T) {
	t.Parallel()
	w := newWorld(t, provider(10, paid("P1", 112000), from(10000, "11.20", sale("1001", 112000))), newFakeBooks(invoiced("1", "1001", 112000)))
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	w.eachPayment(func(p ports.Payment) { require.Nil(t, p.Exchange) })
}

func TestAPartOfAnInvoiceInEuroIsPaidAndThenTheRest(t *testing.T) {
	t.Parallel()
	// EUR 33.33 and 66.67 of an invoice of 100.00 booked at 11.505 = 1150.50: 383.46 and the rest of 767.04.
	w := newWorld(t, provider(10, paid("P1", 112000), from(3333, "", sale("1001", 37330)), from(6667, "", another(sale("1001", 74670)))),
		newFakeBooks(inEuroAt("11.505", invoiced("1", "1001", 10000))))
	w.set(strings.Replace(kronorForEuro, "SHAPE", "clearing", 1))
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, eur(0), w.books.documents[0].Balance)
	require.Equal(t, map[ledger.Account]int64{"1686": 0, "1930": 112000, "1510": -115050, "7960": 3050}, w.balances("1686", "1930", "1510", "7960"))
	var expected int64
	w.eachPayment(func(p ports.Payment) { expected += p.Exchange.Difference.Amount.Minor() })
	require.EqualValues(t, 3050, expected)
}

// another is a second line of the same order.
func another(l payout.Line) payout.Line {
	l.Key += "/2"
	return l
}

func TestALineThatSettlesSeveralInvoicesInEuroIsDividedToTheLastOre(t *testing.T) {
	t.Parallel()
	// EUR 33.33 + 33.33 + 33.34 for SEK 1120.01: 373.2993, 373.2993, 373.4113.
	documents := []invoice.Document{
		inEuroAt("11.50", invoiced("1", "1001", 3333)), inEuroAt("11.50", invoiced("2", "1001", 3333)), inEuroAt("11.50", invoiced("3", "1001", 3334)),
	}
	w := newWorld(t, provider(10, paid("P1", 112001), from(10000, "", sale("1001", 112001))), newFakeBooks(documents...))
	w.set(strings.Replace(kronorForEuro, "SHAPE", "direct", 1))
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	var amounts []int64
	w.eachPayment(func(p ports.Payment) { amounts = append(amounts, p.Amount.Minor()) })
	require.ElementsMatch(t, []int64{37330, 37330, 37341}, amounts)
	// Booked for 383.30 + 383.30 + 383.41.
	require.Equal(t, map[ledger.Account]int64{"1686": 0, "1930": 112001, "1510": -115001, "7960": 3000}, w.balances("1686", "1930", "1510", "7960"))
}

func TestAPairDecidesWhoseRateCounts(t *testing.T) {
	t.Parallel()
	for settings, code := range map[string]fault.Code{
		`{}`: booking.CodeCombination,
		`{"currencies":[{"invoice":"EUR","payout":"SEK","rates":["central_bank"]}]}`: exchange.CodeRateMissing,
	} {
		w := newWorld(t, provider(10, paid("P1", 112000), from(10000, "11.20", sale("1001", 112000))), newFakeBooks(inEuroAt("11.50", invoiced("1", "1001", 10000))))
		w.set(settings)
		w.run()
		require.Len(t, w.exceptions(), 1)
		require.Equal(t, code, w.exceptions()[0].Code)
		require.Zero(t, w.books.countPayments())
		require.Equal(t, map[ledger.Account]int64{"1930": 112000, "1686": -112000}, w.balances("1930", "1686"))
	}
}

func TestAPersonSaysThatALineWithoutItsOriginalSettlesAllOfAnInvoiceInEuro(t *testing.T) {
	t.Parallel()
	start := func(gross int64) *world {
		w := newWorld(t, provider(10, paid("P1", gross), sale("1001", gross)), newFakeBooks(inEuroAt("11.50", invoiced("1", "1001", 10000))))
		w.set(strings.Replace(kronorForEuro, "SHAPE", "clearing", 1))
		w.keepIn(w.books, rates(t, "2026-04-02,EUR,SEK,11.40"))
		w.run()
		require.Equal(t, booking.CodeOriginal, w.exceptions()[0].Code)
		return w
	}
	w := start(112000)
	require.NoError(t, w.service.Resolve(t.Context(), w.exceptions()[0].ID, "1", "anna"))
	w.settleDown()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, map[ledger.Account]int64{"1686": 0, "1930": 112000, "1510": -115000, "7960": 3000}, w.balances("1686", "1930", "1510", "7960"))

	w = start(56000)
	err := w.service.Resolve(t.Context(), w.exceptions()[0].ID, "1", "anna")
	require.Equal(t, booking.CodeOriginal, fault.CodeOf(err), "half of an invoice is not all of it")
	require.Zero(t, w.books.countPayments())
}

func TestAnInvoiceInKronorIsPaidByAPayoutInEuro(t *testing.T) {
	t.Parallel()
	// The customer paid SEK 1368.50, which became EUR 119.00: at 11.40 that is 1356.60.
	foreign := paid("P1", 0)
	foreign.Net = eur(11900)
	line := inEuro(sale("1001", 11900))
	line.Original = sek(136850)
	w := newWorld(t, provider(10, foreign, line), newFakeBooks(invoiced("1", "1001", 136850)))
	w.set(strings.Replace(euroSettings, `[{"invoice":"EUR"`, `[{"invoice":"SEK"`, 1))
	w.keepIn(w.books, rates(t, "2026-04-02,EUR,SEK,11.40"))
	w.run()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, sek(0), w.books.documents[0].Balance)
	require.Equal(t, map[ledger.Account]int64{"1580": 0, "1980": 135660, "7960": 1190}, w.balances("1580", "1980", "7960"))
	w.eachPayment(func(p ports.Payment) {
		require.Nil(t, p.Exchange)
		require.Len(t, p.WriteOffs, 1, "the accounting system realises nothing on a document in its own currency")
	})
}

func TestVATThatTheProviderStatesInKronorIsBookedAsItStands(t *testing.T) {
	t.Parallel()
	// Two fees of EUR 8.00 + 2.00 VAT, stated as SEK 23.01 and 22.98; at 11.40 both were 45.60.
	foreign := paid("P1", 0)
	foreign.Net = eur(18000)
	first, second := inEuro(fee("1001", 800, 200)), inEuro(fee("1002", 800, 200))
	first.FeeVATLocal, second.FeeVATLocal = sek(2301), sek(2298)
	w := newWorld(t, provider(10, foreign, inEuro(sale("1001", 10000)), inEuro(sale("1002", 10000)), first, second),
		newFakeBooks(inEuroAt("11.50", invoiced("1", "1001", 10000)), inEuroAt("11.50", invoiced("2", "1002", 10000))))
	w.set(euroSettings)
	w.keepIn(w.books, rates(t, "2026-04-02,EUR,SEK,11.40"))
	w.run()
	require.Equal(t, map[string]string{"1980": "2052.00", "6040": "182.40", "2641": "45.99", "1580": "-2280.00", "3960": "-0.39"}, w.rows())
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, map[ledger.Account]int64{"1580": 0, "1510": -230000, "7960": 2000}, w.balances("1580", "1510", "7960"))
}

func TestAnUndonePayoutInEuroLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	w := euroPayout(t, euroSettings)
	w.keepIn(w.books, rates(t, "2026-04-02,EUR,SEK,11.40"))
	w.run()
	w.undo("wrong account")
	w.settleDown()
	require.Equal(t, payout.Undone, w.payout("P1").State)
	require.Equal(t, eur(11900), w.books.documents[0].Balance)
	all := []ledger.Account{"1980", "6040", "7960", "3960", "1580", "1510"}
	require.Equal(t, map[ledger.Account]int64{"1980": 0, "6040": 0, "7960": 1190, "3960": -1190, "1580": 0, "1510": 0}, w.balances(all...),
		"taking back a loss is a gain")

	// Booked anew it has the rate of its first voucher's day, whatever the table says of another.
	require.NoError(t, w.service.Rebook(t.Context(), w.payout("P1").ID, "anna"))
	w.settleDown()
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, map[ledger.Account]int64{"1980": 132947, "6040": 2713, "7960": 2380, "3960": -1190, "1580": 0, "1510": -136850}, w.balances(all...))
}

func TestAPaymentInEuroWhoseAnswerIsLostIsMadeOnce(t *testing.T) {
	t.Parallel()
	w := euroPayout(t, euroSettings)
	w.keepIn(w.books, rates(t, "2026-04-02,EUR,SEK,11.40"))
	lost := false
	w.books.fail = func(operation string, attempt int, done bool) error {
		if operation == "EnsurePayment" && attempt == 1 && done && !lost {
			lost = true
			return fault.New("fake.cut", fault.Unknown, "the line was cut")
		}
		return nil
	}
	w.run()
	require.True(t, lost)
	require.Equal(t, payout.Closed, w.payout("P1").State)
	require.Equal(t, 1, w.books.countPayments())
	require.Equal(t, eur(0), w.books.documents[0].Balance)
}

func TestWhatPaymentsPutOnTheClearingAccountIsWhatThePayoutTakesOff(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		shape := rapid.SampledFrom([]string{"clearing", "direct"}).Draw(r, "shape")
		var lines []payout.Line
		var documents []invoice.Document
		net := int64(0)
		for i := range rapid.IntRange(1, 8).Draw(r, "lines") {
			order := string(rune('A' + i))
			gross, cost := rapid.Int64Range(100, 99_99).Draw(r, "gross"), rapid.Int64Range(0, 90).Draw(r, "fee")
			l := withFee(cost, sale(order, gross))
			d := invoiced(order+"1", order, gross)
			if rapid.Bool().Draw(r, "refund") {
				l, d = withFee(cost, refund(order, gross)), invoiced(order+"1", order, -gross)
			}
			if rapid.IntRange(0, 4).Draw(r, "document") > 0 {
				documents = append(documents, inEuroAt(decimal.New(rapid.Int64Range(10_0000, 13_0000).Draw(r, "booked at"), -4).String(), d))
			}
			l = inEuro(l)
			lines, net = append(lines, l), net+l.Gross.Minor()-cost
		}
		foreign := paid("P1", 0)
		foreign.Net = eur(net)
		w := newWorld(t, provider(3, foreign, lines...), newFakeBooks(documents...))
		w.set(strings.Replace(euroSettings, `{"currencies"`, `{"shape":"`+shape+`","currencies"`, 1))
		rate := decimal.New(rapid.Int64Range(10_0000, 13_0000).Draw(r, "rate"), -4)
		w.keepIn(w.books, published{rate})
		w.run()

		for _, e := range w.exceptions() {
			require.Equal(r, matching.CodeNoDocument, e.Code)
		}
		sum := int64(0)
		for _, ore := range w.books.ledger {
			sum += ore
		}
		require.Zero(r, sum, "every voucher balances")
		for _, d := range w.books.documents {
			require.True(r, d.Balance.IsZero(), "invoice %s", d.Number)
		}
		left := decimal.Zero
		waiting := int64(0)
		for _, l := range w.lines("P1") {
			if l.State == ports.LineException {
				left, waiting = left.Sub(l.Gross.Decimal().Mul(rate)), waiting+1
			}
		}
		off := money.New(w.balances("1580")["1580"], "SEK").Decimal().Sub(left).Abs()
		// A line's share of what the payout comes to is less than an öre off, and so is what
		// the payout comes to.
		require.True(r, off.LessThan(decimal.New(waiting+1, -2)), "only what waits stands on the clearing account, %s off", off)
		accounts, err := statement.New(w.store).Clearing(t.Context(), flowID)
		require.NoError(r, err)
		for _, account := range accounts {
			require.True(r, account.Unexplained.IsZero(), "%s unexplained", account.Unexplained)
		}
	})
}

// published is one rate for every day.
type published struct{ value decimal.Decimal }

func (p published) On(from, to money.Currency, day civil.Date) (exchange.Rate, error) {
	return exchange.Rate{From: from, To: to, Value: p.value, Source: exchange.CentralBank, On: day}, nil
}
