package sqlite

import (
	"context"
	"hash/maphash"
	"slices"
	"sync"

	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// lineKeys knows in memory under which ordinal a payout has each key, as hashes: 12
// bytes and some room for each line of the payouts that were last written to.
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

// payoutKeys are the keys of the first lines of a payout. Of keys with the same
// hash it knows the first one.
type payoutKeys struct {
	hash     func(key string) uint64
	lines    int64
	ordinals map[uint64]uint32
}

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
		keys = &payoutKeys{hash: k.hash, ordinals: map[uint64]uint32{}}
		k.payouts[payoutNum] = keys
	}
	k.recent = append(slices.DeleteFunc(k.recent, func(num int64) bool { return num == payoutNum }), payoutNum)
	k.forgetOldest()
	return keys
}

func (k *lineKeys) forgetOldest() {
	total := 0
	for i := len(k.recent) - 2; i >= 0; i-- {
		if total += len(k.payouts[k.recent[i]].ordinals); total > maxKeys {
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

// add takes the key of the next line.
func (p *payoutKeys) add(key string) {
	p.lines++
	if hash := p.hash(key); p.ordinals[hash] == 0 {
		p.ordinals[hash] = uint32(p.lines) //nolint:gosec // an ordinal has 28 bits
	}
}

// keys gives the keys of a payout that has so many lines.
func (s lines) keys(ctx context.Context, payoutNum, last int64) (*payoutKeys, error) {
	keys := s.store.keys.of(payoutNum, last)
	for keys.lines < last {
		page, err := all(ctx, s.tx, scalar[string], "SELECT key FROM line WHERE id > ? AND id < ? ORDER BY id LIMIT ?",
			lineID(payoutNum, keys.lines), lineID(payoutNum+1, 0), ports.MaxBatch)
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
	var suspects []string
	for _, l := range batch {
		if ordinal := keys.ordinals[keys.hash(l.Key)]; ordinal != 0 {
			ids, suspects = append(ids, lineID(payoutNum, int64(ordinal))), append(suspects, l.Key)
		}
	}
	stored := make(map[string]payout.Line, len(batch))
	if len(ids) == 0 {
		return stored, nil
	}
	found, err := s.lineRecords(ctx, lineSelect+"WHERE l.id IN (SELECT value FROM json_each(?))", jsonNumbers(ids))
	if err != nil {
		return nil, err
	}
	for _, l := range found {
		stored[l.Key] = l.Line
	}
	for _, key := range suspects {
		if _, ok := stored[key]; !ok {
			if err := s.search(ctx, payoutNum, key, stored); err != nil {
				return nil, err
			}
		}
	}
	return stored, nil
}

// search looks through all lines for a key whose hash is that of another key,
// which happens once in some hundred billion lines.
func (s lines) search(ctx context.Context, payoutNum int64, key string, into map[string]payout.Line) error {
	found, err := s.lineRecords(ctx, lineSelect+"WHERE l.id > ? AND l.id < ? AND l.key = ?",
		lineID(payoutNum, 0), lineID(payoutNum+1, 0), key)
	for _, l := range found {
		into[l.Key] = l.Line
	}
	return err
}
