package matching_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/matching"
)

func TestADropIsWellBelowTheAverageOfThePayoutsBefore(t *testing.T) {
	t.Parallel()
	usual := []matching.Share{{Found: 19, Lines: 20}, {Found: 10, Lines: 10}, {}, {Found: 9, Lines: 10}} // 38 of 40: 95 %
	for name, c := range map[string]struct {
		now     matching.Share
		before  []matching.Share
		points  int
		dropped bool
	}{
		"76 % is 19 points below":           {matching.Share{Found: 76, Lines: 100}, usual, 20, false},
		"75 % is 20 points below, not more": {matching.Share{Found: 75, Lines: 100}, usual, 20, false},
		"74 % is 21 points below":           {matching.Share{Found: 74, Lines: 100}, usual, 20, true},
		"nothing found":                     {matching.Share{Lines: 5}, usual, 20, true},
		"too few lines":                     {matching.Share{Lines: 4}, usual, 20, false},
		"too few payouts, one had no line":  {matching.Share{Lines: 9}, usual[:3], 20, false},
		"switched off":                      {matching.Share{Lines: 9}, usual, 0, false},
		"never more than all points":        {matching.Share{Lines: 9}, usual, 100, false},
		"better than usual":                 {matching.Share{Found: 9, Lines: 9}, usual, 1, false},
		"it was never good":                 {matching.Share{Lines: 9}, []matching.Share{{0, 9}, {0, 9}, {0, 9}}, 20, false},
	} {
		share, average, dropped := matching.Dropped(c.now, c.before, c.points)
		require.Equal(t, c.dropped, dropped, name)
		if dropped {
			require.Equal(t, int64(95), average, name)
			require.Equal(t, 100*c.now.Found/c.now.Lines, share, name)
		}
	}
}
