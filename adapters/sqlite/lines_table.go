package sqlite

// payoutKeys is a hash table from the keys of the first lines of a payout to their
// ordinals, without the keys themselves: a slot is the upper bits of a key's hash
// and an ordinal. A hit is only a candidate; whoever asks looks at the line.
type payoutKeys struct {
	hash  func(key string) uint64
	lines int64
	// slots has a length that is a power of 2. An empty slot is 0. A slot whose
	// place is taken lies behind it, with no empty one between.
	slots []uint64
}

// tagOf leaves as much of a hash as stands beside an ordinal.
func tagOf(hash uint64) uint64 { return hash >> ordinalBits }

// add takes the key of the next line.
func (p *payoutKeys) add(key string) {
	if p.lines++; 4*p.lines > 3*int64(len(p.slots)) {
		p.grow()
	}
	p.put(tagOf(p.hash(key))<<ordinalBits | uint64(p.lines)) //nolint:gosec // a number of lines is positive
}

func (p *payoutKeys) put(slot uint64) {
	i := p.place(slot >> ordinalBits)
	for p.slots[i] != 0 {
		i = p.next(i)
	}
	p.slots[i] = slot
}

// candidates gives the ordinals of the lines that may have the key.
func (p *payoutKeys) candidates(key string) (ordinals []int64) {
	if len(p.slots) == 0 {
		return nil
	}
	tag := tagOf(p.hash(key))
	for i := p.place(tag); p.slots[i] != 0; i = p.next(i) {
		if p.slots[i]>>ordinalBits == tag {
			ordinals = append(ordinals, ordinalOf(int64(p.slots[i]))) //nolint:gosec // only the lower bits are taken
		}
	}
	return ordinals
}

func (p *payoutKeys) place(tag uint64) uint64 { return tag & p.last() }

func (p *payoutKeys) next(i uint64) uint64 { return (i + 1) & p.last() }

func (p *payoutKeys) last() uint64 { return uint64(len(p.slots)) - 1 }

func (p *payoutKeys) grow() {
	before := p.slots
	p.slots = make([]uint64, max(1024, 2*len(before)))
	for _, slot := range before {
		if slot != 0 {
			p.put(slot)
		}
	}
}
