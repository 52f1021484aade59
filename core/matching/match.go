package matching

import "github.com/kvitt/kvitt/core/payout"

// Match decides for every line that needs a document which one it settles. The
// decisions come in the order in which the lines were considered: by moment, then
// by key. Other lines get no decision.
func Match(lines []payout.Line, candidates []Candidate, rules Rules) []Decision {
	return nil
}
