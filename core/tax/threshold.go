package tax

import (
	"time"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/money"
)

// Threshold is the limit of distance selling: up to it, consumers in other EU
// countries are taxed as those at home (Directive 2006/112/EC article 59c; ML
// (2023:200) 6 kap. 62-65 §§). Table.Threshold gives the one of a country.
type Threshold struct {
	// Limit is a sum per calendar year, above zero. The sum itself is still below.
	Limit money.Amount
}

// Crossed reports whether a sale to a consumer in another EU country is taxed
// where the consumer is, for a seller whose running total decides: because sales
// exceeded the limit last year, or did so this year before the sale, or do so
// with it. The sale that crosses is itself taxed at its destination.
//
// lastYear and thisYearBefore are the seller's sales to consumers in all other EU
// countries, goods at a distance and digital services in one sum, without VAT;
// sale is without VAT as well. What is crossed stays crossed: thisYearBefore is
// the highest total the year has seen, not one that credits brought down again,
// and a credit takes the market of the sale it undoes and is not asked about.
// Amounts in another currency than the limit's are refused.
func (t Threshold) Crossed(lastYear, thisYearBefore, sale money.Amount) (bool, error) {
	total, err := thisYearBefore.Add(sale)
	if err != nil {
		return false, err
	}
	for _, sum := range []money.Amount{lastYear, thisYearBefore, total} {
		over, err := sum.Sub(t.Limit)
		if err != nil {
			return false, err
		}
		if over.Sign() > 0 {
			return true, nil
		}
	}
	return false, nil
}

// OptInEnds gives the last day on which a seller who chose the VAT of the
// destination below the threshold is bound by the choice: the end of the second
// calendar year after it (Directive 2006/112/EC article 59c.3).
func OptInEnds(chosen civil.Date) civil.Date {
	return civil.Date{Year: chosen.Year + 2, Month: time.December, Day: 31}
}
