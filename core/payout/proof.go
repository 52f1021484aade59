package payout

import (
	"strconv"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
)

// KindSum is the sum of all lines of one kind, so that a payout of a million
// lines is proven without holding them. Signs are those of Line.
type KindSum struct {
	Kind     Kind
	Lines    int64
	Gross    money.Amount
	FeeExVAT money.Amount
	FeeVAT   money.Amount
}

// Add puts one line into the sum of its kind.
func (s KindSum) Add(l Line) (KindSum, error) {
	var err error
	s.Kind, s.Lines = l.Kind, s.Lines+1
	if s.Gross, err = s.Gross.Add(l.Gross); err != nil {
		return KindSum{}, err
	}
	if s.FeeExVAT, err = s.FeeExVAT.Add(l.FeeExVAT); err != nil {
		return KindSum{}, err
	}
	if s.FeeVAT, err = s.FeeVAT.Add(l.FeeVAT); err != nil {
		return KindSum{}, err
	}
	return s, nil
}

// Proof shows how a payout comes about. Every amount is a signed effect on the
// merchant's money, so fees are negative, and
//
//	Gross + Refunds + Fees + FeeVAT + Reserves + Other = Net + Difference
//
// where Net is what the provider says it paid.
type Proof struct {
	Gross    money.Amount // sales
	Refunds  money.Amount // refunds
	Fees     money.Amount // fees excluding VAT, of all lines
	FeeVAT   money.Amount // VAT on the fees, of all lines
	Reserves money.Amount // money held back and released
	Other    money.Amount // chargebacks, carried debt, commission, loans, adjustments
	Net      money.Amount // paid out, as the provider states it
	// Difference is what the lines give beyond Net: 0 in a payout that adds up.
	Difference money.Amount
	Lines      int64
}

// Prove adds up the sums of a payout's lines and compares them with its net.
// Reading fails only if currencies are mixed or a sum overflows; whether the
// payout holds is Proof.Check.
func Prove(p Payout, sums []KindSum) (Proof, error) {
	zero := money.Zero(p.Net.Currency())
	proof := Proof{Gross: zero, Refunds: zero, Fees: zero, FeeVAT: zero, Reserves: zero, Other: zero, Net: p.Net}
	for _, s := range sums {
		if err := proof.take(s); err != nil {
			return Proof{}, err
		}
	}
	total, err := money.Sum(p.Net.Currency(), proof.Gross, proof.Refunds, proof.Fees, proof.FeeVAT, proof.Reserves, proof.Other)
	if err != nil {
		return Proof{}, err
	}
	proof.Difference, err = total.Sub(p.Net)
	return proof, err
}

func (p *Proof) take(s KindSum) error {
	part := &p.Other
	switch s.Kind {
	case Sale:
		part = &p.Gross
	case Refund:
		part = &p.Refunds
	case Reserve, Release:
		part = &p.Reserves
	case Fee, Chargeback, ChargebackReversal, Carry, Commission, Loan, Tax, Adjustment, Unknown:
	}
	var err error
	if *part, err = part.Add(s.Gross); err != nil {
		return err
	}
	if p.Fees, err = p.Fees.Sub(s.FeeExVAT); err != nil {
		return err
	}
	if p.FeeVAT, err = p.FeeVAT.Sub(s.FeeVAT); err != nil {
		return err
	}
	p.Lines += s.Lines
	return nil
}

// Check says why the payout may not be booked, or nil: its lines must add up to
// its net and none may be of unknown meaning.
func (p Proof) Check(sums []KindSum) error {
	for _, s := range sums {
		if s.Kind == Unknown && s.Lines > 0 {
			return fault.Invalid(CodeUnknownType, "lines",
				strconv.FormatInt(s.Lines, 10)+" line(s) are of a type that the connector does not know").
				WithRemedy("see the raw types of the lines of kind unknown; a newer connector may know them")
		}
	}
	if !p.Difference.IsZero() {
		side := " more than the "
		if p.Difference.Sign() < 0 {
			side = " less than the "
		}
		return fault.Invalid(CodeProofFailed, "net",
			"the lines add up to "+string(p.Net.Currency())+" "+p.Difference.Abs().String()+side+p.Net.String()+" paid out").
			WithRemedy("compare the lines with the provider's report and fetch the payout again")
	}
	return nil
}
