package pluginhost

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestConnectorsThatFellTogetherDoNotRiseTogether(t *testing.T) {
	t.Parallel()
	policy := Restart{First: time.Second, Most: time.Minute}
	for failures, wait := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 6: 32 * time.Second, 7: time.Minute, 1000: time.Minute} {
		seen := map[time.Duration]bool{}
		for range 100 {
			got := backoff(policy, failures)
			require.LessOrEqual(t, got, wait)
			require.GreaterOrEqual(t, got, wait*3/4)
			seen[got] = true
		}
		require.Greater(t, len(seen), 50)
	}
}
