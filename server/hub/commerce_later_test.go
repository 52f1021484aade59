package hub_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/flow/registration"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/tax"
)

func TestAnOrderThatTurnsOutToGoAbroadIsTaxedAnewOnceAPersonSaysSo(t *testing.T) {
	t.Parallel()
	fake := newFakeShop(10)
	fake.put(inApril(3, 0), paid25("1001", 10000))
	c := connect(t, fake, `{"shop_methods":{"Visa":"card"},"sales":[
		{"rate":"25","revenue":"3001","vat":"2611"},{"treatment":"export","rate":"0","revenue":"3105"}]}`)
	c.read()
	require.Equal(t, map[ledger.Account]int64{"1686": 10000, "3001": -8000, "2611": -2000}, c.booked())

	abroad := paid25("1001", 10000)
	abroad.Country, abroad.Parts = "NO", []order.Part{{Rate: tax.Percent(0), Gross: sek(10000)}}
	fake.put(inApril(4, 0), abroad)
	c.read()
	require.Equal(t, registration.CodeOrderChanged, c.one().Code)
	c.retry(c.one().ID)
	require.Empty(t, c.exceptions())
	require.Equal(t, map[ledger.Account]int64{"1686": 10000, "3105": -10000}, c.booked())
	require.Len(t, c.books.vouchers, 3, "the sale, what takes it back, and the sale as it is")
}

func TestATransactionKeepsItsMethodWhateverTheNameStandsForLater(t *testing.T) {
	t.Parallel()
	fake := newFakeShop(10)
	sold := paid25("1001", 10000)
	fake.put(inApril(3, 0), sold)
	c := connect(t, fake, mapped)
	c.read()
	c.set(`{"methods":{"card":{"accounts":{"clearing":{"SEK":"1580"}}}},"shop_methods":{"Visa":"klarna"}}`)
	fake.put(inApril(4, 0), then(sold, payment.Refund, 4000))
	fake.put(inApril(4, 0), paid25("1002", 5000))
	c.read()
	require.Empty(t, c.exceptions())
	// 60.00 are left of order 1001 with the card, 50.00 of order 1002 with Klarna.
	require.Equal(t, map[ledger.Account]int64{"1580": 6000, "1686": 5000, "3001": -8800, "2611": -2200}, c.booked())
}
