package sqlite_test

import (
	"context"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/sqlite"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func TestSumsOfMoreLinesThanAreAddedUpAtOnceHoldEachLineOnce(t *testing.T) {
	t.Parallel()
	const count, batch = 1<<16 + 1, 4000
	store := openStore(t, filepath.Join(t.TempDir(), "kvitt.db"), sqlite.Options{})
	update := func(fn func(ctx context.Context, tx ports.Tx) error) {
		t.Helper()
		require.NoError(t, store.Update(t.Context(), fn))
	}
	update(func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Merchants().Create(ctx, merchant.Merchant{ID: "m"}); err != nil {
			return err
		}
		for _, id := range []string{"psp", "erp"} {
			c := ports.ConnectionRecord{Connection: merchant.Connection{ID: id, MerchantID: "m", Connector: id}}
			if err := tx.Connections().Create(ctx, c); err != nil {
				return err
			}
		}
		if err := tx.Flows().Create(ctx, merchant.Flow{ID: "f", MerchantID: "m", Kind: merchant.Payouts, Source: "psp", Target: "erp"}, "test"); err != nil {
			return err
		}
		p := ports.PayoutRecord{ID: "p", FlowID: "f", MerchantID: "m", ConnectionID: "psp"}
		p.Net = money.New(0, "SEK")
		return tx.Payouts().Create(ctx, p)
	})
	for from := 0; from < count; from += batch {
		lines := make([]payout.Line, 0, batch)
		for i := from; i < min(from+batch, count); i++ {
			lines = append(lines, payout.Line{
				Key: strconv.Itoa(i), Kind: payout.Sale, RawType: "SALE",
				Gross: money.New(int64(i), "SEK"), FeeExVAT: money.New(2, "SEK"), FeeVAT: money.New(1, "SEK"),
			})
		}
		update(func(ctx context.Context, tx ports.Tx) error {
			_, _, err := tx.Lines().Append(ctx, "p", lines)
			return err
		})
	}
	require.NoError(t, store.View(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		sums, err := tx.Lines().Sums(ctx, "p")
		require.Equal(t, []ports.LineSum{{
			Kind: payout.Sale, RawType: "SALE", Lines: count,
			Gross: money.New(count*(count-1)/2, "SEK"), FeeExVAT: money.New(2*count, "SEK"), FeeVAT: money.New(count, "SEK"),
		}}, sums)
		return err
	}))
}
