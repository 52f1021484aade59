package amount_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/sdk/amount"
)

func TestAnAmountThatShouldHaveNoSignIsNotTurnedRound(t *testing.T) {
	t.Parallel()
	for effect, want := range map[amount.Effect]int64{amount.Adds: 5_00, amount.Takes: -5_00, amount.AsSigned: 5_00} {
		got, err := effect.OfUnsigned(money.New(5_00, "SEK"))
		require.NoError(t, err)
		require.Equal(t, money.New(want, "SEK"), got)
	}
	for _, effect := range []amount.Effect{amount.Adds, amount.Takes} {
		_, err := effect.OfUnsigned(money.New(-5_00, "SEK"))
		require.Equal(t, amount.CodeSigns, fault.CodeOf(err))
	}
}
