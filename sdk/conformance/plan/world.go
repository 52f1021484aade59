package plan

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"time"

	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
)

// World is what a simulator plays.
type World struct {
	// File is the whole world file, the plan's changes merged in; Section is the
	// simulator's part of it.
	File    []byte
	Section []byte
	// Now is where the simulated clock starts.
	Now time.Time
	// Small is the same world for the cases about pages, nil if the plan does not
	// make them small.
	Small *World
}

// World reads the world of the plan and completes the plan by it. Section is the
// connector's id, for plans that do not name one.
func (p *Plan) World(section string) (World, error) {
	if p.Simulator.Section == "" {
		p.Simulator.Section = section
	}
	content, err := os.ReadFile(p.Simulator.World)
	if err != nil {
		return World{}, fault.New(CodeUnreadable, fault.Validation, "the world cannot be read").WithField("simulator.world").
			WithRemedy("name the world file by its path relative to the plan").Wrap(err)
	}
	var file map[string]json.RawMessage
	if err := json.Unmarshal(content, &file); err != nil {
		return World{}, fault.New(CodeUnreadable, fault.Validation, "the world is not a JSON object").WithField("simulator.world").Wrap(err)
	}
	own, ok := file[p.Simulator.Section]
	if !ok {
		return World{}, invalid("simulator.section", "the world has no section \""+p.Simulator.Section+"\"")
	}
	if own, err = merge(own, p.Simulator.Set); err != nil {
		return World{}, invalid("simulator.set", "it cannot be merged into the world").Wrap(err)
	}
	now, err := p.start(file["now"])
	if err != nil {
		return World{}, err
	}
	p.complete(now)
	world, err := p.play(file, own, now)
	if err != nil || len(p.Simulator.Small) == 0 {
		return world, err
	}
	if own, err = merge(own, p.Simulator.Small); err != nil {
		return World{}, invalid("simulator.small", "it cannot be merged into the world").Wrap(err)
	}
	small, err := p.play(file, own, now)
	world.Small = &small
	return world, err
}

// play gives the world in which the simulator's own section is another one.
func (p *Plan) play(file map[string]json.RawMessage, own []byte, now time.Time) (World, error) {
	file = maps.Clone(file)
	file[p.Simulator.Section] = own
	whole, err := json.Marshal(file)
	return World{File: whole, Section: own, Now: now}, err
}

func (p *Plan) start(now json.RawMessage) (time.Time, error) {
	var at time.Time
	switch {
	case len(now) > 0:
		if err := json.Unmarshal(now, &at); err != nil {
			return at, invalid("simulator.world", "the world's now is no moment").Wrap(err)
		}
		return at, nil
	case !p.Today.IsZero():
		const morning = 8 * time.Hour
		return time.Date(p.Today.Year, p.Today.Month, p.Today.Day, 0, 0, 0, 0, time.UTC).Add(morning), nil
	}
	return at, invalid("today", "this is required if the world has no now")
}

func (p *Plan) complete(now time.Time) {
	const year = 365
	if p.Today.IsZero() {
		p.Today = civil.Of(now.UTC())
	}
	if p.Since.IsZero() {
		p.Since = p.Today.AddDays(-year)
	}
	if p.Writing != nil && p.Writing.Date.IsZero() {
		p.Writing.Date = p.Today
	}
}

// merge changes a JSON document as RFC 7386 says.
func merge(document, patch []byte) ([]byte, error) {
	if len(patch) == 0 {
		return document, nil
	}
	decode := func(text []byte) (value any, err error) {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber() // amounts of a world keep their digits
		return value, decoder.Decode(&value)
	}
	target, err := decode(document)
	if err != nil {
		return nil, err
	}
	change, err := decode(patch)
	if err != nil {
		return nil, err
	}
	return json.Marshal(mergeValue(target, change))
}

func mergeValue(target, change any) any {
	changes, ok := change.(map[string]any)
	if !ok {
		return change
	}
	merged, ok := target.(map[string]any)
	if !ok {
		merged = map[string]any{}
	}
	for name, value := range changes {
		if value == nil {
			delete(merged, name)
			continue
		}
		merged[name] = mergeValue(merged[name], value)
	}
	return merged
}
