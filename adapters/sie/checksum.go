package sie

import (
	"hash/crc32"
	"strconv"

	"golang.org/x/text/encoding/charmap"
)

// checksum is the CRC-32 over the labels and fields between two #KSUMMA records,
// without what separates, quotes or frames them (SIE 4B, chapter 10).
//
// The standard counts the bytes of code page 437. Programs that write another
// character set have been seen to count those, others must be supposed to count
// what they wrote; either sum is accepted.
type checksum struct {
	state   checksumState
	written charset
	// standard and actual are the sums over both ways to write the characters.
	standard, actual uint32
	buffer           []byte
}

type checksumState int

const (
	noChecksum checksumState = iota
	summing
	summed
)

// start begins to sum; the opening #KSUMMA has been read.
func (c *checksum) start() { c.state = summing }

// add counts a record.
func (c *checksum) add(r record) {
	if c.state != summing || r.isBrace() {
		return
	}
	c.text(r.written)
	for _, f := range r.fields {
		c.text(f.text)
		for _, item := range f.list {
			c.text(item)
		}
	}
}

func (c *checksum) text(s string) {
	c.standard = c.update(c.standard, charset{page: charmap.CodePage437}, s)
	c.actual = c.update(c.actual, c.written, s)
}

func (c *checksum) update(sum uint32, cs charset, s string) uint32 {
	c.buffer = c.buffer[:0]
	for _, r := range s {
		c.buffer = cs.encode(c.buffer, r)
	}
	return crc32.Update(sum, crc32.IEEETable, c.buffer)
}

// matches ends the sum and compares it with the number of the closing #KSUMMA.
func (c *checksum) matches(number string) bool {
	c.state = summed
	stated, err := strconv.ParseUint(number, 10, 32)
	return err == nil && (uint32(stated) == c.standard || uint32(stated) == c.actual)
}
