package books

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
)

// held is a voucher of the books that may answer one expectation.
type held struct {
	voucher Voucher
	year    int
	// print is the voucher's fingerprint.
	print string
	taken bool
}

// address names a numbered voucher.
type address struct {
	year           int
	series, number string
}

// marked names vouchers by their fingerprint and a word of their text.
type marked struct{ print, word string }

// shelf holds vouchers in the orders in which they are looked for.
type shelf struct {
	years     []Year
	all       []*held
	addressed map[address]*held
	marked    map[marked][]*held
	printed   map[string][]*held
	worded    map[string][]*held
	// rows are by account and amount of a single account of the voucher.
	rows map[sum][]*held
	// series are those in which payments were found.
	series map[string]bool
}

func newShelf(years []Year) (*shelf, error) {
	s := &shelf{
		years: years, addressed: map[address]*held{}, marked: map[marked][]*held{}, printed: map[string][]*held{},
		worded: map[string][]*held{}, rows: map[sum][]*held{}, series: map[string]bool{},
	}
	for i, year := range years {
		for _, v := range year.Vouchers {
			if err := s.put(&held{voucher: v, year: i}); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

func (s *shelf) put(h *held) error {
	v := h.voucher
	var err error
	if h.print, err = fingerprint(v.Date, v.Rows); err != nil {
		return err
	}
	s.all = append(s.all, h)
	s.addressed[address{h.year, v.Series, v.Number}] = h
	s.printed[h.print] = append(s.printed[h.print], h)
	for _, word := range words(v.Text) {
		at := marked{h.print, word}
		s.marked[at] = append(s.marked[at], h)
		s.worded[word] = append(s.worded[word], h)
	}
	sums, err := sumUp(v.Rows)
	for _, row := range sums {
		s.rows[row] = append(s.rows[row], h)
	}
	return err
}

// take marks the voucher as the answer to an expectation.
func (s *shelf) take(h *held, e Expected) {
	if h == nil {
		return
	}
	h.taken = true
	if e.Kind == Payment {
		s.series[h.voucher.Series] = true
	}
}

func (s *shelf) byNumber(e Expected) (*held, error) {
	if e.Number == "" {
		return nil, nil
	}
	for i, year := range s.years {
		if year.Holds(e.Date) {
			return s.addressed[address{i, e.Series, e.Number}].free(), nil
		}
	}
	return nil, nil
}

func (s *shelf) byMark(e Expected) (*held, error) {
	if e.Number != "" || e.Mark == "" {
		return nil, nil
	}
	mark, err := fingerprint(e.Date, e.Rows)
	return firstFree(s.marked[marked{mark, e.Mark}]), err
}

func (s *shelf) bySums(e Expected) (*held, error) {
	if e.Number != "" {
		return nil, nil
	}
	mark, err := fingerprint(e.Date, e.Rows)
	return firstFree(s.printed[mark]), err
}

// byMarkAlone finds a payment whose voucher was changed: it carries the mark, has
// an account in common and stands in the series of the payments that were found,
// if any was.
func (s *shelf) byMarkAlone(e Expected) (*held, error) {
	if e.Kind != Payment || e.Mark == "" {
		return nil, nil
	}
	for _, h := range s.worded[e.Mark] {
		if h.free() != nil && (len(s.series) == 0 || s.series[h.voucher.Series]) && shareAccount(h.voucher.Rows, e.Rows) {
			return h, nil
		}
	}
	return nil, nil
}

// byRow finds an adopted payment by its row on the own account.
func (s *shelf) byRow(e Expected) (*held, error) {
	if e.Kind != Adopted {
		return nil, nil
	}
	sums, err := sumUp(e.Rows)
	if err != nil || len(sums) == 0 {
		return nil, err
	}
	return firstFree(s.rows[sums[0]]), nil
}

// free gives the voucher unless it is taken.
func (h *held) free() *held {
	if h == nil || h.taken {
		return nil
	}
	return h
}

func firstFree(among []*held) *held {
	for _, h := range among {
		if h.free() != nil {
			return h
		}
	}
	return nil
}

func shareAccount(a, b []ledger.Row) bool {
	return slices.ContainsFunc(a, func(r ledger.Row) bool {
		return slices.ContainsFunc(b, func(o ledger.Row) bool { return r.Account == o.Account })
	})
}

// sum is what a voucher comes to on one account, never 0.
type sum struct {
	account ledger.Account
	amount  money.Amount
}

// sumUp adds up rows by account and currency, sorted by both.
func sumUp(rows []ledger.Row) ([]sum, error) {
	var sums []sum
	for _, r := range rows {
		at := slices.IndexFunc(sums, func(s sum) bool { return s.account == r.Account && s.amount.Currency() == r.Amount.Currency() })
		if at < 0 {
			sums = append(sums, sum{r.Account, r.Amount})
			continue
		}
		var err error
		if sums[at].amount, err = sums[at].amount.Add(r.Amount); err != nil {
			return nil, err
		}
	}
	sums = slices.DeleteFunc(sums, func(s sum) bool { return s.amount.IsZero() })
	slices.SortFunc(sums, func(a, b sum) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.amount.Currency(), b.amount.Currency()))
	})
	return sums, nil
}

// fingerprint is the same for vouchers of one day that do the same to every
// account, however they are written.
func fingerprint(day civil.Date, rows []ledger.Row) (string, error) {
	sums, err := sumUp(rows)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(day.String())
	for _, s := range sums {
		b.WriteString("|" + string(s.account) + " " + s.amount.String() + " " + string(s.amount.Currency()))
	}
	return b.String(), nil
}

// words gives the words of a text without the marks around them, each once.
func words(text string) []string {
	found := strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-:", r)
	})
	slices.Sort(found)
	return slices.Compact(found)
}
