package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/plugins/klarna/client"
	"github.com/kvitt/kvitt/sdk/jsonpage"
)

// plain is an order that sells goods for 100.00 with 25 % VAT.
func plain(more object) object {
	return with(object{
		"order_id": orderA, "status": "AUTHORIZED", "fraud_status": "ACCEPTED", "order_amount": 10000,
		"purchase_currency": "SEK", "purchase_country": "SE", "created_at": "2026-04-01T09:00:00Z",
		"order_lines": []object{orderLine("physical", "A", 1, 10000, 2500, 2000)},
	}, more)
}

func readOrder(t *testing.T, o object) (order.Purchase, error) {
	t.Helper()
	text, err := json.Marshal(o)
	require.NoError(t, err)
	read, err := client.ReadOrder(jsonpage.Whole(text), "")
	if err != nil {
		return order.Purchase{}, err
	}
	return New().mapOrder(read)
}

func TestTheStateFollowsStatusAndRisk(t *testing.T) {
	t.Parallel()
	const open, complete, ended, pending = order.PurchaseOpen, order.PurchaseComplete, order.PurchaseEnded, order.PurchasePending
	for _, c := range []struct {
		status, fraud string
		want          order.PurchaseState
	}{
		{"AUTHORIZED", "ACCEPTED", open},
		{"PART_CAPTURED", "ACCEPTED", open},
		{"authorized", "accepted", open},
		{"AUTHORIZED", "", open},
		{"CAPTURED", "ACCEPTED", complete},
		{"CLOSED", "ACCEPTED", complete},
		{"CANCELLED", "ACCEPTED", ended},
		{"EXPIRED", "ACCEPTED", ended},
		{"CANCELLED", "PENDING", ended},
		{"AUTHORIZED", "PENDING", pending},
		{"AUTHORIZED", "REJECTED", ended},
		{"AUTHORIZED", "STOPPED", ended},
		{"CAPTURED", "STOPPED", ended},
	} {
		p, err := readOrder(t, plain(object{"status": c.status, "fraud_status": c.fraud}))
		require.NoError(t, err)
		require.Equal(t, c.want, p.State, "%s, %s", c.status, c.fraud)
	}
}

func TestEveryTypeOfRowHasAKind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind        string
		total, rate int
		vat         int
		want        order.RowKind
	}{
		{"physical", 10000, 2500, 2000, order.GoodsRow},
		{"digital", 10000, 600, 566, order.GoodsRow},
		{"", 10000, 600, 566, order.GoodsRow},
		{"physical", 0, 2500, 0, order.GoodsRow},
		{"shipping_fee", 4900, 2500, 980, order.FreightRow},
		{"surcharge", 2900, 2500, 580, order.FeeRow},
		{"sales_tax", 825, 0, 0, order.TaxRow},
		{"discount", -1000, 2500, -200, order.DiscountRow},
		{"discount", 0, 2500, 0, order.DiscountRow},
		{"gift_card", -1000, 0, 0, order.GiftCardRow},
		{"store_credit", -1000, 0, 0, order.GiftCardRow},
		{"return_fee", -500, 2500, -100, order.ReturnFeeRow},
		// Rows whose sign is not that of their type are what they do.
		{"physical", -1000, 2500, -200, order.DiscountRow},
		{"shipping_fee", -1000, 2500, -200, order.DiscountRow},
		{"surcharge", -1, 0, 0, order.DiscountRow},
		{"gift_card", 50000, 0, 0, order.GoodsRow},
		{"gift_card", -1000, 2500, -200, order.DiscountRow},
		{"return_fee", 500, 2500, 100, order.FeeRow},
	} {
		p, err := readOrder(t, plain(object{"order_amount": max(c.total, 0), "order_lines": []object{
			orderLine(c.kind, "A", 1, c.total, c.rate, c.vat), orderLine("physical", "REST", 1, max(c.total, 0)-c.total, 0, 0),
		}}))
		require.NoError(t, err)
		require.Equal(t, c.want, p.Rows[0].Kind, "%+v", c)
		require.Equal(t, int64(c.vat), p.Rows[0].VAT.Minor(), "%+v", c)
	}
}

func TestVATGoesTheWayOfItsRow(t *testing.T) {
	t.Parallel()
	p, err := readOrder(t, plain(object{"order_amount": 9000, "order_lines": []object{
		orderLine("physical", "A", 1, 10000, 2500, 2000), orderLine("discount", "D", 1, -1000, 2500, 200),
	}}))
	require.NoError(t, err)
	require.Equal(t, int64(-200), p.Rows[1].VAT.Minor())
}

