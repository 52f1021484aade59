package main

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/order"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
	"github.com/kvitt/kvitt/plugins/klarna/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
	"github.com/kvitt/kvitt/sdk/wire/wiretest"
)

func orderLine(kind, reference string, quantity, total, rate, vat int) object {
	return object{
		"type": kind, "reference": reference, "name": "A " + reference, "quantity": quantity, "quantity_unit": "pcs",
		"unit_price": total, "tax_rate": rate, "total_amount": total, "total_tax_amount": vat,
	}
}

// books sells two books, 100.00 with 6 % VAT (5.66), carriage for 25.00 with 25 %
// (5.00) and an invoice fee of 29.00 with 25 % (5.80), less a discount of 10.60 with
// 6 % (0.60) and a gift card of 20.00: 123.40.
func books() object {
	return object{
		"order_id": orderA, "klarna_reference": "K4MADNY", "merchant_reference1": "10001", "merchant_reference2": "501",
		"purchase_currency": "sek", "purchase_country": "se", "created_at": "2026-04-01T09:00:00.000Z",
		"initial_payment_method": object{"type": "INVOICE"},
		"customer":               object{"date_of_birth": "1981-09-06", "national_identification_number": "198109061234", "gender": "female"},
		"billing_address": object{
			"given_name": "Klara", "family_name": "Joyce", "organization_name": "Joyce AB", "street_address": "Storgatan 1",
			"street_address2": "c/o Ek", "postal_code": "11122", "city": "Stockholm", "country": "se", "email": "klara@example.com", "phone": "+46701740615",
		},
		"shipping_address": object{"given_name": "Klas", "family_name": "Joyce", "street_address": "Lagergatan 2", "postal_code": "41101", "city": "Göteborg", "country": "SE"},
		"order_lines": []object{
			orderLine("physical", "BOOK", 2, 10000, 600, 566), orderLine("shipping_fee", "FREIGHT", 1, 2500, 2500, 500),
			orderLine("surcharge", "FEE", 1, 2900, 2500, 580), orderLine("discount", "SPRING", 1, -1060, 600, -60),
			orderLine("gift_card", "GC-1", 1, -2000, 0, 0),
		},
		"captures": []object{
			{"capture_id": "c1", "captured_amount": 5000, "captured_at": "2026-04-02T10:00:00+02:00", "reference": "F-1", "order_lines": []object{orderLine("physical", "BOOK", 1, 5000, 600, 283)}},
			{"capture_id": "c2", "captured_amount": 7340, "captured_at": "2026-04-03T10:00:00.000Z"},
		},
		"refunds": []object{{
			"refund_id": "r1", "refunded_amount": 4500, "refunded_at": "2026-04-05T10:00:00Z", "reference": "K-1",
			"order_lines": []object{orderLine("physical", "BOOK", 1, 5000, 600, 283), orderLine("return_fee", "", 1, -500, 2500, -100)},
		}},
	}
}

// sold is a row as the connector must read it.
func sold(kind order.RowKind, article string, quantity, gross, vat int64, rate string) order.Row {
	parsed, err := tax.ParseRate(rate)
	if err != nil {
		panic(err)
	}
	return order.Row{
		Kind: kind, Article: article, Name: "A " + article, Quantity: decimal.NewFromInt(quantity), Unit: "pcs",
		Gross: money.New(gross, "SEK"), VAT: money.New(vat, "SEK"), Rate: parsed,
	}
}

func (f *far) readPurchase(source ports.PurchaseSource, id string) (ports.PurchaseResult, error) {
	return source.ReadPurchase(f.t.Context(), ports.ReadPurchaseRequest{Call: f.call(callsPurchase), ID: id})
}

