package main

import (
	"encoding/json"
	"slices"

	"github.com/kvitt/kvitt/core/fault"
)

// Faults of reading lists.
const (
	// CodeListUnstable: Fortnox shows another list at each request, so that no
	// reading of it is known to be whole.
	CodeListUnstable fault.Code = "erp.list_unstable"
	// CodeCursor: the cursor was not made by this connector.
	CodeCursor fault.Code = "fortnox.cursor_invalid"
)

// position is where the reading of a list goes on.
//
// Fortnox counts pages from the start of a list that changes while it is read: an
// invoice that is paid leaves the list of unpaid ones, everything behind it moves
// up, and the next page begins one too late. So each page but the first begins
// with items of the page before. The reading goes on behind the last of them that
// is still there; if none is, it steps back until it finds one. An item that was
// in the list throughout is thereby never skipped, provided that the order of
// those that stay does not change.
type position struct {
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

// overlap is how many items of a page the next one repeats.
func overlap(limit int) int { return min(longestTail, limit/2) }

// advance reads the keys of the page that was asked for at p. It tells how many of
// them are known already, where to go on, and whether that was the last page.
// Total is the length of the whole list, negative if unknown.
func (p position) advance(keys []string, total, limit int) (known int, next position, last bool, err error) {
	if len(keys) > limit || total >= 0 && len(keys) > max(total-p.Offset, 0) || repeats(keys) {
		return 0, position{}, false, unstable()
	}
	known, before, ordered := p.align(keys)
	if !ordered {
		return 0, position{}, false, unstable()
	}
	end := p.Offset + len(keys)
	if p.Offset > 0 && known == 0 {
		next, err = p.back(limit)
		return 0, next, false, err
	}
	fresh := keys[known:]
	last = total >= 0 && end >= total || total < 0 && len(fresh) == 0 && len(keys) < limit
	if last {
		return known, position{}, true, nil
	}
	next = position{Tail: lastOf(append(slices.Clone(before), fresh...), overlap(limit)), Strikes: p.Strikes}
	if len(fresh) == 0 {
		if next.Strikes++; len(keys) == 0 || next.Strikes > mostStrikes {
			return 0, position{}, false, unstable()
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
func (p position) align(keys []string) (known int, before []string, ordered bool) {
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
func (p position) back(limit int) (position, error) {
	if p.Strikes >= mostStrikes {
		return position{}, unstable()
	}
	return position{Offset: max(p.Offset-limit<<p.Strikes, 0), Tail: p.Tail, Strikes: p.Strikes + 1}, nil
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
		WithRemedy("wait until fewer documents change at Fortnox; kvitt reads the list again by itself")
}

// writeCursor and readCursor carry what is needed to go on between two requests.
func writeCursor(state any) (string, error) {
	text, err := json.Marshal(state)
	if err != nil {
		return "", fault.New(CodeCursor, fault.Validation, "the cursor cannot be written").From(fault.Connector)
	}
	return string(text), nil
}

func readCursor(text string, into any) error {
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fault.Invalid(CodeCursor, "cursor", "the cursor was not made by this connector").From(fault.Connector)
	}
	return nil
}

// valid reports whether a position that came from outside can be one.
func (p position) valid() bool {
	return p.Offset >= 0 && p.Strikes >= 0 && p.Strikes <= mostStrikes && len(p.Tail) <= longestTail
}
