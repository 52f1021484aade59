package matching

import "github.com/kvitt/kvitt/core/fault"

// CodeCoverageDropped: far fewer lines of a payout than usual found a document by the
// keys. It stops nothing.
const CodeCoverageDropped fault.Code = "match.coverage_dropped"

// Share is how many of the lines of a payout that need a document found one by the
// keys, whatever came of it.
type Share struct{ Found, Lines int64 }

// What it takes to speak of a drop: shares of fewer payouts or lines say nothing.
const (
	enoughPayouts = 3
	enoughLines   = 5
	// ShownShares is how many payouts before make the average.
	ShownShares = 10
)

// Dropped compares the share of a payout with the average of payouts before, which
// weighs every line alike. It gives both in whole percent and whether the share lies
// more than so many percentage points below the average; 0 points, fewer than three
// payouts with such lines before and fewer than five lines in this one never do.
func Dropped(now Share, before []Share, points int) (share, average int64, dropped bool) {
	var all Share
	payouts := 0
	for _, s := range before {
		if s.Lines > 0 {
			payouts++
			all.Found, all.Lines = all.Found+s.Found, all.Lines+s.Lines
		}
	}
	if points <= 0 || payouts < enoughPayouts || now.Lines < enoughLines {
		return 0, 0, false
	}
	// now.Found/now.Lines < all.Found/all.Lines − points/100, without a fraction.
	short := 100*(all.Found*now.Lines-now.Found*all.Lines) - int64(points)*all.Lines*now.Lines
	return 100 * now.Found / now.Lines, 100 * all.Found / all.Lines, short > 0
}
