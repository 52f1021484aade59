package booking

import (
	"cmp"
	"slices"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// Sum is the sum of lines of a payout that are booked alike. A payout of any
// size comes down to a few sums, which a store can compute by itself:
//
//	GROUP BY kind, raw type, direct, sign(gross), sign(fee excluding VAT), sign(fee VAT), currency of local fee VAT
//
// Fees of different signs must stand in different sums, because a returned fee
// has a row of its own; so must gross of different signs, lest two open amounts
// cancel out of sight. Signs are those of payout.Line.
type Sum struct {
	Kind    payout.Kind
	RawType string
	// Direct marks lines that payments of the direct shape bring to the bank
	// account (Payment.Direct). The voucher leaves them out; the proof counts them.
	Direct   bool
	Lines    int64
	Gross    money.Amount
	FeeExVAT money.Amount
	FeeVAT   money.Amount
	// FeeVATLocal is the sum of payout.Line.FeeVATLocal, not set if the lines state
	// none. Lines that do and lines that do not stand in different sums.
	FeeVATLocal money.Amount
}

// Net is what the lines add to the payout: gross − fees − VAT on fees.
func (s Sum) Net() (money.Amount, error) {
	net, err := s.Gross.Sub(s.FeeExVAT)
	if err != nil {
		return money.Amount{}, err
	}
	return net.Sub(s.FeeVAT)
}

func (s Sum) compare(other Sum) int {
	kinds := payout.Kinds()
	return cmp.Or(
		cmp.Compare(slices.Index(kinds, s.Kind), slices.Index(kinds, other.Kind)),
		cmp.Compare(s.RawType, other.RawType),
		cmp.Compare(other.Gross.Sign(), s.Gross.Sign()),
		cmp.Compare(other.FeeExVAT.Sign(), s.FeeExVAT.Sign()),
		cmp.Compare(other.FeeVAT.Sign(), s.FeeVAT.Sign()),
		cmp.Compare(s.FeeVATLocal.Currency(), other.FeeVATLocal.Currency()),
	)
}

// Tally adds lines up to sums, in memory that depends on how many types of line
// there are and not on how many lines. The zero Tally is ready for use.
type Tally struct {
	sums map[group]Sum
}

type group struct {
	kind    payout.Kind
	rawType string
	direct  bool
	signs   [3]int
	local   money.Currency
}

// Add takes one line; see Sum.Direct. It fails if currencies are mixed or a sum
// overflows, and then leaves the tally as it was.
func (t *Tally) Add(l payout.Line, direct bool) error {
	signs := [3]int{l.Gross.Sign(), l.FeeExVAT.Sign(), l.FeeVAT.Sign()}
	g := group{l.Kind, l.RawType, direct, signs, l.FeeVATLocal.Currency()}
	sum := t.sums[g]
	sum.Kind, sum.RawType, sum.Direct, sum.Lines = l.Kind, l.RawType, direct, sum.Lines+1
	var err error
	if sum.Gross, err = sum.Gross.Add(l.Gross); err != nil {
		return err
	}
	if sum.FeeExVAT, err = sum.FeeExVAT.Add(l.FeeExVAT); err != nil {
		return err
	}
	if sum.FeeVAT, err = sum.FeeVAT.Add(l.FeeVAT); err != nil {
		return err
	}
	if sum.FeeVATLocal, err = sum.FeeVATLocal.Add(l.FeeVATLocal); err != nil {
		return err
	}
	if t.sums == nil {
		t.sums = make(map[group]Sum)
	}
	t.sums[g] = sum
	return nil
}

// Sums gives the sums in a fixed order.
func (t *Tally) Sums() []Sum {
	sums := make([]Sum, 0, len(t.sums))
	for _, sum := range t.sums {
		sums = append(sums, sum)
	}
	slices.SortFunc(sums, Sum.compare)
	return sums
}
