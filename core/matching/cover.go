package matching

import "github.com/kvitt/kvitt/core/money"

// widestSearch is the number of documents beyond which no set is searched for:
// the sets double with each.
const widestSearch = 12

// cover gives the one set of documents whose open balances add up to an amount,
// or nil if there is none, or more than one, or too many documents to try.
func cover(open []*document, amount money.Amount) []*document {
	small := make([]*document, 0, widestSearch)
	for _, d := range open {
		if d.open.Sign() != amount.Sign() || d.open.Abs().Minor() > amount.Abs().Minor() {
			continue
		}
		if len(small) == widestSearch {
			return nil
		}
		small = append(small, d)
	}
	var found []*document
	count := 0
	for set := uint(1); set < 1<<len(small) && count < 2; set++ {
		if adds(small, set, amount.Minor()) {
			count++
			found = pick(small, set)
		}
	}
	if count != 1 {
		return nil
	}
	return found
}

// adds reports whether the documents of a set, one bit each, add up to an amount
// of their own sign.
func adds(open []*document, set uint, amount int64) bool {
	for i, d := range open {
		if set&(1<<i) == 0 {
			continue
		}
		if amount -= d.open.Minor(); amount != 0 && (amount > 0) != (d.open.Sign() > 0) {
			return false
		}
	}
	return amount == 0
}

func pick(open []*document, set uint) []*document {
	var picked []*document
	for i, d := range open {
		if set&(1<<i) != 0 {
			picked = append(picked, d)
		}
	}
	return picked
}
