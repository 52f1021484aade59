package suite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/sdk/conformance/internal/launch"
	"github.com/kvitt/kvitt/sdk/wire"
)

func reading() []Case {
	return []Case{
		{
			ID: "read.answers", Level: 2, After: []string{"credentials.accepted"}, run: checkAnswers,
			Title: "Every reading method of every capability answers.",
			Why:   "All further cases ask the same questions.",
		},
		{
			ID: "read.again", Level: 2, After: []string{"verify.harmless"}, run: checkAgain,
			Title: "The same question gets the same answer again, with the same keys and contents, also from a connector that was just started.",
			Why:   "The hub knows lines by their keys. If they change, every line looks new, or its payout as if the provider had changed it.",
		},
		{
			ID: "read.evidence", Level: 2, After: []string{"read.answers"}, run: checkEvidence,
			Title: "Raw pages are named by the SHA-256 of their bytes, and every payout, line and order points to bytes that there are.",
			Why:   "kvitt proves every voucher down to the provider's own bytes.",
		},
		{
			ID: "read.utc", Level: 2, After: []string{"read.answers"}, run: checkUTC,
			Title: "Every moment is in UTC.",
			Why:   "Only the hub knows the merchant's zone; a moment in another one falls on the wrong day.",
		},
		{
			ID: "read.zone", Level: 2, After: []string{"read.again"}, unfit: needsProcess, run: checkZone,
			Title: "The time zone of the process changes no answer.",
			Why:   "A connector runs on machines of all zones.",
		},
		{
			ID: "read.currencies", Level: 2, After: []string{"read.answers"}, run: checkCurrencies,
			Title: "Every amount has a current ISO 4217 currency.",
			Why:   "The currency decides how many decimals an amount has; an unknown one is a hundred times too much or too little.",
		},
		{
			ID: "read.limits", Level: 2, After: []string{"read.answers"}, run: checkLimits,
			Title: "A page has at most 1000 items and 6 MiB of raw pages.",
			Why:   "More does not go over the wire: the list could never be read.",
		},
	}
}

func checkAnswers(ctx context.Context, st *stage) error {
	known, err := st.discover(ctx)
	if err != nil {
		return err
	}
	st.known = known
	return st.each(func(q question) error {
		pages, err := st.read(ctx, q, "", nil)
		if err != nil && !st.excused(q) {
			return asMismatch(q, err, "an answer")
		}
		st.idle[q.String()] = err == nil && answeredAlone(pages)
		return nil
	})
}

// answeredAlone tells of an answer for which the remote system was not asked, because
// it has nothing of the kind: whatever befalls that system, there is nothing to tell.
func answeredAlone(pages []answer) bool {
	return len(pages) == 1 && pages[0].usage.Calls == 0 && len(pages[0].items) == 0 && len(pages[0].raw) == 0
}

// excused are payouts that the world has wrong on purpose: they may be refused.
func (s *Session) excused(q question) bool {
	for _, reference := range s.setup.Plan.Unproven {
		if q.String() == listLines(reference).String() {
			return true
		}
	}
	return false
}

func asMismatch(q question, err error, want string) error {
	if _, already := err.(*mismatch); already { //nolint:errorlint // made here, never wrapped
		return err
	}
	return wrong(q.String(), err, want)
}

// sound are the questions that must be answered whole, by the remote system.
func (s *Session) sound() []question {
	return slices.DeleteFunc(s.questions(), func(q question) bool { return s.excused(q) || s.idle[q.String()] })
}

func checkAgain(ctx context.Context, st *stage) error {
	first := map[string][]item{}
	readEach := func(which string) error {
		for _, q := range st.sound() {
			items, err := st.readAll(ctx, q)
			if err != nil {
				return asMismatch(q, err, "the same answer again")
			}
			before, asked := first[q.String()]
			if diff := difference(before, items); asked && diff != "" {
				return wrong(q.String()+", "+which, diff, "the same answer again")
			}
			first[q.String()] = items
		}
		return nil
	}
	for _, which := range []string{"first time", "second time"} {
		if err := readEach(which); err != nil {
			return err
		}
	}
	if err := st.restart(ctx, launch.Options{}); err != nil {
		return err
	}
	return readEach("after a restart")
}

