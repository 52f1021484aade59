package trade_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/server/bench/trade"
)

const rows = 5000

func TestEveryRowHasADocumentOfItsOwn(t *testing.T) {
	t.Parallel()
	numbers := map[string]int{}
	listed := trade.Documents(0, trade.Positions(rows), rows)
	require.Len(t, listed, rows)
	previous := ""
	for _, r := range listed {
		d := r.Document()
		require.Less(t, previous, d.Number, "documents are listed by number")
		previous, numbers[d.Number] = d.Number, r.Index
		require.Equal(t, r.Gross, d.Total.Minor())
	}
	require.Len(t, numbers, rows)
}

func TestARowIsWrittenAsJSONWithItsReferences(t *testing.T) {
	t.Parallel()
	for _, i := range []int{0, 19} {
		row := trade.At(i)
		line := row.Line(payout.Raw{})
		var read map[string]any
		require.NoError(t, json.Unmarshal(row.AppendJSON(nil, line), &read))
		require.Equal(t, row.OrderNumber(), read["merchant_reference1"])
		require.Equal(t, line.References[payout.OrderID], read["order_id"])
		require.InDelta(t, row.Gross*int64(line.Gross.Sign()), read["amount"], 0)
	}
}

func TestTheRowsAddUpToWhatIsPaidOut(t *testing.T) {
	t.Parallel()
	var sum payout.KindSum
	keys := map[string]bool{}
	for i := range rows {
		line := trade.At(i).Line(payout.Raw{})
		require.NoError(t, line.Validate())
		keys[line.Key] = true
		var err error
		sum, err = sum.Add(line)
		require.NoError(t, err)
	}
	require.Len(t, keys, rows)
	total, err := sum.Gross.Sub(sum.FeeExVAT)
	require.NoError(t, err)
	net, err := total.Sub(sum.FeeVAT)
	require.NoError(t, err)
	require.Equal(t, trade.Net(rows), net)
}
