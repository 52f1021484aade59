package simulator

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// faultBox holds the faults in force and the requests that they hold.
type faultBox struct {
	mu     sync.Mutex
	nextID int
	rules  []*rule
	held   []*heldRequest
}

// Held is a request that a fault holds, as GET /_sim/held shows it.
type Held struct {
	Fault  int    `json:"fault"` // id of the fault
	Number int    `json:"n"`     // number of the request
	Method string `json:"method"`
	Path   string `json:"path"`
	Phase  string `json:"phase"` // before or after handling
}

type heldRequest struct {
	Held
	released chan struct{}
}

func (b *faultBox) add(f Fault) (id int, err error) {
	added, err := newRule(f)
	if err != nil {
		return 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.nextID++
	added.ID = b.nextID
	b.rules = append(b.rules, added)
	return added.ID, nil
}

func (b *faultBox) show() []ActiveFault {
	b.mu.Lock()
	defer b.mu.Unlock()
	shown := make([]ActiveFault, 0, len(b.rules))
	for _, r := range b.rules {
		shown = append(shown, r.ActiveFault)
	}
	return shown
}

// clear removes every fault and lets go what they hold.
func (b *faultBox) clear() (removed int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	removed = len(b.rules)
	for _, r := range b.rules {
		r.removed = true
	}
	b.rules = nil
	b.releaseLocked()
	return removed
}

func (b *faultBox) showHeld() []Held {
	b.mu.Lock()
	defer b.mu.Unlock()
	shown := make([]Held, 0, len(b.held))
	for _, h := range b.held {
		shown = append(shown, h.Held)
	}
	return shown
}

// release lets go every request held now.
func (b *faultBox) release() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.releaseLocked()
}

func (b *faultBox) releaseLocked() (released int) {
	for _, h := range b.held {
		close(h.released)
	}
	released = len(b.held)
	b.held = nil
	return released
}

// pick draws the faults that strike a request. Delays add up; of the other
// kinds the oldest that is due strikes, and the rest wait for the next match.
func (b *faultBox) pick(number int, method, path string) strike {
	b.mu.Lock()
	defer b.mu.Unlock()
	drawn := strike{number: number}
	for _, r := range b.rules {
		if !r.due(number, method, path) || r.Kind != KindLatency && drawn.rule != nil {
			continue
		}
		r.Hits++
		drawn.delay += time.Duration(r.DelayMS) * time.Millisecond
		if r.Kind != KindLatency {
			drawn.rule = r
		}
	}
	return drawn
}

// act handles the request as the strike lets it. False means that there is
// nothing to answer: the connection is cut or the client has gone.
func (b *faultBox) act(s strike, w http.ResponseWriter, r *http.Request, handle func(http.ResponseWriter)) (*bufferedAnswer, bool) {
	if s.delay > 0 {
		time.Sleep(s.delay)
	}
	switch s.kind() {
	case KindStatus:
		return s.rule.answer(), true
	case KindCutBefore:
		cut(w)
		return nil, false
	case KindHoldBefore:
		if !b.hold(s, r, "before") {
			return nil, false
		}
	default: // the others act later
	}
	answer := newBufferedAnswer()
	handle(answer)
	switch s.kind() {
	case KindStatusAfter:
		return s.rule.answer(), true
	case KindCutAfter:
		cut(w)
		return nil, false
	case KindTruncate:
		if answer.body.Len() == 0 { // nothing to halve
			cut(w)
			return nil, false
		}
	case KindHoldAfter:
		return answer, b.hold(s, r, "after")
	default: // the others have acted, or none
	}
	return answer, true
}

// hold waits until the request is released, and tells whether its client is
// still there.
func (b *faultBox) hold(s strike, r *http.Request, phase string) bool {
	h := &heldRequest{
		Held:     Held{Fault: s.rule.ID, Number: s.number, Method: r.Method, Path: r.URL.Path, Phase: phase},
		released: make(chan struct{}),
	}
	if b.enter(h, s.rule) {
		select {
		case <-h.released:
		case <-r.Context().Done():
			b.leave(h)
		}
	}
	return r.Context().Err() == nil
}

// enter lists the request as held, unless its fault has been removed meanwhile.
func (b *faultBox) enter(h *heldRequest, r *rule) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.removed {
		return false
	}
	b.held = append(b.held, h)
	return true
}

func (b *faultBox) leave(h *heldRequest) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held = slices.DeleteFunc(b.held, func(other *heldRequest) bool { return other == h })
}
