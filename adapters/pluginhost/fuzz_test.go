package pluginhost

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/kvitt/kvitt/ports"
)

// FuzzLogLine writes any line to the hub's log: each entry stays one line of
// JSON of bounded length, and a known secret never gets there.
func FuzzLogLine(f *testing.F) {
	for _, seed := range []string{
		`{"@level":"info","@message":"hello","@timestamp":"2026-04-01T10:00:00.000000Z","n":1}`,
		`{"@message":5}`, `{"level":{},"msg":[1]}`, `{"a":{"password":"x"}}`, "panic: lost", "\xff\x00", `{"k0ffee-s3cret":1}`,
		`Authorization: Bearer k0ffee-s3cret`, `{"stack":"a\nb\nk0ffee-s3cret"}`,
	} {
		f.Add([]byte(seed))
	}
	const secret = "k0ffee-s3cret"
	f.Fuzz(func(t *testing.T, line []byte) {
		var out bytes.Buffer
		log := hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: &out, JSONFormat: true})
		known := &secrets{}
		known.add(secret)
		newLogPump(log, known).line(line, false)
		for entry := range strings.Lines(out.String()) {
			if !json.Valid([]byte(entry)) {
				t.Fatalf("the log is broken by %q: %q", line, entry)
			}
		}
		if strings.Contains(out.String(), secret) {
			t.Fatalf("the log holds the secret of %q: %q", line, out.String())
		}
	})
}

// FuzzDescription reads whatever a connector may say of itself.
func FuzzDescription(f *testing.F) {
	f.Add([]byte(`{"id":"klarna","name":"Klarna","version":"1.0.0","protocol":1,"settings":{},"credentials":{},"hosts":["https://x"]}`))
	f.Add([]byte(`{"quota":{"calls":-1}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var d ports.Description
		if json.Unmarshal(text, &d) != nil || checkDescription(d) != nil {
			return
		}
		if d.ID == "" || d.Protocol != ports.ProtocolVersion || !json.Valid(d.Settings) {
			t.Fatalf("%q was let in", text)
		}
	})
}
