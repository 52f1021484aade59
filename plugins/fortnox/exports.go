package main

import (
	"sync"
	"time"
)

// exports keeps downloaded books between two pieces, so that pieces belong
// together although people go on booking. It is a convenience: whoever finds
// nothing downloads again and compares the hash.
type exports struct {
	now func() time.Time

	mu    sync.Mutex
	files []keptExport // oldest first
}

type keptExport struct {
	company, hash string
	file          []byte
	until         time.Time
}

const (
	exportKept  = 5 * time.Minute
	mostExports = 64 << 20 // bytes of all files together
)

func newExports(now func() time.Time) *exports { return &exports{now: now} }

func (e *exports) find(company, hash string) ([]byte, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tidy()
	for _, kept := range e.files {
		if hash != "" && kept.company == company && kept.hash == hash {
			return kept.file, true
		}
	}
	return nil, false
}

func (e *exports) keep(company, hash string, file []byte) {
	if company == "" {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.forget(company, hash)
	e.files = append(e.files, keptExport{company, hash, file, e.now().Add(exportKept)})
	e.tidy()
}

func (e *exports) drop(company, hash string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.forget(company, hash)
}

func (e *exports) forget(company, hash string) {
	kept := e.files[:0]
	for _, f := range e.files {
		if f.company != company || f.hash != hash {
			kept = append(kept, f)
		}
	}
	clear(e.files[len(kept):])
	e.files = kept
}

// tidy forgets what is old, then the oldest until the rest fits.
func (e *exports) tidy() {
	sum := 0
	for _, f := range e.files {
		sum += len(f.file)
	}
	for len(e.files) > 0 && (sum > mostExports || e.now().After(e.files[0].until)) {
		sum -= len(e.files[0].file)
		e.files[0] = keptExport{}
		e.files = e.files[1:]
	}
}
