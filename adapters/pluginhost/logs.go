package pluginhost

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/time/rate"

	"github.com/kvitt/kvitt/sdk"
)

const (
	longestLine  = 16 << 10
	longestValue = 4 << 10
	mostFields   = 32
	linesASecond = 200
	linesAtOnce  = 500
	// Taking secrets out of what is logged costs most, and by its length.
	bytesASecond = 64 << 10
	bytesAtOnce  = 512 << 10
)

// logPump turns what a process writes to its standard error into entries of the
// hub's log. The process is not trusted: lines may be of any length and number,
// hold anything, and none of it may stop the hub or reach the log as a secret.
type logPump struct {
	log     voice
	secrets *secrets
	lines   *rate.Limiter
	bytes   *rate.Limiter

	mu      sync.Mutex
	dropped int
	panics  bool
	first   string
}

func newLogPump(log voice, secrets *secrets) *logPump {
	return &logPump{
		log: log, secrets: secrets,
		lines: rate.NewLimiter(linesASecond, linesAtOnce), bytes: rate.NewLimiter(bytesASecond, bytesAtOnce),
	}
}

// read takes lines until the process and its children have closed their end.
func (p *logPump) read(from io.ReadCloser) {
	defer func() { _ = from.Close() }()
	lines := bufio.NewReaderSize(from, longestLine)
	for {
		line, tooLong, err := lines.ReadLine()
		if err != nil {
			p.reportDropped()
			return
		}
		p.line(line, tooLong)
		for tooLong && err == nil {
			_, tooLong, err = lines.ReadLine()
		}
	}
}

// line makes one entry of one line. A fault in here costs that line, not the hub.
func (p *logPump) line(line []byte, cut bool) {
	defer func() {
		if recover() != nil {
			p.log.Log(hclog.Warn, "a log line of the connector could not be read")
		}
	}()
	p.keepFirst(line)
	if !p.lines.Allow() || !p.bytes.AllowN(time.Now(), len(line)) {
		p.mu.Lock()
		p.dropped++
		p.mu.Unlock()
		return
	}
	p.reportDropped()
	if fields, ok := parseFields(line); ok && !cut {
		p.entry(fields)
		return
	}
	p.plain(line)
}

func (p *logPump) reportDropped() {
	p.mu.Lock()
	n := p.dropped
	p.dropped = 0
	p.mu.Unlock()
	if n > 0 {
		p.log.Log(hclog.Warn, "the connector logs too much", "lines_dropped", n)
	}
}

func parseFields(line []byte) (map[string]any, bool) {
	if len(line) == 0 || line[0] != '{' {
		return nil, false
	}
	var fields map[string]any
	return fields, json.Unmarshal(line, &fields) == nil
}

// entry writes a line of hclog or slog at its own level. The connector's clock
// and logger name are dropped, the hub has its own.
func (p *logPump) entry(fields map[string]any) {
	message := take(fields, "@message", "msg", "message")
	level := levelOf(take(fields, "@level", "level", "severity"))
	take(fields, "@timestamp", "time", "timestamp")
	take(fields, "@module", "@caller", "logger")
	var pairs []any
	for i, key := range slices.Sorted(maps.Keys(fields)) {
		if i == mostFields {
			pairs = append(pairs, "fields_dropped", len(fields)-mostFields)
			break
		}
		pairs = append(pairs, printable([]byte(p.secrets.hide(key)), 64), p.value(key, fields[key]))
	}
	p.log.Log(level, p.clean([]byte(message), longestValue), pairs...)
}

// take removes and gives the first of the fields that is there; foreign loggers
// name them differently. A value that is not text is shown as what it is.
func take(fields map[string]any, names ...string) string {
	found := ""
	for _, name := range names {
		value, ok := fields[name]
		if !ok {
			continue
		}
		delete(fields, name)
		if found == "" {
			found = fmt.Sprint(value)
		}
	}
	return found
}

func (p *logPump) value(key string, value any) string {
	if secretName(key) {
		return redacted
	}
	if text, ok := value.(string); ok {
		if key == "stack" || key == "stacktrace" {
			text = strings.ReplaceAll(text, "\n", " | ")
		}
		return p.clean([]byte(text), longestValue)
	}
	text, err := json.Marshal(withoutSecrets(value))
	if err != nil {
		return "?"
	}
	return p.clean(text, longestValue)
}

func (p *logPump) clean(text []byte, most int) string {
	return printable([]byte(p.secrets.hide(string(text))), most)
}

func levelOf(name string) hclog.Level {
	name, _, _ = strings.Cut(strings.ToLower(name), "+") // slog writes INFO+2
	switch name {
	case "trace":
		return hclog.Trace
	case "debug":
		return hclog.Debug
	case "warn", "warning":
		return hclog.Warn
	case "error", "fatal", "panic", "critical", "dpanic":
		return hclog.Error
	}
	return hclog.Info
}

// plain writes a line that is no JSON. The trace of a crash, which begins with
// "panic:" or "fatal error:", is an error to its end.
func (p *logPump) plain(line []byte) {
	text := p.clean(line, longestValue)
	if text == "" {
		return
	}
	p.mu.Lock()
	if strings.HasPrefix(text, "panic:") || strings.HasPrefix(text, "fatal error:") {
		p.panics = true
	}
	crashed := p.panics
	p.mu.Unlock()
	if crashed {
		p.log.Log(hclog.Error, text)
		return
	}
	p.log.Log(hclog.Info, text, "stray", true)
}

// keepFirst keeps the first line that is no entry, to explain a failed start.
func (p *logPump) keepFirst(line []byte) {
	if len(line) == 0 || line[0] == '{' {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.first == "" {
		p.first = p.clean(line, 300)
	}
}

func (p *logPump) firstLine() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.first
}

// strayWriter takes what a connector prints after it has begun to serve.
func (p *logPump) strayWriter() io.Writer {
	return &strayWriter{entry: func(line []byte) { p.line(line, false) }}
}

// strayOutput takes what it prints to standard output, and says so as the SDK does of
// what is printed before.
func (p *logPump) strayOutput() io.Writer {
	return &strayWriter{entry: func(line []byte) {
		entry, err := json.Marshal(map[string]string{"@level": "warn", "@message": sdk.StrayPrint, "text": string(line)})
		if err == nil && len(line) > 0 {
			p.line(entry, false)
		}
	}}
}

// strayWriter cuts text into lines. It never fails: go-plugin would log that.
type strayWriter struct {
	entry func(line []byte)
	mu    sync.Mutex
	rest  []byte
}

func (w *strayWriter) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range text {
		if b == '\n' || len(w.rest) == longestLine {
			w.entry(w.rest)
			w.rest = w.rest[:0]
		}
		if b != '\n' {
			w.rest = append(w.rest, b)
		}
	}
	return len(text), nil
}
