package pluginhost

import (
	"fmt"
	"maps"
	"strconv"
	"sync"
	"time"
)

const (
	// defaultMemory is plenty for a connector: an idle one has some 15 MiB.
	defaultMemory = 512 << 20
	// memoryTick is how often memory is looked at. Every so many ticks new children are
	// looked for, which takes a walk through all processes of the machine.
	memoryTick    = 250 * time.Millisecond
	ticksToSearch = 4
	// hardSlack is what the kernel's limit allows beyond twice the limit.
	hardSlack = 512 << 20
)

// memoryFor gives the limit of a connector in bytes, 0 for none.
func (c Config) memoryFor(id string) int64 {
	limit, ok := c.MemoryOf[id]
	if !ok || limit == 0 {
		limit = c.Memory
	}
	return max(limit, 0)
}

// hardLimit is what the kernel refuses to exceed. It counts what is reserved rather than
// what is used, a few dozen MiB more in Go and in Node alike, and does not count children
// together. So it lies far above the limit, and is there for what grows between two looks.
func hardLimit(limit int64) uint64 { return uint64(2*limit) + hardSlack }

// memoryEnv tells the runtimes of Go and Node where to collect garbage in earnest.
// Otherwise they go by the memory of the machine.
func memoryEnv(limit int64) []string {
	if limit == 0 {
		return nil
	}
	const ofTen, heapOfTen = 8, 7 // Node's bound is that of its heap alone
	return []string{
		"GOMEMLIMIT=" + strconv.FormatInt(limit*ofTen/10, 10),
		"NODE_OPTIONS=--max-old-space-size=" + strconv.FormatInt(max(limit*heapOfTen/10>>20, 1), 10),
	}
}

// identity tells a process from a later one of the same id.
type identity struct {
	pid   int
	start uint64 // in ticks since the machine started
}

// processEntry is one line of the system's table of processes.
type processEntry struct {
	identity
	parent, group int
	resident      int64
}

// memoryWatch looks at the memory of all processes of a host's connectors, as long as
// there are any. A process counts together with its children, in its process group or
// not: what is forked to do the work is the connector's too. Pages that processes share
// count in each.
type memoryWatch struct {
	mu      sync.Mutex
	watched map[*child]bool
	stop    chan struct{}
}

// add begins to watch a process, with a first look.
func (w *memoryWatch) add(c *child) {
	c.look(readProcesses(c.family()))
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watched == nil {
		w.watched = make(map[*child]bool)
	}
	w.watched[c] = true
	if w.stop == nil {
		w.stop = make(chan struct{})
		go w.run(w.stop)
	}
}

func (w *memoryWatch) remove(c *child) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.watched, c)
	if len(w.watched) == 0 && w.stop != nil {
		close(w.stop)
		w.stop = nil
	}
}

func (w *memoryWatch) run(stop <-chan struct{}) {
	tick := time.NewTicker(memoryTick)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		w.mu.Lock()
		watched := maps.Clone(w.watched)
		w.mu.Unlock()
		var table []processEntry
		if n%ticksToSearch == 0 {
			table = processTable()
		} else {
			for c := range watched {
				table = append(table, readProcesses(c.family())...)
			}
		}
		for c := range watched {
			c.look(table)
		}
	}
}

// memory is what is known of the memory of a process and its children.
type memory struct {
	limit     int64
	now, peak int64
	// family are the ids of the process and its children when they were last seen.
	family []int
	// strays are children that have left the process group.
	strays []identity
}

// look notes what a process and its children use, and ends them if it is too much.
func (c *child) look(table []processEntry) {
	c.mu.Lock()
	if c.pid == 0 {
		c.mu.Unlock()
		return
	}
	c.memory.note(c.pid, table)
	over := c.memory.limit > 0 && c.memory.now > c.memory.limit
	if over {
		c.verdict = fmt.Sprintf("used more memory than its limit of %d MiB", c.memory.limit>>20)
	}
	c.mu.Unlock()
	if over {
		c.killGroup()
	}
}

func (m *memory) note(pid int, table []processEntry) {
	known := make(map[identity]bool, len(m.strays))
	for _, id := range m.strays {
		known[id] = true
	}
	children := make(map[int][]processEntry)
	var family []processEntry
	for _, entry := range table {
		children[entry.parent] = append(children[entry.parent], entry)
		if entry.group == pid || known[entry.identity] {
			family = append(family, entry)
		}
	}
	m.now, m.strays, m.family = 0, nil, nil
	seen := make(map[int]bool, len(family))
	for len(family) > 0 {
		entry := family[len(family)-1]
		family = family[:len(family)-1]
		if seen[entry.pid] {
			continue
		}
		seen[entry.pid] = true
		m.now += entry.resident
		m.family = append(m.family, entry.pid)
		if entry.group != pid {
			m.strays = append(m.strays, entry.identity)
		}
		family = append(family, children[entry.pid]...)
	}
	m.peak = max(m.peak, m.now, highWater(pid))
}

// family lists the process and the children that have been seen.
func (c *child) family() []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.memory.family) == 0 {
		return []int{c.pid}
	}
	return c.memory.family
}

// usage gives the memory that a process and its children have, and the most they had.
func (c *child) usage() (now, peak int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.memory.now, c.memory.peak
}
