package swap_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/flow/swap"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// However many connections there are, what the last of them would be booked otherwise is
// found, and listed before what speaks against nothing.
func TestEveryConnectionIsComparedAndWhatBlocksIsListed(t *testing.T) {
	t.Parallel()
	r := newRig(t, &acme{extra: map[string]int64{"a": 5, "b": 5}})
	options := swap.DefaultOptions()
	options.Payouts = 20
	r.serveWith(options)
	require.NoError(t, r.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		var err error
		for i := range 100 { // before c1, and not booked
			id := fmt.Sprintf("a%02d", i)
			err = errors.Join(err, addMerchant(ctx, tx, "m-"+id, id), plan(ctx, tx, "p-"+id))
		}
		return err
	}))
	refused := r.ended(r.begin().ID)
	require.Equal(t, ports.SwapRefused, refused.State)
	require.Equal(t, swap.CodeDiffers, refused.Fault.Code)
	require.Equal(t, 103, refused.Payouts)
	require.Len(t, refused.Differences, 200)
	for i, id := range []string{"p-c1", "p-c2", "p-c3"} {
		require.Equal(t, ports.SwapDifference{PayoutID: id, Line: "b", Field: "gross", Stored: "2.00 SEK", Read: "2.05 SEK", Blocks: true}, refused.Differences[2*i+1])
	}
	require.False(t, refused.Differences[6].Blocks)
}

// plan takes a payout back to before it was booked.
func plan(ctx context.Context, tx ports.Tx, id string) error {
	p, err := tx.Payouts().Get(ctx, id)
	p.State = payout.Planned
	return errors.Join(err, tx.Payouts().Save(ctx, p))
}
