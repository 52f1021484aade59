package books

import (
	"slices"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/ledger"
)

// Compare finds the voucher of each expectation. Numbered ones are looked up by
// year, series and number. The others are found by date and by what they put on
// each account; among equals the one that carries the mark comes first. A payment
// that is found only by its mark differs. No voucher answers two expectations.
//
// What vouchers from the day since on, which answer none, put on the own accounts
// is listed as foreign. Those that answer what is expected aside, by others than
// the one who asks, are neither foreign nor judged. It fails only if sums do not fit.
func Compare(expected, aside []Expected, years []Year, own []ledger.Account, since civil.Date) (Comparison, error) {
	s, err := newShelf(years)
	if err != nil {
		return Comparison{}, err
	}
	all := slices.Concat(expected, aside)
	found := make([]*held, len(all))
	for _, look := range []func(Expected) (*held, error){s.byNumber, s.byMark, s.bySums, s.byMarkAlone, s.byRow} {
		for i, e := range all {
			if found[i] != nil {
				continue
			}
			if found[i], err = look(e); err != nil {
				return Comparison{}, err
			}
			s.take(found[i], e)
		}
	}
	var c Comparison
	ledgers := accounts{}
	for i, e := range expected {
		f, err := judge(e, found[i])
		if err != nil {
			return Comparison{}, err
		}
		if f.Status == Missing && e.Open {
			continue
		}
		c.Findings = append(c.Findings, f)
		if err := ledgers.count(f); err != nil {
			return Comparison{}, err
		}
	}
	if c.Foreign, err = s.foreign(own, since); err != nil {
		return Comparison{}, err
	}
	c.Accounts, err = ledgers.list(c.Foreign, own)
	return c, err
}

// judge compares an expectation with the voucher found for it.
func judge(e Expected, h *held) (Finding, error) {
	if h == nil {
		return Finding{Expected: e, Status: Missing}, nil
	}
	f := Finding{Expected: e, Status: Found, Actual: &h.voucher}
	if e.Kind == Adopted {
		return f, nil // it was found by all that is known of it
	}
	mark, err := fingerprint(e.Date, e.Rows)
	if mark != h.print {
		f.Status = Differs
	}
	return f, err
}

// foreign lists what nobody expected on the own accounts.
func (s *shelf) foreign(own []ledger.Account, since civil.Date) ([]Foreign, error) {
	var listed []Foreign
	for _, h := range s.all {
		if h.taken || h.voucher.Date.Before(since) {
			continue
		}
		sums, err := sumUp(h.voucher.Rows)
		if err != nil {
			return nil, err
		}
		for _, sum := range sums {
			if slices.Contains(own, sum.account) {
				listed = append(listed, Foreign{Voucher: h.voucher, Account: sum.account, Amount: sum.amount})
			}
		}
	}
	return listed, nil
}
