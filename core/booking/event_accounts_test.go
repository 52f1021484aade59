package booking_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/payment"
)

func TestOnlyTheMarketsThatAMerchantNamedNeedTheirAccounts(t *testing.T) {
	t.Parallel()
	needed := func(settings string) []ledger.Account {
		s, err := booking.Parse(json.RawMessage(settings))
		require.NoError(t, err)
		var accounts []ledger.Account
		for _, chosen := range s.EventAccounts(payment.ByProvider) {
			accounts = append(accounts, chosen.Account)
		}
		return accounts
	}
	byDefault := needed(`{}`)
	require.Subset(t, byDefault, []ledger.Account{"3001", "2611", "3002", "2621", "3003", "2631", "3004", "1686", "1930"})
	require.NotContains(t, byDefault, ledger.Account("3308"))
	require.NotContains(t, byDefault, ledger.Account("3520"))

	chosen := needed(`{"sales": [
		{"rate": "25", "revenue": "3001", "vat": "2611"},
		{"treatment": "oss", "country": "DE", "rate": "19", "revenue": "3106", "vat": "2670"}
	]}`)
	require.Subset(t, chosen, []ledger.Account{"3106", "2670"})
}