func TestAnOrderIsReadWithWhatHappenedToIt(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{"orders": []object{books()}})
	for name, source := range map[string]ports.PurchaseSource{"directly": f.connectorWith(500), "over the wire": wiretest.Client(t, f.connectorWith(500))} {
		t.Run(name, func(t *testing.T) {
			result, err := f.readPurchase(source, orderA)
			require.NoError(t, err)
			require.Equal(t, 1, result.Usage.Calls)
			p := result.Purchase
			require.Equal(t, orderA, p.ID)
			require.Equal(t, map[payout.Reference]string{
				payout.OrderID: orderA, payout.ShortOrderID: "K4MADNY", payout.MerchantReference1: "10001", payout.MerchantReference2: "501",
			}, p.References)
			require.Equal(t, order.PurchaseComplete, p.State)
			require.Equal(t, time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC), p.PlacedAt)
			require.Equal(t, "INVOICE", p.Method)
			require.Equal(t, order.Buyer{
				Name: "Klara Joyce", Business: "Joyce AB", Email: "klara@example.com", Phone: "+46701740615",
				Billing:  order.Address{Name: "Joyce AB", Street: "Storgatan 1", Street2: "c/o Ek", Postcode: "11122", City: "Stockholm", Country: "SE"},
				Delivery: order.Address{Name: "Klas Joyce", Street: "Lagergatan 2", Postcode: "41101", City: "Göteborg", Country: "SE"},
			}, p.Buyer)
			require.Equal(t, money.New(12340, "SEK"), p.Total)
			require.Equal(t, []order.Row{
				sold(order.GoodsRow, "BOOK", 2, 10000, 566, "6"), sold(order.FreightRow, "FREIGHT", 1, 2500, 500, "25"),
				sold(order.FeeRow, "FEE", 1, 2900, 580, "25"), sold(order.DiscountRow, "SPRING", 1, -1060, -60, "6"),
				sold(order.GiftCardRow, "GC-1", 1, -2000, 0, "0"),
			}, p.Rows)
			require.Equal(t, []order.Capture{
				{ID: "c1", Reference: "F-1", At: time.Date(2026, 4, 2, 8, 0, 0, 0, time.UTC), Amount: money.New(5000, "SEK"), Rows: []order.Row{sold(order.GoodsRow, "BOOK", 1, 5000, 283, "6")}},
				{ID: "c2", At: time.Date(2026, 4, 3, 10, 0, 0, 0, time.UTC), Amount: money.New(7340, "SEK")},
			}, p.Captures)
			require.Equal(t, []order.Refund{{
				ID: "r1", Reference: "K-1", At: time.Date(2026, 4, 5, 10, 0, 0, 0, time.UTC), Amount: money.New(4500, "SEK"),
				Rows: []order.Row{sold(order.GoodsRow, "BOOK", 1, 5000, 283, "6"), sold(order.ReturnFeeRow, "", 1, -500, -100, "25")},
			}}, p.Refunds)

			require.Len(t, result.Raw, 1)
			page := result.Raw[0]
			sum := sha256.Sum256(page.Bytes)
			require.Equal(t, hex.EncodeToString(sum[:]), page.SHA256, "the page is named by what is kept of it")
			require.Equal(t, payout.Raw{Page: page.SHA256, Offset: 0, Length: int64(len(page.Bytes))}, p.Raw)
			for _, personal := range []string{"1981-09-06", "198109061234", "female"} {
				require.NotContains(t, string(page.Bytes), personal)
			}
			require.Contains(t, string(page.Bytes), `"customer":{}`)
		})
	}
}

// TestAnOrderHasTheReferencesOfItsPayoutLines: the settlement follows from the same
// order, so what matches there must be found here.
func TestAnOrderHasTheReferencesOfItsPayoutLines(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{
		"orders":  []object{books()},
		"payouts": []object{{"payment_reference": "P", "payout_date": "2026-04-09T07:45:00Z", "currency_code": "SEK", "settles": []string{"*"}}},
	})
	result, err := f.readPurchase(f.connectorWith(500), orderA)
	require.NoError(t, err)
	read, err := f.readLines(f.connectorWith(500), "P")
	require.NoError(t, err)
	require.Len(t, read.lines, 7, "two captures with two fees each and a refund")
	for _, line := range read.lines {
		for name, text := range result.Purchase.References {
			require.Equal(t, text, line.References[name], name)
		}
		switch line.Kind {
		case payout.Sale:
			captured := result.Purchase.Captures[0]
			if line.Gross.Minor() != 5000 {
				captured = result.Purchase.Captures[1]
			}
			require.Equal(t, captured.ID, line.References[payout.CaptureID])
			require.Equal(t, captured.Reference, line.References[payout.CaptureReference])
			require.Equal(t, captured.Amount, line.Gross)
		case payout.Refund:
			require.Equal(t, "r1", line.References[payout.RefundID])
			require.Equal(t, "K-1", line.References[payout.RefundReference])
			require.Equal(t, result.Purchase.Refunds[0].Amount, line.Gross.Neg())
		default:
			require.Equal(t, payout.Fee, line.Kind)
		}
	}
}

