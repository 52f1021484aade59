package sqlite

import (
	"context"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// keyed is a store with a payout "p".
type keyed struct {
	*testing.T
	path  string
	store *Store
}

func newKeyed(t *testing.T) *keyed {
	t.Helper()
	k := &keyed{T: t, path: filepath.Join(t.TempDir(), "kvitt.db")}
	k.open()
	t.Cleanup(func() { require.NoError(t, k.store.Close()) })
	require.NoError(t, k.store.Update(t.Context(), func(ctx context.Context, tx ports.Tx) error {
		if err := tx.Merchants().Create(ctx, merchant.Merchant{ID: "m"}); err != nil {
			return err
		}
		c := ports.ConnectionRecord{Connection: merchant.Connection{ID: "c", MerchantID: "m"}}
		if err := tx.Connections().Create(ctx, c); err != nil {
			return err
		}
		if err := tx.Flows().Create(ctx, merchant.Flow{ID: "f", MerchantID: "m", Source: "c", Target: "c"}, "test"); err != nil {
			return err
		}
		return tx.Payouts().Create(ctx, ports.PayoutRecord{ID: "p", FlowID: "f", MerchantID: "m", ConnectionID: "c"})
	}))
	return k
}

func (k *keyed) open() {
	k.Helper()
	store, err := Open(k.Context(), k.path, Options{})
	require.NoError(k, err)
	k.store = store
}

func (k *keyed) append(gross int64, keys ...string) (added, known int, err error) {
	k.Helper()
	lines := make([]payout.Line, len(keys))
	for i, key := range keys {
		lines[i] = payout.Line{Key: key, Kind: payout.Sale, Gross: money.New(gross, "SEK")}
	}
	err = k.store.Update(k.Context(), func(ctx context.Context, tx ports.Tx) (err error) {
		added, known, err = tx.Lines().Append(ctx, "p", lines)
		return err
	})
	return added, known, err
}

func (k *keyed) appends(wantAdded, wantKnown int, keys ...string) {
	k.Helper()
	added, known, err := k.append(1, keys...)
	require.NoError(k, err)
	require.Equal(k, []int{wantAdded, wantKnown}, []int{added, known}, "%v", keys)
}

func TestKeysAreKnownAfterAStart(t *testing.T) {
	t.Parallel()
	k := newKeyed(t)
	k.appends(3, 0, "a", "b", "c")
	require.NoError(t, k.store.Close())
	k.open()
	k.appends(1, 2, "b", "d", "a")
	_, _, err := k.append(2, "c")
	require.Equal(t, payout.CodeContentChanged, fault.CodeOf(err))
	k.appends(0, 4, "a", "b", "c", "d")
}

func TestKeysWithTheSameHashAreToldApart(t *testing.T) {
	t.Parallel()
	k := newKeyed(t)
	k.store.keys.hash = func(key string) uint64 { return uint64(len(key)) << ordinalBits }
	k.appends(3, 0, "a", "b", "cc")
	k.appends(2, 2, "b", "c", "cc", "dd")
	k.appends(0, 5, "dd", "c", "a", "b", "cc")
	_, _, err := k.append(2, "b")
	require.Equal(t, payout.CodeContentChanged, fault.CodeOf(err), "the second of two keys with one hash")
	_, _, err = k.append(2, "a")
	require.Equal(t, payout.CodeContentChanged, fault.CodeOf(err), "the first of them")
}

func TestTheKeysOfPayoutsNotWrittenToAreForgottenOldestFirst(t *testing.T) {
	t.Parallel()
	keys := newLineKeys()
	fill := func(num int64) {
		p := keys.of(num, 0)
		for i := range maxKeys / 2 {
			p.add(strconv.Itoa(i))
		}
	}
	for num := int64(1); num <= 3; num++ {
		fill(num)
	}
	require.Len(t, keys.payouts, 3, "what is kept beside the last one is no more than allowed")
	keys.of(1, maxKeys/2) // used again, so 2 is the oldest
	fill(4)
	require.NotContains(t, keys.payouts, int64(2))
	require.Contains(t, keys.payouts, int64(1))
	require.Equal(t, []int64{3, 1, 4}, keys.recent)
	require.Len(t, keys.payouts, 3)
}

func TestTheTableOfKeysFindsWhatWasAddedAndLittleElse(t *testing.T) {
	t.Parallel()
	keys := newLineKeys().of(1, 0)
	require.Empty(t, keys.candidates("0"))
	const lines = 5000
	for i := range lines {
		keys.add(strconv.Itoa(i))
	}
	others := 0
	for i := range lines {
		require.Contains(t, keys.candidates(strconv.Itoa(i)), int64(i+1))
		others += len(keys.candidates("other " + strconv.Itoa(i)))
	}
	require.Less(t, others, 5, "5000 keys share 36 bits of hash by chance once in thousands of runs")
}
