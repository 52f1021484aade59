package world

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// draw derives details from a seed. Every detail has a label of its own instead of
// a place in one long sequence of random numbers, so that a new order changes
// nothing about the others.
type draw int

func (d draw) bytes(label string) [sha256.Size]byte {
	return sha256.Sum256([]byte(strconv.Itoa(int(d)) + "/" + label))
}

// below gives a number from 0 to n-1; n must be positive.
func (d draw) below(n int, label string) int {
	sum := d.bytes(label)
	return int(binary.BigEndian.Uint64(sum[:8]) % uint64(n))
}

// uuid gives an id in the form of a random UUID (RFC 9562, version 4).
func (d draw) uuid(label string) string {
	sum := d.bytes("uuid/" + label)
	sum[6] = sum[6]&0x0f | 0x40
	sum[8] = sum[8]&0x3f | 0x80
	h := hex.EncodeToString(sum[:16])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:32]}, "-")
}

// code gives n capital letters and digits, without those that people mix up.
func (d draw) code(n int, label string) string {
	const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	sum := d.bytes("code/" + label)
	var b strings.Builder
	for i := range n {
		b.WriteByte(alphabet[int(sum[i])%len(alphabet)])
	}
	return b.String()
}

// pick gives one of the choices.
func pick[T any](d draw, choices []T, label string) T {
	return choices[d.below(len(choices), label)]
}

// ore is an amount in öre, Klarna's minor unit.
type ore int64

// String gives kronor as Fortnox reads them: two decimals and a dot.
func (o ore) String() string {
	sign := ""
	if o < 0 {
		sign, o = "-", -o
	}
	return fmt.Sprintf("%s%d.%02d", sign, o/100, o%100)
}

// share gives rate/base of an amount that is not negative, rounded half up to a
// whole öre.
func (o ore) share(rate, base ore) ore { return (o*rate + base/2) / base }