func TestAnOrderThatKlarnaDoesNotKnowIsNotFound(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{"orders": []object{books()}})
	for _, id := range []string{orderB, "10001"} {
		_, err := f.readPurchase(f.connectorWith(500), id)
		require.Equal(t, upstream.CodeNotFound, fault.CodeOf(err), id)
		require.Equal(t, fault.NotFound, fault.ClassOf(err), id)
		require.Contains(t, fault.Of(err).Remedy, "merchant id", id)
		require.Contains(t, fault.Of(err).Remedy, "just now", id)
	}
	for _, id := range []string{"", "..", "../payouts", "10001?x=1", "Ä"} {
		_, err := f.readPurchase(f.connectorWith(500), id)
		require.Equal(t, CodeOrderID, fault.CodeOf(err))
		usage, known := ports.UsageOf(err)
		require.True(t, known && usage.Calls == 0)
	}
	f.fail(object{"kind": "status", "path": "/ordermanagement/", "status": 200, "body": `{"order_id":"` + orderB + `","order_amount":0}`})
	_, err := f.readPurchase(f.connectorWith(500), orderA)
	require.Equal(t, client.CodeOrderInvalid, fault.CodeOf(err), "another order is not the one that was asked for")
	require.Equal(t, "order_id", fault.Of(err).Field)
}

func TestOrdersAreReadAtKustomToo(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{"orders": []object{books()}, "api_key": "kco_test_api_SECRET"})
	call := f.call(callsPurchase)
	call.Connection.Credentials = map[string]string{"merchant_id": merchantID, "api_key": "kco_test_api_SECRET"}
	call.Connection.Hosts = map[string]string{"https://api.playground.kustom.co": f.url}
	result, err := f.connectorWith(500).ReadPurchase(t.Context(), ports.ReadPurchaseRequest{Call: call, ID: orderA})
	require.NoError(t, err)
	require.Equal(t, orderA, result.Purchase.ID)
	require.Equal(t, []string{"/ordermanagement/v1/orders/" + orderA}, f.requests())
}

func TestWhatHappensToAnOrderIsSeenAtTheNextReading(t *testing.T) {
	t.Parallel()
	open := books()
	delete(open, "captures")
	delete(open, "refunds")
	f := simulate(t, object{"orders": []object{with(open, object{"fraud_status": "PENDING"})}})
	state := func() order.PurchaseState {
		result, err := f.readPurchase(f.connectorWith(500), orderA)
		require.NoError(t, err)
		return result.Purchase.State
	}
	at := "/_sim/klarna/orders/" + orderA
	require.Equal(t, order.PurchasePending, state())
	f.control(http.MethodPatch, at, object{"fraud_status": "ACCEPTED"})
	require.Equal(t, order.PurchaseOpen, state())
	f.control(http.MethodPost, at+"/captures", object{"amount": 5000})
	require.Equal(t, order.PurchaseOpen, state())
	f.control(http.MethodPost, at+"/captures", object{})
	require.Equal(t, order.PurchaseComplete, state())
	f.control(http.MethodPost, at+"/refunds", object{})
	require.Equal(t, order.PurchaseComplete, state())
	result, err := f.readPurchase(f.connectorWith(500), orderA)
	require.NoError(t, err)
	require.Empty(t, result.Purchase.Captures[1].Rows)
	require.Empty(t, result.Purchase.Refunds[0].Rows)
	require.Equal(t, money.New(12340, "SEK"), result.Purchase.Refunds[0].Amount)
}
