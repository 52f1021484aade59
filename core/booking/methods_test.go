package booking_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/booking"
	"github.com/kvitt/kvitt/core/fault"
)

func TestTheNamesOfAShopStandForPaymentMethods(t *testing.T) {
	t.Parallel()
	complete, err := booking.CompleteByMethod(json.RawMessage(`{"shop_methods":{"Shopify Payments":"card"},"methods":{"card":{"voucher_series":"C"}}}`))
	require.NoError(t, err)
	for _, raw := range []string{string(complete), `{"shop_methods":{"Shopify Payments":"card"},"methods":{"card":{"voucher_series":"C"}}}`} {
		settings, err := booking.ParseByMethod(json.RawMessage(raw))
		require.NoError(t, err)
		require.Equal(t, "card", settings.FromShop("Shopify Payments"))
		require.Empty(t, settings.FromShop("card"), "a name that nobody mapped stands for nothing")
		require.Equal(t, "C", settings.Of("card").VoucherSeries)
	}
	none, err := booking.ParseByMethod(nil)
	require.NoError(t, err)
	require.Empty(t, none.FromShop(""))

	for raw, field := range map[string]string{
		`{"shop_methods":{"Visa":""}}`:                       "shop_methods.Visa",
		`{"shop_methods":{"":"card"}}`:                       "shop_methods.",
		`{"shop_methods":["card"]}`:                          "shop_methods",
		`{"shop_methods":{"Visa":1}}`:                        "shop_methods",
		`{"methods":{"card":{"shop_methods":{"Visa":"x"}}}}`: "methods.card.shop_methods",
	} {
		_, err := booking.ParseByMethod(json.RawMessage(raw))
		require.Equal(t, booking.CodeSettings, fault.CodeOf(err), raw)
		require.Equal(t, field, fault.Of(err).Field, raw)
	}
}
