package pluginhost

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/kvitt/kvitt/core/fault"
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
		newLogPump(voice{log: log, journal: &journal{}}, known).line(line, false)
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
		d, err := parseDescription(text, "")
		if err != nil {
			if fault.CodeOf(err) != CodeDescription {
				t.Fatalf("%q is refused without a sentence: %v", text, err)
			}
			return
		}
		if d.ID == "" || d.Protocol != ports.ProtocolVersion || !json.Valid(d.Settings) {
			t.Fatalf("%q was let in", text)
		}
	})
}

// FuzzHandshake reads whatever a process prints first.
func FuzzHandshake(f *testing.F) {
	for _, seed := range []string{"1|1|unix|/tmp/p|grpc|MIIC", "1|1|tcp|127.0.0.1:1234|grpc|", "2|1|unix|/p", "1|1|unix|/p|netrpc|x|true\n", "hello\n", "|||||", ""} {
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, text []byte, plainText bool) {
		s, ok := parseHandshake(text)
		if !ok {
			return
		}
		if wrong := s.disagreement(plainText); wrong == nil && (s.kind != "grpc" || s.core != 1 || (s.certificate == "" && !plainText)) {
			t.Fatalf("%q agrees with the hub", text)
		} else if wrong != nil && (wrong.Code != CodeStart || wrong.Remedy == "") {
			t.Fatalf("%q is refused without a sentence: %v", text, wrong)
		}
	})
}

// FuzzFormat looks at whatever may lie in the folder of connectors.
func FuzzFormat(f *testing.F) {
	for _, seed := range []string{"#!/bin/sh\n", "#!/usr/bin/env -S x=1 python3", "\x7fELF\x02\x01\x01", "MZ", "PK\x03\x04", "\xcf\xfa\xed\xfe", "text", "\x00", ""} {
		f.Add([]byte(seed))
	}
	path := filepath.Join(f.TempDir(), "connector")
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o700); err != nil { //nolint:gosec // a connector is executable
			t.Fatal(err)
		}
		err := inspect(path)
		if err != nil && (fault.CodeOf(err) != CodeNotInstallable || fault.Of(err).Remedy == "") {
			t.Fatalf("%q is refused without a sentence: %v", content, err)
		}
	})
}
