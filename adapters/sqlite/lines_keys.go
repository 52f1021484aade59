package sqlite

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"

	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// lineKeys knows in memory under which ordinal a payout has each key: 11 to 21
// bytes for each line of the payouts that were last written to.
//
// An index in the database would do the same, but providers' keys are random, so
// that each line would change another page of it; measured, that makes storing a
// payout of 200 000 lines four times slower and gets worse with its size. One
// process alone writes to the database, hence it can know the keys itself.
//
// What it knows follows no transaction. A unit of work that was undone shows in the
// number of lines, which then is another than the database has, and the keys are
// read again from there, as they are after a start.
type lineKeys struct {
	mu      sync.Mutex
	hash    func(key string) uint64
	payouts map[int64]*payoutKeys
	// recent holds the payouts in the order of their last use.
	recent []int64
}

// maxKeys is how many keys of payouts other than the last one are kept.
const maxKeys = 1 << 20

func newLineKeys() *lineKeys {
	seed := maphash.MakeSeed()
	return &lineKeys{
		hash:    func(key string) uint64 { return maphash.String(seed, key) },
		payouts: map[int64]*payoutKeys{},
	}
}

// of gives the keys of a payout that has so many lines, or none to be filled.
func (k *lineKeys) of(payoutNum, lines int64) *payoutKeys {
	k.mu.Lock()
	defer k.mu.Unlock()
	keys := k.payouts[payoutNum]
	if keys == nil || keys.lines != lines {
		keys = &payoutKeys{hash: k.hash}
		k.payouts[payoutNum] = keys
	}
	k.recent = append(slices.DeleteFunc(k.recent, func(num int64) bool { return num == payoutNum }), payoutNum)
	k.forgetOldest()
	return keys
}

func (k *lineKeys) forgetOldest() {
	total := int64(0)
	for i := len(k.recent) - 2; i >= 0; i-- {
		if total += k.payouts[k.recent[i]].lines; total > maxKeys {
			for _, num := range k.recent[:i+1] {
				delete(k.payouts, num)
			}
			k.recent = slices.Delete(k.recent, 0, i+1)
			return
		}
	}
}

// forget drops what is known of a payout.
func (k *lineKeys) forget(payoutNum int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.payouts, payoutNum)
	k.recent = slices.DeleteFunc(k.recent, func(num int64) bool { return num == payoutNum })
}

// keys gives the keys of a payout that has so many lines.
func (s lines) keys(ctx context.Context, payoutNum, last int64) (*payoutKeys, error) {
	keys := s.store.keys.of(payoutNum, last)
	for keys.lines < last {
		page, err := all(ctx, s.tx, scalar[string], "SELECT key FROM line WHERE id > ? AND id < ? ORDER BY id LIMIT ?",
			lineID(payoutNum, keys.lines), lineID(payoutNum+1, 0), ports.MaxBatch)
		if err == nil && len(page) == 0 {
			err = fmt.Errorf("reading keys of lines: %d lines of %d are there", keys.lines, last)
		}
		if err != nil {
			s.store.keys.forget(payoutNum)
			return nil, err
		}
		for _, key := range page {
			keys.add(key)
		}
	}
	return keys, nil
}

// stored gives the lines that the payout has under the keys of a batch.
func (s lines) stored(ctx context.Context, payoutNum int64, keys *payoutKeys, batch []payout.Line) (map[string]payout.Line, error) {
	var ids []int64
	for _, l := range batch {
		for _, ordinal := range keys.candidates(l.Key) {
			ids = append(ids, lineID(payoutNum, ordinal))
		}
	}
	stored := make(map[string]payout.Line, len(batch))
	if len(ids) == 0 {
		return stored, nil
	}
	found, err := s.lineRecords(ctx, lineSelect+"WHERE l.id IN (SELECT value FROM json_each(?))", jsonNumbers(ids))
	for _, l := range found {
		stored[l.Key] = l.Line
	}
	return stored, err
}
