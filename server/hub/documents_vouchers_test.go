package hub_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/flow/registration"
	"github.com/kvitt/kvitt/core/flow/remote"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/merchant"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payment"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/server/clock"
)

// TestAProvidersOrdersAreBookedAsVouchers is the mission with vouchers instead of
// invoices: captures and refunds that the provider knows are booked one by one, a part
// that a gift card pays apart, and the payout settles them.
func TestAProvidersOrdersAreBookedAsVouchers(t *testing.T) {
	t.Parallel()
	// 125.00 at 25 % and 106.00 at 6 %, of which a gift card pays 31.00: 200.00 at the
	// provider. 50.00 of the chair is given back, less a return fee of 10.00.
	p := bought("1001", row(order.GoodsRow, "chair", 125_00, 25), row(order.GoodsRow, "book", 106_00, 6), row(order.GiftCardRow, "card", -31_00, 0))
	p = capturing(p, "c1", 200_00)
	p = refunding(p, "r1", 40_00, row(order.GoodsRow, "chair", 50_00, 25), row(order.ReturnFeeRow, "fee", -10_00, 25))
	s := sell(t, `{}`, nil, p)
	s.update(func(ctx context.Context, tx ports.Tx) error {
		for _, m := range []payment.Method{
			{ID: "fake", Kind: payment.ByProvider, Connection: "c-source", Authorised: true},
			{ID: "gift", Kind: payment.ByGiftCard},
		} {
			m.MerchantID, m.Name = "m-1", m.ID
			if err := tx.Methods().Create(ctx, ports.MethodRecord{Method: m, CreatedAt: s.clock.Now()}); err != nil {
				return err
			}
		}
		return tx.Flows().Create(ctx, merchant.Flow{
			ID: shopFlow, MerchantID: "m-1", Kind: merchant.Events, Source: "c-source", Target: "c-target", Enabled: true,
			Settings: json.RawMessage(`{"shop_methods":{"fakepay":"fake","gift_card":"gift"}}`), SettingsVersion: 1, Since: placed,
		}, "test")
	})
	desk := remote.NewDesk(s.store, fakeCatalogue{"fakepay": s.provider, "fakebooks": s.books}, plainSecrets{}, noTokens{}, clock.Machine{},
		remote.Options{Owner: "shop", Deadline: time.Minute})
	c := &connected{world: s.world}
	c.events = registration.New(c.store, desk, c.clock, time.Now, tax.StandardTable(), hclog.NewNullLogger(), registration.Options{Slice: time.Minute, Attempts: 3})

	require.NoError(t, s.docs.LearnIDs(t.Context(), "c-source", []string{"o-1001"}, "anna"))
	c.work()
	require.Empty(t, s.exceptions())
	require.Equal(t, map[string]ports.EventState{
		"c-source/1001/order":      ports.EventRecorded,
		"c-source/1001/capture/c1": ports.EventBooked, "c-source/1001/capture/c1/gift_card": ports.EventBooked, "c-source/1001/refund/r1": ports.EventBooked,
	}, c.known())
	// Sold: 231.00, net 100.00 and 100.00, VAT 25.00 and 6.00. Refunded: 50.00, net 40.00,
	// VAT 10.00, less a fee of 10.00, net 8.00, VAT 2.00. The gift card owes 31.00 less, the
	// provider 160.00.
	require.Equal(t, map[ledger.Account]int64{
		"3001": -60_00, "3003": -100_00, "2611": -17_00, "2631": -6_00, "3540": -8_00, "2421": 31_00, "1686": 160_00,
	}, c.booked())

	s.clock.set(payday.Add(24 * time.Hour))
	s.provider.payouts = []payout.Payout{paid("P1", 150_00)}
	back := refund("1001", 40_00)
	s.provider.lines = map[string][]payout.Line{"P1": {sale("1001", 200_00), back, fee("1001", 8_00, 2_00)}}
	s.run()
	require.Equal(t, payout.Closed, s.payout("P1").State, "%v", s.exceptions())
	c.work()
	booked := c.booked()
	require.Zero(t, booked["1686"], "%v", booked)
	require.Equal(t, int64(150_00), booked["1930"])
}
