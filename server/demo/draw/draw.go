// Package draw derives the details of the demo's worlds from a seed.
package draw

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
)

// Seed is what details are derived from. Every detail has a label of its own instead of
// a place in one long sequence of random numbers, so that a new order changes
// nothing about the others.
type Seed int

func (d Seed) bytes(label string) [sha256.Size]byte {
	return sha256.Sum256([]byte(strconv.Itoa(int(d)) + "/" + label))
}

// Below gives a number from 0 to n-1; n must be positive.
func (d Seed) Below(n int, label string) int {
	sum := d.bytes(label)
	return int(binary.BigEndian.Uint64(sum[:8]) % uint64(n))
}

// UUID gives an id in the form of a random UUID (RFC 9562, version 4).
func (d Seed) UUID(label string) string {
	sum := d.bytes("uuid/" + label)
	sum[6] = sum[6]&0x0f | 0x40
	sum[8] = sum[8]&0x3f | 0x80
	h := hex.EncodeToString(sum[:16])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:32]}, "-")
}

// Code gives n capital letters and digits, without those that people mix up.
func (d Seed) Code(n int, label string) string {
	const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	sum := d.bytes("code/" + label)
	var b strings.Builder
	for i := range n {
		b.WriteByte(alphabet[int(sum[i])%len(alphabet)])
	}
	return b.String()
}

// Pick gives one of the choices.
func Pick[T any](d Seed, choices []T, label string) T {
	return choices[d.Below(len(choices), label)]
}