// TestARoundedRateIsTheLegalOne: 24.90 with 25 % VAT holds 4.98 (2490 × 25 / 125);
// Sweden has 25, 12, 6 and 0 %, Finland 25.5.
func TestARoundedRateIsTheLegalOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		country string
		total   int
		rate    int
		vat     any
		want    string
	}{
		"legal as it is":                    {"SE", 2490, 2500, 498, "25"},
		"legal, whatever the VAT":           {"SE", 2490, 2500, 300, "25"},
		"rounded up":                        {"SE", 2490, 2506, 499, "25"},
		"rounded down":                      {"SE", 2490, 2494, 497, "25"},
		"two units away":                    {"SE", 2490, 2506, 500, "25.06"},
		"half a point away":                 {"SE", 200, 2550, 41, "25"},
		"more than half a point away":       {"SE", 200, 2551, 40, "25.51"},
		"another rate of the country":       {"SE", 1120, 1204, 120, "12"},
		"in lower case":                     {"se", 1120, 1204, 120, "12"},
		"without stated VAT":                {"SE", 2490, 2506, nil, "25.06"},
		"legal elsewhere":                   {"FI", 12550, 2553, 2550, "25.5"},
		"a country without rates":           {"US", 2490, 2506, 498, "25.06"},
		"no country":                        {"", 2490, 2506, 498, "25.06"},
		"a discount":                        {"SE", -2490, 2506, -499, "25"},
		"next to nothing is nothing":        {"SE", 2490, 4, 1, "0"},
		"next to nothing, with VAT in it":   {"SE", 249000, 40, 992, "0.4"},
		"a rate with more than two choices": {"SE", 1000, 900, 83, "9"},
	} {
		rest := max(c.total, 0) - c.total
		line := orderLine("physical", "A", 1, c.total, c.rate, 0)
		if line["total_tax_amount"] = c.vat; c.vat == nil {
			delete(line, "total_tax_amount")
		}
		p, err := readOrder(t, plain(object{
			"purchase_country": c.country, "order_amount": max(c.total, 0), "order_lines": []object{line, orderLine("physical", "REST", 1, rest, 0, 0)},
		}))
		require.NoError(t, err, name)
		require.Equal(t, c.want, p.Rows[0].Rate.String(), name)
		require.Equal(t, c.vat == nil, p.Rows[0].VAT == money.Amount{}, name)
	}
}

// TestTaxOfTheUSAStandsInARowOfItsOwn: 50.00 without tax and 8.25 % of it, 4.13.
func TestTaxOfTheUSAStandsInARowOfItsOwn(t *testing.T) {
	t.Parallel()
	p, err := readOrder(t, plain(object{
		"purchase_currency": "usd", "purchase_country": "us", "order_amount": 5413,
		"order_lines": []object{orderLine("physical", "A", 1, 5000, 0, 0), orderLine("sales_tax", "", 1, 413, 0, 0)},
	}))
	require.NoError(t, err)
	require.Equal(t, money.New(5413, "USD"), p.Total)
	require.Equal(t, order.TaxRow, p.Rows[1].Kind)
	require.Equal(t, money.New(413, "USD"), p.Rows[1].Gross)
	require.True(t, p.Rows[0].VAT.IsZero() && p.Rows[0].Rate.IsZero())
}

// TestRowsThatDoNotAddUpSayNothing: the amount counts, as it does for Klarna.
func TestRowsThatDoNotAddUpSayNothing(t *testing.T) {
	t.Parallel()
	p, err := readOrder(t, plain(object{
		"order_lines": nil,
		"captures":    []object{{"capture_id": "c", "captured_amount": 9000, "captured_at": "2026-04-02T09:00:00Z", "order_lines": []object{orderLine("physical", "A", 1, 10000, 2500, 2000)}}},
		"refunds":     []object{{"refund_id": "r", "refunded_amount": 1, "refunded_at": "2026-04-02T09:00:00Z", "order_lines": []object{}}},
	}))
	require.NoError(t, err)
	require.Equal(t, money.New(10000, "SEK"), p.Total)
	require.Empty(t, p.Rows, "lines are gone after a change of the authorization without them")
	require.Equal(t, money.New(9000, "SEK"), p.Captures[0].Amount)
	require.Empty(t, p.Captures[0].Rows)
	require.Empty(t, p.Refunds[0].Rows)
}

func TestABuyerIsAPersonOrAnOrganisation(t *testing.T) {
	t.Parallel()
	b := buyer(client.Address{Organisation: "Ek AB", Attention: "Inköp", Country: "se"}, client.Address{GivenName: "Klas", Email: "klas@example.com"})
	require.Equal(t, "Inköp", b.Name)
	require.Equal(t, "Ek AB", b.Business)
	require.Equal(t, "klas@example.com", b.Email)
	require.Equal(t, order.Address{Name: "Ek AB", Country: "SE"}, b.Billing)
	require.Equal(t, order.Address{Name: "Klas"}, b.Delivery)
	require.Equal(t, order.Buyer{}, buyer(client.Address{}, client.Address{}))
}

