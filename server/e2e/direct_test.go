package e2e_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
)

// Of the direct shape a share of the points is tried: its steps are made as those
// of the clearing shape are.
func TestInTheDirectShapeAPayoutIsBookedExactlyOnceToo(t *testing.T) {
	t.Parallel()
	r := rehearse(t, booking.Direct)
	r.isDirect(t)
	t.Run("the hub is killed at a commit", func(t *testing.T) { try(t, share(r.everyCommit())) })
	t.Run("a request fails", func(t *testing.T) { try(t, share(r.everyMisfortune())) })
}

func share(points []point) []point {
	var some []point
	for i := 0; i < len(points); i += sample {
		some = append(some, points[i])
	}
	return some
}

// isDirect reads in the accounting system's SIE file that each payment brings its
// net to the bank account and writes its fees off, and that the vouchers have the
// rest: 40.00 held back; the sale of 100.00 that has no invoice with its fee, the
// carried debt of 53.75, and 150.00 that the refund took from the bank account.
func (r rehearsal) isDirect(t *testing.T) {
	t.Helper()
	var rows []string
	for _, v := range r.Vouchers {
		if _, after, _ := strings.Cut(v, ": "); strings.Contains(after, "1930") {
			rows = append(rows, after)
		}
	}
	require.ElementsMatch(t, []string{
		"1510 -499.00, 1930 480.29, 2641 3.74, 6040 14.97",
		"1510 -250.00, 1930 240.62, 2641 1.88, 6040 7.50",
		"1510 95.00, 1930 -95.00",
		"1510 150.00, 1930 -150.00",
		"1689 40.00, 1930 -40.00",
		"1686 -153.75, 1930 150.00, 2641 0.75, 6040 3.00",
	}, rows)
}
