package booking

import (
	"slices"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
)

// CodeNotInSums: a line is none of those that the sums of its payout count.
const CodeNotInSums fault.Code = "evidence.line_not_in_sums"

// Trail follows lines into the rows of their payout's voucher, as
// BFNAR 2013:2 2.3 asks that an entry leads to what it rests on.
//
// It applies the rules of PayoutVoucher to one line after the other. What those
// decide by a whole sum (whether its fees have a place) is decided by the whole
// sum here, and VAT that is rounded once for many lines is given to them by the
// growth of the rounded total, so that the contributions of all lines to a row
// are that row to the last minor unit.
type Trail struct {
	settings Settings
	clearing ledger.Account
	bank     ledger.Account
	tracks   map[alike]*track
	order    []*track
}

// alike is what the lines of one sum have in common.
type alike struct {
	kind     payout.Kind
	rawType  string
	direct   bool
	negative bool // the gross
	returned bool // the fee or its VAT
}

// track is a sum of lines that are booked alike.
type track struct {
	sum Sum
	// unplaced is why the fees of the sum have no account, or nil.
	unplaced *fault.Error
	// start is the base of reverse-charge VAT of the sums before, taken that of the
	// lines followed so far as well.
	start, taken money.Amount
	reverse      bool
}

// Contribution is what a sum of lines adds to its payout's voucher.
type Contribution struct {
	Sum
	// Rows balance; there is one for each account and meaning.
	Rows []ledger.Row
}

// NewTrail makes a trail of the sums by which the voucher of a payout in the given
// currency was made. Sums of one kind and raw type must be apart by the sign of
// their gross and of their fee alone; sums that agree in all of that are one. It
// fails as PayoutVoucher does.
func NewTrail(currency money.Currency, sums []Sum, s Settings) (*Trail, error) {
	j, err := newJournal(s, currency)
	if err != nil {
		return nil, err
	}
	t := &Trail{settings: s, clearing: j.clearing, bank: j.bank, tracks: map[alike]*track{}}
	for _, sum := range slices.SortedStableFunc(slices.Values(sums), Sum.compare) {
		if err := t.gather(sum); err != nil {
			return nil, err
		}
	}
	var before bases
	for _, k := range t.order {
		if err := t.place(k, &before); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *Trail) gather(sum Sum) error {
	of := alike{sum.Kind, sum.RawType, sum.Direct, sum.Gross.Sign() < 0, sum.FeeExVAT.Sign() < 0 || sum.FeeVAT.Sign() < 0}
	k, known := t.tracks[of]
	if !known {
		k = &track{sum: sum}
		t.tracks[of], t.order = k, append(t.order, k)
		return nil
	}
	var err error
	k.sum.Lines += sum.Lines
	if k.sum.Gross, err = k.sum.Gross.Add(sum.Gross); err != nil {
		return err
	}
	if k.sum.FeeExVAT, err = k.sum.FeeExVAT.Add(sum.FeeExVAT); err != nil {
		return err
	}
	k.sum.FeeVAT, err = k.sum.FeeVAT.Add(sum.FeeVAT)
	return err
}

// place finds where the fees of a sum go, and how much base of the same mode and
// sign the sums before it have.
func (t *Trail) place(k *track, before *bases) error {
	if k.sum.FeeExVAT.IsZero() && k.sum.FeeVAT.IsZero() {
		return nil
	}
	if _, k.unplaced = t.settings.place(k.sum.RawType, k.sum.FeeVAT); k.unplaced != nil {
		if k.sum.Direct {
			return k.unplaced
		}
		return nil
	}
	j := t.journal()
	if err := j.takeFee(k.sum); err != nil {
		return err
	}
	if len(j.bases.all) == 0 {
		return nil
	}
	own := j.bases.all[0]
	k.reverse, k.start = true, before.of(own)
	k.taken = k.start
	return before.add(own.mode, own.amount)
}

// of gives what the bases hold of the mode and sign of another.
func (b *bases) of(other base) money.Amount {
	for _, known := range b.all {
		if known.mode == other.mode && known.amount.Sign() == other.amount.Sign() {
			return known.amount
		}
	}
	return money.Zero(other.amount.Currency())
}

func (t *Trail) journal() *journal {
	return &journal{settings: t.settings, clearing: t.clearing, bank: t.bank}
}

// InOrder reports whether the lines of each sum must be followed one after the
// other from the first. Otherwise any line can be followed alone.
func (t *Trail) InOrder() bool {
	return slices.ContainsFunc(t.order, func(k *track) bool { return k.reverse })
}

// Whole gives what each sum adds to the voucher, in the order of PayoutVoucher.
func (t *Trail) Whole() ([]Contribution, error) {
	whole := make([]Contribution, 0, len(t.order))
	for _, k := range t.order {
		alone := *k
		alone.taken = k.start
		rows, err := t.rows(&alone, k.sum)
		if err != nil {
			return nil, err
		}
		whole = append(whole, Contribution{Sum: k.sum, Rows: rows})
	}
	return whole, nil
}

// Line gives what the next line adds to the voucher; direct is as in Sum. It fails
// with CodeNotInSums if the line belongs to none of the sums.
func (t *Trail) Line(l payout.Line, direct bool) ([]ledger.Row, error) {
	k, known := t.tracks[alike{l.Kind, l.RawType, direct, l.Gross.Sign() < 0, l.FeeExVAT.Sign() < 0 || l.FeeVAT.Sign() < 0}]
	if !known {
		return nil, fault.New(CodeNotInSums, fault.Conflict, "the line \""+l.Key+"\" is none of those that were booked").
			WithRemedy("compare the lines with the raw pages; the voucher was made without this line")
	}
	return t.rows(k, Sum{
		Kind: l.Kind, RawType: l.RawType, Direct: direct, Lines: 1, Gross: l.Gross, FeeExVAT: l.FeeExVAT, FeeVAT: l.FeeVAT,
	})
}

// rows books a part of a sum.
func (t *Trail) rows(k *track, part Sum) ([]ledger.Row, error) {
	j := t.journal()
	if !part.Direct {
		j.takeGross(part)
	}
	if err := t.takeFee(j, k, part); err != nil {
		return nil, err
	}
	assessed, err := k.assess(j.bases, t.settings.ReverseCharge)
	if err != nil {
		return nil, err
	}
	voucher, err := ledger.New(civil.Date{}, "", append(j.rows, assessed...))
	if fault.CodeOf(err) == ledger.CodeNoRows {
		return nil, nil
	}
	return voucher.Rows(), err
}

func (t *Trail) takeFee(j *journal, k *track, part Sum) error {
	if k.unplaced == nil {
		return j.takeFee(part)
	}
	cost, err := part.FeeExVAT.Add(part.FeeVAT)
	if err == nil {
		j.homeless(part, cost.Neg(), k.unplaced)
	}
	return err
}

// assess gives by how much the part's base makes the self-assessed VAT grow.
func (k *track) assess(part bases, r ReverseCharge) ([]ledger.Row, error) {
	if len(part.all) == 0 {
		return nil, nil
	}
	mode, before := part.all[0].mode, k.taken
	after, err := before.Add(part.all[0].amount)
	if err != nil {
		return nil, err
	}
	k.taken = after
	grown := bases{all: []base{{mode, after}}}
	rows, err := grown.rows(r)
	if err != nil || before.IsZero() {
		return rows, err
	}
	known := bases{all: []base{{mode, before}}}
	less, err := known.rows(r)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if rows[i].Amount, err = rows[i].Amount.Sub(less[i].Amount); err != nil {
			return nil, err
		}
	}
	return rows, nil
}
