package sqlite

import (
	"cmp"
	"context"
	"encoding/binary"
	"hash/fnv"
	"maps"
	"slices"

	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// buckets is into how many parts the references of lines are divided by their hash;
// entrySize is a hash and a distance, see the migration.
const (
	buckets   = 64
	entrySize = 6
)

var insertReferences = newBulk(4, "INSERT INTO line_reference (bucket, payout, first, entries)", "") //nolint:gochecknoglobals // a constant in all but name

// hashed gives the hash of a normalised text. It is stored, so it stays as it is.
func hashed(key string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key)) // it cannot fail
	return h.Sum32()
}

// addReferences makes lines findable whose ordinals begin with first. At most
// MaxBatch lines, so that distances fit.
func (s lines) addReferences(ctx context.Context, payoutNum, first int64, batch []payout.Line) error {
	entries := map[int64][]byte{}
	for i, l := range batch {
		seen := make([]uint32, 0, len(l.References))
		for _, value := range l.References {
			key := matching.Normalise(value)
			hash := hashed(key)
			if key == "" || slices.Contains(seen, hash) {
				continue
			}
			seen = append(seen, hash)
			bucket := int64(hash % buckets)
			entries[bucket] = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint32(entries[bucket], hash), uint16(i)) //nolint:gosec // a batch is smaller
		}
	}
	values := make([]any, 0, len(entries)*insertReferences.columns)
	for _, bucket := range slices.Sorted(maps.Keys(entries)) {
		values = append(values, bucket, payoutNum, first, entries[bucket])
	}
	return insertReferences.run(ctx, s.tx, values)
}

func (s lines) dropReferences(ctx context.Context, payoutNum int64) error {
	for bucket := range buckets {
		if _, err := s.exec(ctx, "DELETE FROM line_reference WHERE bucket = ? AND payout = ?", bucket, payoutNum); err != nil {
			return err
		}
	}
	_, err := s.exec(ctx, "DELETE FROM line_reference_due WHERE payout = ?", payoutNum)
	return err
}

// block is what one batch of lines has in a bucket.
type block struct {
	payout, first int64
	entries       []byte
}

func readBlock(row scanner) (b block, err error) {
	err = row.Scan(&b.payout, &b.first, &b.entries)
	return b, err
}

// withHash gives the ids of lines that have a reference of a hash, newest payouts
// first, from the blocks before a place; done says that there are no more.
func (s search) withHash(ctx context.Context, hash uint32, merchantID string, before *block) (ids []int64, done bool, err error) {
	const page = 1000
	blocks, err := all(ctx, s.tx, readBlock, `SELECT r.payout, r.first, r.entries FROM line_reference r CROSS JOIN payout p ON p.num = r.payout
		WHERE r.bucket = ? AND (r.payout, r.first) < (?, ?) AND (? = '' OR p.merchant = ?) ORDER BY r.payout DESC, r.first DESC LIMIT ?`,
		int64(hash%buckets), before.payout, before.first, merchantID, merchantID, page)
	for _, b := range blocks {
		*before = b
		for entry := range slices.Chunk(b.entries, entrySize) {
			if binary.BigEndian.Uint32(entry) == hash {
				ids = append(ids, lineID(b.payout, b.first+int64(binary.BigEndian.Uint16(entry[4:]))))
			}
		}
	}
	slices.SortFunc(ids, func(a, b int64) int { return cmp.Compare(b, a) })
	return ids, len(blocks) < page, err
}

// completeReferences makes the lines findable that an older version stored.
func (s *Store) completeReferences(ctx context.Context) error {
	for {
		more := false
		err := s.run(ctx, s.write, true, func(ctx context.Context, tx ports.Tx) error {
			l, _ := tx.Lines().(lines)
			due, err := all(ctx, l.tx, scalar[int64], "SELECT payout FROM line_reference_due ORDER BY payout LIMIT 1")
			if err != nil || len(due) == 0 {
				return err
			}
			more = true
			return l.completePayout(ctx, due[0])
		})
		if err != nil || !more {
			return err
		}
	}
}

func (s lines) completePayout(ctx context.Context, num int64) error {
	if err := s.dropReferences(ctx, num); err != nil {
		return err
	}
	for after := lineID(num, 0); ; {
		found, err := s.lineRecords(ctx, lineSelect+"WHERE l.id > ? AND l.id < ? ORDER BY l.id LIMIT ?", after, lineID(num+1, 0), ports.MaxBatch)
		if err != nil || len(found) == 0 {
			return err
		}
		batch := make([]payout.Line, len(found))
		for i, r := range found {
			batch[i] = r.Line
		}
		if err := s.addReferences(ctx, num, found[0].Ordinal, batch); err != nil {
			return err
		}
		after = found[len(found)-1].ID
	}
}
