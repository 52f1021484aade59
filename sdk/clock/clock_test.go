package clock_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/sdk/clock"
)

func Example() {
	c := clock.At(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))
	now := c.Now // what the connector takes
	c.Advance(90 * time.Minute)
	fmt.Println(now().Format(time.TimeOnly))
	// Output: 13:30:00
}

func TestAClockMovesOnlyWhenItIsTold(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	c := clock.At(start)
	require.Equal(t, start, c.Now())
	c.Set(start.AddDate(1, 0, 0))
	require.Equal(t, start.AddDate(1, 0, 0), c.Now())
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() { c.Advance(-time.Second) })
	}
	all.Wait()
	require.Equal(t, start.AddDate(1, 0, 0).Add(-10*time.Second), c.Now())
}
