package paging

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"sort"
)

// MaxMarks is how many marks are remembered, so that they fit into a cursor. Later
// ones are not.
const MaxMarks = 50_000

// widestMark is the largest mark that can be relied on: 48 bits, so that among
// 20 000 items two different ones look alike once in a million lists.
const widestMark = 1<<48 - 1

// Marks are what earlier pages of a list have shown, in ascending order, equal ones
// as often as they were shown. They travel in a cursor.
type Marks []uint64

var errMarks = errors.New("the marks cannot be read")

// Mark makes a mark of a hash over all that tells an item from others.
func Mark(hash [32]byte) uint64 { return binary.BigEndian.Uint64(hash[:]) >> 16 & widestMark }

// Count is how often a mark was shown.
func (m Marks) Count(mark uint64) int {
	from := sort.Search(len(m), func(i int) bool { return m[i] >= mark })
	to := from
	for to < len(m) && m[to] == mark {
		to++
	}
	return to - from
}

// With gives the marks and those of another page.
func (m Marks) With(page []uint64) Marks {
	room := max(MaxMarks-len(m), 0)
	all := append(slices.Clone(m), page[:min(room, len(page))]...)
	slices.Sort(all)
	return all
}

// MarshalText writes the distances between neighbours, which are short.
func (m Marks) MarshalText() ([]byte, error) {
	var packed []byte
	var last uint64
	for _, mark := range m {
		packed = binary.AppendUvarint(packed, mark-last)
		last = mark
	}
	return base64.RawStdEncoding.AppendEncode(nil, packed), nil
}

// UnmarshalText reads the form of MarshalText.
func (m *Marks) UnmarshalText(text []byte) error {
	*m = nil
	packed, err := base64.RawStdEncoding.AppendDecode(nil, text)
	if err != nil {
		return errMarks
	}
	var last uint64
	for len(packed) > 0 {
		distance, n := binary.Uvarint(packed)
		if n <= 0 || len(*m) == MaxMarks || last+distance < last {
			return errMarks
		}
		last += distance
		*m = append(*m, last)
		packed = packed[n:]
	}
	return nil
}
