package dev

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Change is what differs between what two trials have read.
type Change struct {
	Added, Removed []string
	// Changed says what and how: "payout P1, line 7: gross 100.00 → 99.00".
	Changed []string
}

// carry takes over from the trial before what this one could not read, so that a
// row is told to be gone only where its list was read to its end.
func (r *Result) carry(before *Result) {
	for name, known := range before.facts {
		if _, read := r.facts[name]; !read && slices.ContainsFunc(r.unread, func(list string) bool { return strings.HasPrefix(name, list) }) {
			r.facts[name] = known
		}
	}
}

// Since compares a result with that of the trial before.
func (r *Result) Since(before *Result) Change {
	var c Change
	for _, name := range slices.Sorted(maps.Keys(r.facts)) {
		old, known := before.facts[name]
		if !known {
			c.Added = append(c.Added, name)
			continue
		}
		c.Changed = append(c.Changed, differences(name, old, r.facts[name])...)
	}
	for _, name := range slices.Sorted(maps.Keys(before.facts)) {
		if _, kept := r.facts[name]; !kept {
			c.Removed = append(c.Removed, name)
		}
	}
	return c
}

func differences(name string, before, after fact) []string {
	fields := maps.Clone(before)
	maps.Copy(fields, after)
	var found []string
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		if before[field] != after[field] {
			found = append(found, fmt.Sprintf("%s: %s %s → %s", name, field, orNothing(before[field]), orNothing(after[field])))
		}
	}
	return found
}

func orNothing(value string) string {
	if value == "" {
		return "(nothing)"
	}
	return value
}

// Empty reports whether nothing differs.
func (c Change) Empty() bool { return len(c.Added)+len(c.Removed)+len(c.Changed) == 0 }
