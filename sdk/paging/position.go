package paging

import (
	"slices"

	"github.com/kvitt/kvitt/core/fault"
)

// CodeListUnstable: the remote system shows another list at each request, so that
// no reading of it is known to be whole.
const CodeListUnstable fault.Code = "upstream.list_unstable"

// Position is where the reading of a list goes on that is counted from its start
// and changes while it is read.
//
// An invoice that is paid leaves the list of unpaid ones, everything behind it
// moves up, and the next page begins one too late. So each page but the first
// begins with items of the page before. The reading goes on behind the last of
// them that is still there; if none is, it steps back until it finds one. An item
// that was in the list throughout is thereby never skipped, provided that the
// order of those that stay does not change.
//
// The zero Position is the start of a list.
type Position struct {
	// Offset is where the next page begins.
	Offset int `json:"offset,omitempty"`
	// Tail are the keys of the last items read, in their order.
	Tail []string `json:"tail,omitempty"`
	// Strikes counts the requests in a row that brought nothing new.
	Strikes int `json:"strikes,omitempty"`
}

const (
	longestTail = 20
	// mostStrikes is how often a list may move away under the reader. Each step
	// back is twice as long as the one before.
	mostStrikes = 12
)

// Valid reports whether a position that came from outside can be one.
func (p Position) Valid() bool {
	return p.Offset >= 0 && p.Strikes >= 0 && p.Strikes <= mostStrikes && len(p.Tail) <= longestTail
}

// Step is what one page has brought.
type Step[T any] struct {
	// Fresh are the items of the page behind those that the page before ended with.
	// An item may come once more when the list has moved.
	Fresh []T
	// Next is where to go on, unless the page was the Last.
	Next Position
	Last bool
}

// Advance takes the page of at most limit items, 2 or more, that was asked for at
// p. Key gives an item's own name, which no other item of the list has. Total is
// the length of the whole list, negative if the source does not tell.
//
// It fails with CodeListUnstable if the source changes faster than it can be read,
// reorders its items or lists one twice.
func Advance[T any](p Position, page []T, key func(T) string, total, limit int) (Step[T], error) {
	keys := make([]string, len(page))
	for i, item := range page {
		keys[i] = key(item)
	}
	known, next, last, err := p.advance(keys, total, limit)
	if err != nil {
		return Step[T]{}, err
	}
	return Step[T]{Fresh: page[known:], Next: next, Last: last}, nil
}

// All reads a list to its end and gives each item once, in the order of the list
// unless it moved meanwhile. Read is asked for the page
// at an offset and tells the length of the whole list, negative if unknown. How
// long it may go on is a matter of the grant.
func All[T any](limit int, key func(T) string, read func(offset int) (page []T, total int, err error)) ([]T, error) {
	var all []T
	seen := map[string]bool{}
	var at Position
	for {
		page, total, err := read(at.Offset)
		if err != nil {
			return nil, err
		}
		step, err := Advance(at, page, key, total, limit)
		if err != nil {
			return nil, err
		}
		for _, item := range step.Fresh {
			if name := key(item); !seen[name] {
				seen[name] = true
				all = append(all, item)
			}
		}
		if step.Last {
			return all, nil
		}
		at = step.Next
	}
}

// advance tells how many of a page's keys are known already, where to go on, and
// whether that was the last page.
func (p Position) advance(keys []string, total, limit int) (known int, next Position, last bool, err error) {
	if len(keys) > limit || total >= 0 && len(keys) > max(total-p.Offset, 0) || repeats(keys) {
		return 0, Position{}, false, unstable()
	}
	known, before, ordered := p.align(keys)
	if !ordered {
		return 0, Position{}, false, unstable()
	}
	end := p.Offset + len(keys)
	if p.Offset > 0 && known == 0 {
		next, err = p.back(limit)
		return 0, next, false, err
	}
	fresh := keys[known:]
	last = total >= 0 && end >= total || total < 0 && len(fresh) == 0 && len(keys) < limit
	if last {
		return known, Position{}, true, nil
	}
	next = Position{Tail: lastOf(append(slices.Clone(before), fresh...), min(longestTail, limit/2)), Strikes: p.Strikes}
	if len(fresh) == 0 {
		if next.Strikes++; len(keys) == 0 || next.Strikes > mostStrikes {
			return 0, Position{}, false, unstable()
		}
	} else {
		next.Strikes = 0
	}
	next.Offset = max(end-len(next.Tail), 0)
	return known, next, false, nil
}

// align finds how many of the keys, from the first, were read before, and the part
// of the tail that they end with: the rest of it is gone, or lies further on. The
// keys must come in the order of the tail.
func (p Position) align(keys []string) (known int, before []string, ordered bool) {
	at := -1
	for i, key := range keys {
		n := slices.Index(p.Tail, key)
		if n < 0 {
			continue
		}
		if n < at {
			return 0, nil, false
		}
		at, known = n, i+1
	}
	return known, p.Tail[:at+1], true
}

// back moves the position towards the start of the list, where it cannot miss.
func (p Position) back(limit int) (Position, error) {
	if p.Strikes >= mostStrikes {
		return Position{}, unstable()
	}
	return Position{Offset: max(p.Offset-limit<<p.Strikes, 0), Tail: p.Tail, Strikes: p.Strikes + 1}, nil
}

func lastOf(keys []string, n int) []string { return keys[max(len(keys)-n, 0):] }

func repeats(keys []string) bool {
	seen := make(map[string]bool, len(keys))
	for _, key := range keys {
		if seen[key] {
			return true
		}
		seen[key] = true
	}
	return false
}

func unstable() error {
	return fault.New(CodeListUnstable, fault.Temporary, "the list changes faster than it can be read").From(fault.Upstream).
		WithRemedy("wait until less changes at the remote system; kvitt reads the list again by itself")
}
