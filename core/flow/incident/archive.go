package incident

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	_ "embed" // for the file that explains the others
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/kvitt/kvitt/core/flow/sight"
	"github.com/kvitt/kvitt/ports"
)

//go:embed readme.txt
var readme string

// archive is one that is being written.
type archive struct {
	*matter

	zip *zip.Writer
	at  time.Time
}

func (s *Service) write(ctx context.Context, m *matter, versions []sight.Version, w io.Writer) error {
	a := &archive{matter: m, zip: zip.NewWriter(w), at: s.hub.Now().UTC()}
	backlog, err := s.sight.Backlog(ctx)
	if err != nil {
		return err
	}
	swaps, err := s.swaps(ctx, m)
	if err != nil {
		return err
	}
	explained := fmt.Sprintf(readme, a.id, a.at.Format(time.RFC3339), s.hub.Version)
	if err := a.file("README.txt", []byte(explained)); err != nil {
		return err
	}
	for _, part := range []struct {
		name  string
		value any
	}{
		{"subject.json", m.Subject},
		{"hub.json", hubFile{s.hub.Version, s.hub.Runtime, s.sight.Node(), a.at, backlog, s.hub.Config}},
		{"versions.json", each(versions, versionFact)},
		{"swaps.json", swaps},
		{"connections.json", each(m.connections, func(c ports.ConnectionRecord) connectionFile { return connectionFact(c, s.sight.Lane(c)) })},
		{"flows.json", each(m.flows, flowFact)},
		{"runs.json", each(m.runs, runFact)},
		{"payout.json", payoutFact(m.payout)},
		{"steps.json", each(m.steps, stepFact)},
		{"exceptions.json", each(m.exceptions, exceptionFact)},
		{"callbacks.json", each(m.callbacks, callbackFact)},
		{"audit.json", each(m.audit, auditFact)},
	} {
		if err := a.json(part.name, part.value); err != nil {
			return err
		}
	}
	for _, v := range versions {
		if err := a.logs(s.sight, v); err != nil {
			return err
		}
	}
	return a.zip.Close()
}

func each[T, F any](list []T, fact func(T) F) []F {
	facts := make([]F, 0, len(list))
	for _, item := range list {
		facts = append(facts, fact(item))
	}
	return facts
}

// swaps are the last ones of each connector concerned.
func (s *Service) swaps(ctx context.Context, m *matter) ([]ports.Swap, error) {
	list := []ports.Swap{}
	for _, connector := range m.connectors {
		last, err := s.sight.Swaps(ctx, connector, mostSwaps)
		if err != nil {
			return nil, err
		}
		for _, swap := range last {
			swap.By = who(swap.By)
			list = append(list, swap)
		}
	}
	slices.SortStableFunc(list, func(a, b ports.Swap) int { return b.StartedAt.Compare(a.StartedAt) })
	return list, nil
}

// logs writes what a version said, and how its last calls failed.
func (a *archive) logs(from Sight, v sight.Version) error {
	name := v.Connector + "-" + plain(v.Version)
	lines, err := from.Log(v)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	for _, l := range lines {
		line, err := a.encoded(logLine{l.At, l.Level, l.Message, l.Fields}, "")
		if err != nil {
			return err
		}
		text.Write(line)
	}
	if err := a.file("logs/"+name+".jsonl", text.Bytes()); err != nil {
		return err
	}
	failed, err := from.Failures(v)
	if err != nil {
		return err
	}
	return a.json("errors/"+name+".json", each(failed, failureFact))
}

// plain keeps a name within its folder.
func plain(name string) string {
	safe := []rune(cmp.Or(name, "none"))
	for i, r := range safe {
		if r == '/' || r == '\\' || r == ':' || r < ' ' {
			safe[i] = '_'
		}
	}
	return string(safe)
}

func (a *archive) json(name string, value any) error {
	text, err := a.encoded(value, "  ")
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return a.file(name, text)
}

// encoded is the only way into the archive of what the hub knows: through the scrubber.
func (a *archive) encoded(value any, indent string) ([]byte, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber() // an id is not rounded
	var tree any
	if err := decoder.Decode(&tree); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetIndent("", indent)
	encoder.SetEscapeHTML(false)
	err = encoder.Encode(a.scrub(tree))
	return out.Bytes(), err
}

func (a *archive) file(name string, content []byte) error {
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.at})
	if err != nil {
		return err
	}
	_, err = w.Write(content)
	return err
}
