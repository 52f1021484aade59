package trade

import (
	"encoding/binary"
	"encoding/hex"
)

// block is how far invoices stray from the order of the payout's rows: about a
// day's worth of a shop that has a million sales a year.
const block = 4096

// position is the place of a row's document in the list of documents. Within a
// block it jumps about, because invoices are not made in the order of captures.
func position(row int) int { return row&^(block-1) | (row*1597+17)&(block-1) }

// rowAt is the inverse of position.
func rowAt(position int) int {
	const inverse = 277 // 1597·277 ≡ 1 modulo 4096
	return position&^(block-1) | ((position-17)*inverse)&(block-1)
}

// Documents gives the rows whose documents stand at positions from up to but not
// including to, of a payout of so many rows.
func Documents(from, to, rows int) []Row {
	list := make([]Row, 0, to-from)
	for p := from; p < to; p++ {
		if i := rowAt(p); i < rows {
			list = append(list, At(i))
		}
	}
	return list
}

// Positions is how many positions the list of documents has, empty ones included.
func Positions(rows int) int { return (rows + block - 1) / block * block }

// fill writes bytes that look random and follow from the seed (SplitMix64).
func fill(b []byte, seed uint64) {
	for i := 0; i+8 <= len(b); i += 8 {
		seed += 0x9E3779B97F4A7C15
		z := seed
		z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		binary.BigEndian.PutUint64(b[i:], z^z>>31)
	}
}

func uuid(seed uint64) string {
	var b [16]byte
	fill(b[:], seed)
	s := hex.EncodeToString(b[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
