package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// coarse adds lines up as a store does: by kind, raw type and the signs of gross
// and fee.
func coarse(t require.TestingT, lines []payout.Line) []booking.Sum {
	type class struct {
		kind               payout.Kind
		rawType            string
		negative, returned bool
	}
	at := map[class]int{}
	var sums []booking.Sum
	for _, l := range lines {
		c := class{l.Kind, l.RawType, l.Gross.Sign() < 0, l.FeeExVAT.Sign() < 0 || l.FeeVAT.Sign() < 0}
		n, known := at[c]
		if !known {
			n = len(sums)
			at[c] = n
			sums = append(sums, booking.Sum{Kind: l.Kind, RawType: l.RawType})
		}
		s := &sums[n]
		s.Lines++
		var errs [3]error
		s.Gross, errs[0] = s.Gross.Add(l.Gross)
		s.FeeExVAT, errs[1] = s.FeeExVAT.Add(l.FeeExVAT)
		s.FeeVAT, errs[2] = s.FeeVAT.Add(l.FeeVAT)
		require.Equal(t, [3]error{}, errs)
	}
	return sums
}

type place struct {
	account ledger.Account
	meaning string
}

func post(t require.TestingT, onto map[place]money.Amount, rows []ledger.Row) {
	for _, r := range rows {
		at := place{r.Account, r.Meaning}
		sum, err := onto[at].Add(r.Amount)
		require.NoError(t, err)
		if onto[at] = sum; sum.IsZero() {
			delete(onto, at)
		}
	}
}

func netOf(t require.TestingT, lines []payout.Line) money.Amount {
	net := sek(0)
	for _, l := range lines {
		effect, err := l.Net()
		require.NoError(t, err)
		net, err = net.Add(effect)
		require.NoError(t, err)
	}
	return net
}

func TestLinesAddUpToEachRowOfAnyVoucher(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(anyLine(), 1, 40).Draw(t, "lines")
		s := anySettings().Draw(t, "settings")
		sums := coarse(t, lines)
		entry, err := booking.PayoutVoucher(payout.Payout{Reference: "P1", Net: netOf(t, lines)}, today(), sums, s)
		require.NoError(t, err)
		wanted := map[place]money.Amount{}
		post(t, wanted, entry.Voucher.Rows())

		trail, err := booking.NewTrail("SEK", sums, s)
		require.NoError(t, err)
		byLine := map[place]money.Amount{}
		for _, l := range lines {
			rows, err := trail.Line(l, false)
			require.NoError(t, err)
			post(t, byLine, rows)
			balance := sek(0)
			for _, r := range rows {
				balance, _ = balance.Add(r.Amount)
			}
			require.True(t, balance.IsZero(), "what one line adds balances")
		}
		require.Equal(t, wanted, byLine, "line by line")

		whole, err := trail.Whole()
		require.NoError(t, err)
		bySum := map[place]money.Amount{}
		for _, c := range whole {
			post(t, bySum, c.Rows)
		}
		require.Equal(t, wanted, bySum, "sum by sum")
	})
}

func TestWhatASumAddsIsWhatItsLinesAdd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(anyLine(), 1, 40).Draw(t, "lines")
		trail, err := booking.NewTrail("SEK", coarse(t, lines), anySettings().Draw(t, "settings"))
		require.NoError(t, err)
		type class struct {
			kind               payout.Kind
			rawType            string
			negative, returned bool
		}
		got := map[class]map[place]money.Amount{}
		for _, l := range lines {
			c := class{l.Kind, l.RawType, l.Gross.Sign() < 0, l.FeeExVAT.Sign() < 0 || l.FeeVAT.Sign() < 0}
			if got[c] == nil {
				got[c] = map[place]money.Amount{}
			}
			rows, err := trail.Line(l, false)
			require.NoError(t, err)
			post(t, got[c], rows)
		}
		whole, err := trail.Whole()
		require.NoError(t, err)
		for _, c := range whole {
			wanted := map[place]money.Amount{}
			post(t, wanted, c.Rows)
			require.Equal(t, wanted, got[class{c.Kind, c.RawType, c.Gross.Sign() < 0, c.FeeExVAT.Sign() < 0 || c.FeeVAT.Sign() < 0}])
		}
	})
}

func TestRoundedVATIsGivenToTheLinesThatMakeItGrow(t *testing.T) {
	t.Parallel()
	s := booking.Default()
	s.FeeRules = []booking.FeeRule{{Match: "*", VAT: booking.ReverseEU, Meaning: "fee"}}
	s.ReverseCharge.Moment = booking.WithPayout
	// Three fees of 0.03: 25 % of 0.03 is 0.0075, of 0.06 0.015, of 0.09 0.0225,
	// which round to 0.01, 0.02 and 0.02.
	line := payout.Line{Kind: payout.Fee, RawType: "FEE", FeeExVAT: sek(3), Gross: sek(0), FeeVAT: sek(0)}
	trail, err := booking.NewTrail("SEK", coarse(t, []payout.Line{line, line, line}), s)
	require.NoError(t, err)
	require.True(t, trail.InOrder())
	for _, want := range []int64{1, 1, 0} {
		rows, err := trail.Line(line, false)
		require.NoError(t, err)
		got := int64(0)
		for _, r := range rows {
			if r.Account == "2645" {
				got = r.Amount.Minor()
			}
		}
		require.Equal(t, want, got)
	}
}

func TestAFeeWithoutVATStaysWithTheSumThatHasNoPlaceBecauseOfVAT(t *testing.T) {
	t.Parallel()
	s := booking.Default()
	s.FeeRules = []booking.FeeRule{{Match: "*", VAT: booking.NoVAT, Meaning: "fee"}}
	without := payout.Line{Key: "1", Kind: payout.Fee, RawType: "FEE", Gross: sek(0), FeeExVAT: sek(10_00), FeeVAT: sek(0)}
	with := payout.Line{Key: "2", Kind: payout.Fee, RawType: "FEE", Gross: sek(0), FeeExVAT: sek(10_00), FeeVAT: sek(2_50)}
	trail, err := booking.NewTrail("SEK", coarse(t, []payout.Line{without, with}), s)
	require.NoError(t, err)
	require.False(t, trail.InOrder())
	rows, err := trail.Line(without, false)
	require.NoError(t, err)
	require.Equal(t, []ledger.Row{
		{Account: "1686", Amount: sek(10_00), Meaning: "clearing", Text: "Clearing"},
		{Account: "1930", Amount: sek(-10_00), Meaning: "bank", Text: "Bank"},
	}, rows, "the voucher leaves the whole sum on the clearing account")
}

func TestALineThatWasNotBookedIsNotFollowed(t *testing.T) {
	t.Parallel()
	sale := payout.Line{Kind: payout.Sale, RawType: "SALE", Gross: sek(100)}
	trail, err := booking.NewTrail("SEK", coarse(t, []payout.Line{sale}), booking.Default())
	require.NoError(t, err)
	_, err = trail.Line(payout.Line{Key: "x", Kind: payout.Refund, RawType: "SALE", Gross: sek(-100)}, false)
	require.Equal(t, booking.CodeNotInSums, fault.CodeOf(err))
	_, err = trail.Line(sale, true)
	require.Equal(t, booking.CodeNotInSums, fault.CodeOf(err), "a line paid to the bank directly is another sum")
	_, err = booking.NewTrail("EUR", nil, booking.Default())
	require.Equal(t, booking.CodeMissingAccount, fault.CodeOf(err))
}
