package main

import (
	"time"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/server/bench/trade"
)

// measureMatching matches lines with their documents in memory, in batches of the
// flow's size, and gives how long the matching alone took.
func measureMatching(lines int) time.Duration {
	rules, size := booking.Default().MatchingRules(trade.Currency), settlement.DefaultOptions().Batch
	var took time.Duration
	for from := 0; from < lines; from += size {
		var batch []payout.Line
		var candidates []matching.Candidate
		for i := from; i < min(from+size, lines); i++ {
			row := trade.At(i)
			batch = append(batch, row.Line(payout.Raw{}))
			candidates = append(candidates, matching.Candidate{
				Document: row.Document(), Claimed: money.Zero(trade.Currency), PaidByKvitt: money.Zero(trade.Currency),
			})
		}
		began := time.Now()
		matching.Match(batch, candidates, rules)
		took += time.Since(began)
	}
	return took
}