func TestAnOrderThatMakesNoSenseNamesTheField(t *testing.T) {
	t.Parallel()
	line := func(change object) object {
		return object{"order_lines": []object{with(orderLine("physical", "A", 1, 10000, 2500, 2000), change)}}
	}
	capture := object{"capture_id": "c", "captured_amount": 1, "captured_at": "2026-04-02T09:00:00Z"}
	refund := object{"refund_id": "r", "refunded_amount": 1, "refunded_at": "2026-04-02T09:00:00Z"}
	for field, change := range map[string]object{
		"status": {"status": "SHIPPED"}, "fraud_status": {"fraud_status": "MAYBE"}, "created_at": {"created_at": "2026-04-01"},
		"purchase_currency": {"purchase_currency": "XYZ"}, "order_amount": {"order_amount": nil}, "order_lines": {"order_lines": object{}},
		"merchant_reference1":             {"merchant_reference1": string(make([]byte, 1025))},
		"order_lines.total_amount":        line(object{"total_amount": 1.5}),
		"order_lines[0].total_amount":     line(object{"total_amount": nil}),
		"order_lines[0].total_tax_amount": line(object{"total_tax_amount": int64(1) << 51}),
		"order_lines[0].quantity":         line(object{"quantity": -1}),
		"order_lines[0].tax_rate":         line(object{"tax_rate": 10001}),
		"order_lines[0].type":             line(object{"type": "confetti"}),
		"captures[0].capture_id":          {"captures": []object{with(capture, object{"capture_id": ""})}},
		"captures[0].captured_at":         {"captures": []object{with(capture, object{"captured_at": "soon"})}},
		"captures[0].captured_amount":     {"captures": []object{with(capture, object{"captured_amount": -1})}},
		"refunds[1].refund_id":            {"refunds": []object{refund, with(refund, object{"refund_id": nil})}},
		"refunds[0].refunded_at":          {"refunds": []object{with(refund, object{"refunded_at": ""})}},
		"refunds[0].refunded_amount":      {"refunds": []object{with(refund, object{"refunded_amount": nil})}},
	} {
		_, err := readOrder(t, plain(change))
		require.Equal(t, client.CodeOrderInvalid, fault.CodeOf(err), field)
		require.Equal(t, field, fault.Of(err).Field)
		require.NotEmpty(t, fault.Of(err).Remedy)
	}
}

func FuzzOrder(f *testing.F) {
	for _, seed := range []object{books(), plain(nil), plain(object{"order_lines": []object{orderLine("gift_card", "G", 0, -1, 2506, 3)}})} {
		text, err := json.Marshal(with(seed, object{"status": "CAPTURED", "order_amount": 12340}))
		require.NoError(f, err)
		f.Add(text)
	}
	c := New()
	f.Fuzz(func(t *testing.T, text []byte) {
		o, err := client.ReadOrder(jsonpage.Whole(text), "")
		if err != nil {
			return
		}
		p, err := c.mapOrder(o)
		if err != nil {
			require.Equal(t, client.CodeOrderInvalid, fault.CodeOf(err))
			return
		}
		require.Contains(t, order.PurchaseStates(), p.State)
		require.Equal(t, time.UTC, p.PlacedAt.Location())
		requireSum(t, p.Total, p.Rows)
		for _, capture := range p.Captures {
			requireSum(t, capture.Amount, capture.Rows)
		}
		for _, refund := range p.Refunds {
			requireSum(t, refund.Amount, refund.Rows)
		}
	})
}

// requireSum holds rows against their amount and their kinds against their signs.
func requireSum(t *testing.T, amount money.Amount, rows []order.Row) {
	t.Helper()
	sum := money.Zero(amount.Currency())
	for _, r := range rows {
		var err error
		sum, err = sum.Add(r.Gross)
		require.NoError(t, err)
		reduces := r.Kind == order.DiscountRow || r.Kind == order.GiftCardRow || r.Kind == order.ReturnFeeRow
		require.True(t, r.Gross.IsZero() || reduces == (r.Gross.Sign() < 0), "%+v", r)
		require.True(t, r.Kind != order.GiftCardRow || r.VAT.IsZero() && r.Rate == tax.Rate{}, "%+v", r)
	}
	if len(rows) > 0 {
		require.Equal(t, amount, sum)
	}
}
