package pluginhost

import (
	"slices"
	"time"
)

// latencyBounds are where the buckets of Latency end. The last bucket has no end.
var latencyBounds = [...]time.Duration{
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2500 * time.Millisecond, 5 * time.Second,
	10 * time.Second, 25 * time.Second, 50 * time.Second, 100 * time.Second,
}

// LatencyBounds gives where the buckets of Latency end, the last excepted.
func LatencyBounds() []time.Duration { return slices.Clone(latencyBounds[:]) }

// Latency is how long calls took. Its buckets are fixed, so that it can be added,
// subtracted and exported as a histogram, and never grows.
type Latency struct {
	// Counts has the number of calls in each bucket: those that took longer than the
	// bound before, and at most LatencyBounds()[i]. The last one holds the rest.
	Counts [len(latencyBounds) + 1]int64
	// Sum is how long all took together.
	Sum time.Duration
	// Max is the longest.
	Max time.Duration
}

func (l *Latency) add(took time.Duration) {
	bucket, _ := slices.BinarySearch(latencyBounds[:], took)
	l.Counts[bucket]++
	l.Sum += took
	l.Max = max(l.Max, took)
}

// Count is how many calls there were.
func (l Latency) Count() int64 {
	var n int64
	for _, count := range l.Counts {
		n += count
	}
	return n
}

// Quantile gives how long the faster part of the calls took at most, where 0.5 is the
// median. It is exact to a bucket: within one, calls are taken to be spread evenly. It is
// 0 without calls.
func (l Latency) Quantile(part float64) time.Duration {
	rank := part * float64(l.Count())
	var below time.Duration
	for i, count := range l.Counts {
		above := l.Max
		if i < len(latencyBounds) {
			above = min(latencyBounds[i], l.Max)
		}
		if count > 0 && rank <= float64(count) {
			return below + time.Duration(max(rank, 0)/float64(count)*float64(above-below))
		}
		rank -= float64(count)
		below = above
	}
	return l.Max
}

// since takes off what was there before. The longest of what remains is known only as
// well as its bucket.
func (l Latency) since(earlier Latency) Latency {
	l.Sum -= earlier.Sum
	last := -1
	for i := range l.Counts {
		l.Counts[i] -= earlier.Counts[i]
		if l.Counts[i] > 0 {
			last = i
		}
	}
	switch {
	case last < 0:
		l.Max = 0
	case last < len(latencyBounds) && l.Max == earlier.Max:
		l.Max = min(l.Max, latencyBounds[last])
	}
	return l
}
