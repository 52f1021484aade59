package main

import (
	"encoding/binary"
	"errors"
	"slices"
	"sort"
)

// remembered is how many marks a cursor can carry, 5 bytes each. Later rows are
// not remembered: should one be listed twice it gets the key that it has already,
// and the payout does not add up at the hub.
const remembered = 50_000

// marks are what earlier pages of a list have shown, in ascending order, equal
// ones as often as they were shown.
type marks []uint64

var errMarks = errors.New("the marks cannot be read")

// count is how often a mark was shown.
func (m marks) count(mark uint64) int {
	from := sort.Search(len(m), func(i int) bool { return m[i] >= mark })
	to := from
	for to < len(m) && m[to] == mark {
		to++
	}
	return to - from
}

// with gives the marks and those of another page.
func (m marks) with(page []uint64) marks {
	room := max(remembered-len(m), 0)
	all := append(slices.Clone(m), page[:min(room, len(page))]...)
	slices.Sort(all)
	return all
}

// MarshalBinary writes the distances between neighbours, which are short.
func (m marks) MarshalBinary() ([]byte, error) {
	var out []byte
	var last uint64
	for _, mark := range m {
		out = binary.AppendUvarint(out, mark-last)
		last = mark
	}
	return out, nil
}

// UnmarshalBinary reads the form of MarshalBinary.
func (m *marks) UnmarshalBinary(in []byte) error {
	*m = nil
	var last uint64
	for len(in) > 0 {
		distance, n := binary.Uvarint(in)
		if n <= 0 || len(*m) == remembered || last+distance < last {
			return errMarks
		}
		last += distance
		*m = append(*m, last)
		in = in[n:]
	}
	return nil
}
