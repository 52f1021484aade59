// Package world is the make-believe of the demo's first merchant: a plant shop
// that sells through Klarna and keeps its books in Fortnox, in the spring of 2026.
//
// It is a pure generator: the same seed gives the same bytes. Each simulator loads
// its own section of the one file, so that both sides of the demo tell the same
// story without sharing any code. The package uses nothing of kvitt, because the
// rules of kvitt are what the world is there to try; README.md tells the story.
package world

import (
	_ "embed" // the world is shipped inside the command
	"encoding/json"
	"fmt"
	"time"

	"github.com/kvitt/kvitt/server/demo/draw"
)

//go:generate go run ./generate

//go:embed world.json
var file string

// JSON is the world as the simulators read it from a file.
func JSON() []byte { return []byte(file) }

// Seed is what every drawn detail of the world is derived from.
const Seed = 20260330

// World is one merchant, seen by its payment provider and by its accounting system.
type World struct {
	Seed int `json:"seed"`
	// Now is the moment at which the demo's business clock starts.
	Now     time.Time `json:"now"`
	Klarna  Klarna    `json:"klarna"`
	Fortnox Fortnox   `json:"fortnox"`
}

// Generate makes the world of a seed. Another seed changes customers, baskets, ids
// and sums, and keeps the story.
func Generate(seed int) World {
	d := draw.Seed(seed)
	story := tell(d)
	books := keepBooks(d, story)
	return World{
		Seed:    seed,
		Now:     time.Date(2026, time.April, 20, 8, 0, 0, 0, time.UTC),
		Klarna:  payOut(d, story, books),
		Fortnox: company(books),
	}
}

// Read gives the world of the embedded file.
func Read() (World, error) {
	var w World
	if err := json.Unmarshal(JSON(), &w); err != nil {
		return World{}, fmt.Errorf("reading the demo's world: %w", err)
	}
	return w, nil
}
