package onboardingtest

import (
	"maps"
	"slices"
)

func sorted(offered map[string]bool) []string { return slices.Sorted(maps.Keys(offered)) }
