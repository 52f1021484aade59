package ore_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/ore"
)

func TestAmountsAreRoundedToTwoDecimals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"499": "499.00", "499.00": "499.00", "-1.5": "-1.50", "0.005": "0.01", "-0.005": "-0.01", "0.0049": "0.00",
		"10.555": "10.56", "1e2": "100.00", "999999999999.99": "999999999999.99",
	} {
		amount, err := ore.Parse(text)
		require.NoError(t, err, text)
		require.Equal(t, want, amount.String(), text)
	}
	for _, text := range []string{"", "abc", "1,50", "1e99", "1e-99", "1000000000001", "0x10", "NaN", "12345678901234567890123456789012345678901"} {
		_, err := ore.Parse(text)
		require.ErrorIs(t, err, ore.ErrNotAnAmount, text)
	}
}

func TestAmountsAreJSONNumbers(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal([]ore.Amount{49900, 1250, -5, 0})
	require.NoError(t, err)
	require.Equal(t, `[499,12.5,-0.05,0]`, string(raw))
	var amounts []ore.Amount
	require.NoError(t, json.Unmarshal([]byte(`["499.00", 12.5, -0.05]`), &amounts))
	require.Equal(t, []ore.Amount{49900, 1250, -5}, amounts)
	require.Error(t, json.Unmarshal([]byte(`[{}]`), &amounts))
}
