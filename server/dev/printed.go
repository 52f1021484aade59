package dev

import (
	"fmt"
	"io"
	"sync"

	"github.com/hashicorp/go-hclog"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk"
)

// CodePrinted: the connector printed where only the handshake belongs.
const CodePrinted fault.Code = "dev.printed"

// printed gathers what a connector prints to standard output, and passes everything
// that is logged on.
type printed struct {
	log hclog.Logger

	mu    sync.Mutex
	texts []string
}

// listen gives a logger that hears what is printed, at whatever level the log is shown.
func listen(log hclog.Logger) (hclog.Logger, *printed) {
	level := log.GetLevel()
	if level == hclog.NoLevel || level > hclog.Warn {
		level = hclog.Warn
	}
	heard := hclog.NewInterceptLogger(&hclog.LoggerOptions{Level: level, Output: io.Discard})
	p := &printed{log: log}
	heard.RegisterSink(p)
	return heard, p
}

// Accept takes an entry of the log.
func (p *printed) Accept(name string, level hclog.Level, message string, args ...any) {
	p.log.ResetNamed(name).Log(level, message, args...)
	if message != sdk.StrayPrint {
		return
	}
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == "text" {
			p.mu.Lock()
			p.texts = append(p.texts, fmt.Sprint(args[i+1]))
			p.mu.Unlock()
		}
	}
}

// take gives what was printed since it was asked last.
func (p *printed) take() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	texts := p.texts
	p.texts = nil
	return texts
}

// prints notes what was printed, each text once.
func (t *trial) prints(texts []string) {
	seen := map[string]bool{}
	for _, text := range texts {
		if seen[text] {
			continue
		}
		seen[text] = true
		t.result.wrong("standard output", "", fault.New(CodePrinted, fault.Validation, "the connector printed "+t.show([]byte(text))).
			WithRemedy("log with sdk.Logger, or print to standard error; standard output belongs to the handshake with the hub"))
	}
}