func checkEvidence(ctx context.Context, st *stage) error {
	for _, q := range st.sound() {
		pages, err := st.read(ctx, q, "", nil)
		if err != nil {
			return asMismatch(q, err, "an answer")
		}
		length := map[string]int64{}
		for _, page := range pages {
			for _, raw := range page.raw {
				sum := sha256.Sum256(raw.Bytes)
				if name := hex.EncodeToString(sum[:]); name != raw.SHA256 {
					return wrong(q.String(), "a raw page named "+raw.SHA256, "its SHA-256 "+name)
				}
				length[raw.SHA256] = int64(len(raw.Bytes))
			}
			for _, i := range page.items {
				if err := checkPointer(q, i, length); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func checkPointer(q question, i item, length map[string]int64) error {
	if i.from == (payout.Raw{}) {
		if q.pointed {
			return wrong(q.String(), fmt.Sprintf("%q without a pointer to its bytes", i.key), "page, offset and length")
		}
		return nil
	}
	size, there := length[i.from.Page]
	switch {
	case !there:
		return wrong(q.String(), fmt.Sprintf("%q of a page that has not come", i.key), "the raw page with the first item that points to it")
	case i.from.Offset < 0 || i.from.Length <= 0 || i.from.Offset+i.from.Length > size:
		return wrong(q.String(), fmt.Sprintf("%q at bytes %d to %d of %d", i.key, i.from.Offset, i.from.Offset+i.from.Length, size), "bytes that there are")
	}
	return nil
}

func checkUTC(ctx context.Context, st *stage) error {
	return st.everyPage(ctx, func(q question, page answer) error {
		for _, what := range slices.Sorted(maps.Keys(page.moments)) {
			if at := page.moments[what]; !at.IsZero() && at.Location() != time.UTC {
				return wrong(q.String(), what+" is "+at.String(), "a moment in UTC")
			}
		}
		return nil
	})
}

func checkCurrencies(ctx context.Context, st *stage) error {
	return st.everyPage(ctx, func(q question, page answer) error {
		for _, what := range slices.Sorted(maps.Keys(page.amounts)) {
			amount := page.amounts[what]
			if amount == (money.Amount{}) {
				continue // nothing, in no currency
			}
			if c, err := money.ParseCurrency(string(amount.Currency())); err != nil || c != amount.Currency() {
				return wrong(q.String(), fmt.Sprintf("%s in %q", what, amount.Currency()), "a current ISO 4217 code in upper case")
			}
		}
		return nil
	})
}

func checkLimits(ctx context.Context, st *stage) error {
	return st.everyPage(ctx, func(q question, page answer) error {
		raw := 0
		for _, r := range page.raw {
			raw += len(r.Bytes)
		}
		if len(page.items) > wire.MaxItems || raw > wire.MaxRawBytes {
			return wrong(q.String(), fmt.Sprintf("a page of %d items and %d bytes of raw pages", len(page.items), raw), "smaller pages and a cursor")
		}
		return nil
	})
}

func (st *stage) everyPage(ctx context.Context, check func(question, answer) error) error {
	for _, q := range st.sound() {
		pages, err := st.read(ctx, q, "", nil)
		if err != nil {
			return asMismatch(q, err, "an answer")
		}
		for _, page := range pages {
			if err := check(q, page); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkZone(ctx context.Context, st *stage) error {
	first := map[string][]item{}
	for _, zone := range []string{"UTC", "Pacific/Kiritimati", "America/St_Johns"} {
		if err := st.restart(ctx, launch.Options{Env: map[string]string{"TZ": zone}}); err != nil {
			return err
		}
		for _, q := range st.sound() {
			items, err := st.readAll(ctx, q)
			if err != nil {
				return asMismatch(q, err, "an answer with TZ="+zone)
			}
			before, asked := first[q.String()]
			if diff := difference(before, items); asked && diff != "" {
				return wrong(q.String()+" with TZ="+zone, diff, "the same answer as with TZ=UTC")
			}
			first[q.String()] = items
		}
	}
	return nil
}
