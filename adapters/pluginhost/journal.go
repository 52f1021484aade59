package pluginhost

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// LogLine is something that a connector has logged, or that the hub has logged of it.
type LogLine struct {
	At time.Time
	// Event tells a line of the hub's, such as that the connector is down, from one of
	// the connector's.
	Event bool
	// Level is trace, debug, info, warn or error.
	Level   string
	Message string
	Fields  map[string]string
}

// What a connector says and what is said of it are kept apart: none can write so much
// that its crash is no longer to be seen.
const (
	keptLines      = 1000
	keptBytes      = 256 << 10
	keptEvents     = 200
	keptEventBytes = 64 << 10
	// lineCost is what a line takes beside its texts.
	lineCost = 64
)

// journal keeps the end of one version's log.
type journal struct {
	mu     sync.Mutex
	said   shelf
	events shelf
}

// shelf holds lines, the oldest first, and their size.
type shelf struct {
	lines []LogLine
	bytes int
}

func (s *shelf) put(line LogLine, most, mostBytes int) {
	s.lines = append(s.lines, line)
	s.bytes += line.size()
	for len(s.lines) > most || s.bytes > mostBytes {
		s.bytes -= s.lines[0].size()
		s.lines[0] = LogLine{} // the array lives on
		s.lines = s.lines[1:]
	}
}

func (l LogLine) size() int {
	n := lineCost + len(l.Message)
	for key, value := range l.Fields {
		n += lineCost + len(key) + len(value)
	}
	return n
}

func (j *journal) keep(line LogLine) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if line.Event {
		j.events.put(line, keptEvents, keptEventBytes)
		return
	}
	j.said.put(line, keptLines, keptBytes)
}

// lines gives what is kept, the oldest first.
func (j *journal) lines() []LogLine {
	j.mu.Lock()
	defer j.mu.Unlock()
	all := slices.Concat(j.said.lines, j.events.lines)
	slices.SortStableFunc(all, func(a, b LogLine) int { return a.At.Compare(b.At) })
	return all
}

// voice logs for a connector, in the hub's log and in the connector's own.
type voice struct {
	log     hclog.Logger
	journal *journal
	event   bool
}

// Log writes a line. Texts and fields are safe to show already.
func (v voice) Log(level hclog.Level, message string, pairs ...any) {
	v.log.Log(level, message, pairs...)
	line := LogLine{At: time.Now(), Event: v.event, Level: level.String(), Message: message}
	for i := 0; i+1 < len(pairs); i += 2 {
		if line.Fields == nil {
			line.Fields = make(map[string]string, len(pairs)/2)
		}
		line.Fields[fmt.Sprint(pairs[i])] = fmt.Sprint(pairs[i+1])
	}
	v.journal.keep(line)
}

// tell logs what the supervisor does.
func (s *supervisor) tell(level hclog.Level, message string, pairs ...any) {
	voice{log: s.log, journal: &s.journal, event: true}.Log(level, message, pairs...)
}

func (s *supervisor) lines() []LogLine { return s.journal.lines() }
