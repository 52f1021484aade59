package main

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

// example is a week of a small shop: two sales with Klarna's two fees each and one
// refund. 1749.00 − 299.00 − 58.30 − 14.58 = 1377.12.
func example() object {
	return paid("XISA93DJ", object{
		"sale_amount": 174900, "return_amount": 29900, "fee_amount": 5830, "tax_amount": 1458, "settlement_amount": 137712,
	},
		row("SALE", "PURCHASE", orderA, 125000, object{"capture_id": "cA", "merchant_reference1": "10001"}),
		fee("PURCHASE_FEE_PERCENTAGE", orderA, "cA", 3738, 935),
		fee("PURCHASE_FEE_FIXED", orderA, "cA", 300, 75),
		row("SALE", "PURCHASE", orderB, 49900, object{"capture_id": "cB", "merchant_reference1": "10002", "merchant_capture_reference": "F-77"}),
		fee("PURCHASE_FEE_PERCENTAGE", orderB, "cB", 1492, 373),
		fee("PURCHASE_FEE_FIXED", orderB, "cB", 300, 75),
		row("RETURN", "PURCHASE_RETURN", orderC, 29900, object{"refund_id": "rC", "merchant_reference1": "9987"}),
	)
}

func TestTheWorkedExample(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{"payouts": []object{example()}})
	f.bothWays(t, func(t *testing.T, source ports.PayoutSource) {
		list, err := f.readPayouts(source, f.now.AddDate(0, 0, -30), nil)
		require.NoError(t, err)
		require.Len(t, list.payouts, 1)
		p := list.payouts[0]
		require.Equal(t, "XISA93DJ", p.Reference)
		require.Equal(t, time.Date(2026, 4, 2, 7, 45, 0, 0, time.UTC), p.Date.UTC())
		require.Equal(t, money.New(137712, "SEK"), p.Net)
		require.Equal(t, merchantID, p.Account)
		require.Empty(t, p.HoldReason)

		r, err := f.readLines(source, "XISA93DJ")
		require.NoError(t, err)
		require.Equal(t, 2, r.calls, "one page of rows and the payout")
		type brief struct {
			kind            payout.Kind
			rawType, group  string
			gross, fee, vat int64
			rate            string
		}
		var got []brief
		for _, l := range r.lines {
			got = append(got, brief{l.Kind, l.RawType, l.Group, l.Gross.Minor(), l.FeeExVAT.Minor(), l.FeeVAT.Minor(), l.FeeVATRate})
		}
		require.Equal(t, []brief{
			{payout.Sale, "SALE/PURCHASE", "cA", 125000, 0, 0, ""},
			{payout.Fee, "FEE/PURCHASE_FEE_PERCENTAGE", "cA", 0, 3738, 935, "25"},
			{payout.Fee, "FEE/PURCHASE_FEE_FIXED", "cA", 0, 300, 75, "25"},
			{payout.Sale, "SALE/PURCHASE", "cB", 49900, 0, 0, ""},
			{payout.Fee, "FEE/PURCHASE_FEE_PERCENTAGE", "cB", 0, 1492, 373, "25"},
			{payout.Fee, "FEE/PURCHASE_FEE_FIXED", "cB", 0, 300, 75, "25"},
			{payout.Refund, "RETURN/PURCHASE_RETURN", "rC", -29900, 0, 0, ""},
		}, got)
		require.Equal(t, map[payout.Reference]string{
			payout.OrderID: orderB, payout.CaptureID: "cB", payout.MerchantReference1: "10002", payout.CaptureReference: "F-77",
		}, r.lines[3].References)
		require.Equal(t, map[payout.Reference]string{
			payout.OrderID: orderC, payout.RefundID: "rC", payout.MerchantReference1: "9987",
		}, r.lines[6].References, "an empty capture id is none")
		require.Equal(t, time.Date(2026, 4, 1, 10, 0, 0, 0, time.UTC), r.lines[0].OccurredAt.UTC())

		sums := map[payout.Kind]payout.KindSum{}
		for _, l := range r.lines {
			sums[l.Kind], err = sums[l.Kind].Add(l)
			require.NoError(t, err)
		}
		proof, err := payout.Prove(p, slices.Collect(maps.Values(sums)))
		require.NoError(t, err)
		require.True(t, proof.Difference.IsZero())
		require.EqualValues(t, 174900, proof.Gross.Minor())
		require.EqualValues(t, -29900, proof.Refunds.Minor())
		require.EqualValues(t, -5830, proof.Fees.Minor())
		require.EqualValues(t, -1458, proof.FeeVAT.Minor())
	})
}

// TestAKeyIsForEver: lines are stored under their keys, so a connector that makes
// other keys doubles every payout that is read again. The value was computed
// apart: the first 16 bytes of the SHA-256 of the parts, each after its length.
func TestAKeyIsForEver(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{"payouts": []object{example()}})
	r, err := f.readLines(f.connectorWith(500), "XISA93DJ")
	require.NoError(t, err)
	require.Equal(t, "a24a25e5ae11133daf1154635b0bd80e", r.lines[1].Key)
}

func TestBothConventionsOfSignsAndSpellingsGiveTheSameLines(t *testing.T) {
	t.Parallel()
	rows := []object{
		row("RETURN", "PAYMENT_DEFAULT", orderA, 100, object{"refund_id": "r1"}),
		row("REVERSAL", "REVERSAL", orderA, 200, nil), row("REVERSAL_MERCHANT_PROTECTION", "FRAUD_POLICY_CREDIT_NET", orderA, 80, nil),
		fee("DISPUTE_FEE", orderA, "", 300, 75),
		row("FEE_REFUND", "DISPUTE_FEE_REFUND", orderA, 300, object{"vat_rate": 2500, "vat_amount": 75}),
		row("COMMISSION", "COMMISSION", orderA, 11, nil), row("COMMISSION", "REVENUE_SHARE_REVERSAL", orderA, 3, nil),
		row("REVERSAL", "COMMISSION_RETURN", orderA, 2, nil),
		row("CORRECTION", "MANUAL_ENTRY", "", -50, nil), row("FEE", "PERCENTAGE_FEE_CORRECTION_SE", orderA, -7, object{"vat_amount": 2}),
		row("CREDIT", "LOAN_PAYOUT", "", 1000, nil), row("CHARGE", "LOAN_AMORTISATION", "", 400, nil),
		row("HOLDBACK", "ROLLING_RESERVE", "", 60, nil), row("RELEASE", "ROLLING_RESERVE", "", 20, nil),
	}
	// 1000 − 100 − 120 + 11 − 3 − 2 − 50 − 7 − 2 − 400 − 60 + 20, fee and refund even out
	totals := object{
		"return_amount": 100, "reversal_amount": 120, "fee_amount": 300, "fee_refund_amount": 300, "tax_amount": 77, "tax_refund_amount": 75,
		"commission_amount": 11, "commission_reversal_amount": 5, "fee_correction_amount": -57, "credit_amount": 1000, "charge_amount": 400,
		"holdback_amount": 60, "release_amount": 20, "settlement_amount": 287,
	}
	var readings [][]payout.Line
	for _, world := range []object{
		{}, {"signed_amounts": true}, {"spelling": "mixed"}, {"signed_amounts": true, "spelling": "mixed", "pagination": "null"}, {"pagination": "count_only"},
	} {
		f := simulate(t, with(world, object{"payouts": []object{with(example(), nil), paid("P2", totals, rows...)}}))
		var lines []payout.Line
		for _, reference := range []string{"XISA93DJ", "P2"} {
			r, err := f.readLines(f.connectorWith(500), reference)
			require.NoError(t, err, world)
			lines = append(lines, r.lines...)
		}
		for i := range lines {
			lines[i].Raw = payout.Raw{} // the bytes differ
		}
		readings = append(readings, lines)
	}
	for _, lines := range readings[1:] {
		require.Equal(t, readings[0], lines)
	}
	refund := readings[0][7+4]
	require.Equal(t, payout.Fee, refund.Kind)
	require.EqualValues(t, -300, refund.FeeExVAT.Minor())
	require.EqualValues(t, -75, refund.FeeVAT.Minor())
	correction := readings[0][7+9]
	require.Equal(t, payout.Fee, correction.Kind)
	require.EqualValues(t, 7, correction.FeeExVAT.Minor())
	require.EqualValues(t, 2, correction.FeeVAT.Minor())
}

func TestEachLinePointsToItsBytes(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{"spelling": "mixed", "payouts": []object{with(example(), object{
		"totals": object{
			"sale_amount": 174900, "return_amount": 29900, "fee_amount": 5830, "tax_amount": 1458,
			"repay_amount": 1200, "deposit_amount": 7, "settlement_amount": 136519,
		},
	})}})
	f.bothWays(t, func(t *testing.T, source ports.PayoutSource) {
		r, err := f.readLines(source, "XISA93DJ")
		require.NoError(t, err)
		require.Len(t, r.lines, 9)
		for _, l := range r.lines[:7] {
			var at struct {
				Type, DetailedType string
				Amount, VATAmount  int64
				OrderID            string `json:"order_id"`
			}
			bytes := r.raw[l.Raw.Page][l.Raw.Offset : l.Raw.Offset+l.Raw.Length]
			require.NoError(t, json.Unmarshal(bytes, &at), string(bytes))
			require.Equal(t, l.References[payout.OrderID], at.OrderID)
			gross := l.Gross.Abs().Minor() + l.FeeExVAT.Abs().Minor()
			require.Equal(t, gross, at.Amount)
		}
		for i, want := range []struct {
			key, number string
			gross       int64
		}{{"totals/repay", "1200", -1200}, {"totals/deposit", "7", 7}} {
			l := r.lines[7+i]
			require.Equal(t, want.key, l.Key)
			require.Equal(t, payout.Carry, l.Kind)
			require.True(t, l.Synthesised)
			require.Equal(t, want.gross, l.Gross.Minor())
			require.Equal(t, want.number, string(r.raw[l.Raw.Page][l.Raw.Offset:l.Raw.Offset+l.Raw.Length]))
		}
		list, err := f.readPayouts(source, f.now.AddDate(0, 0, -30), nil)
		require.NoError(t, err)
		raw := list.payouts[0].Raw
		var at struct {
			Reference string `json:"payment_reference"`
		}
		require.NoError(t, json.Unmarshal(list.raw[raw.Page][raw.Offset:raw.Offset+raw.Length], &at))
		require.Equal(t, "XISA93DJ", at.Reference)
	})
}

func TestOnlyWhatIsDocumentedIsSent(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{"payouts": []object{example()}})
	c := f.connectorWith(500)
	_, err := f.readPayouts(c, time.Date(2026, 3, 30, 15, 4, 5, 0, time.UTC), nil)
	require.NoError(t, err)
	_, err = f.readLines(c, "XISA93DJ")
	require.NoError(t, err)
	require.Equal(t, []string{
		"/settlements/v1/payouts?end_date=2026-06-27T23%3A59%3A59Z&offset=0&size=500&start_date=2026-03-30T00%3A00%3A00Z",
		"/settlements/v1/payouts/XISA93DJ",
		"/settlements/v1/transactions?offset=0&payment_reference=XISA93DJ&size=500",
	}, f.requests())
}

func TestBothFormsOfCredentialsOpenTheAPI(t *testing.T) {
	t.Parallel()
	f := simulate(t, object{"payouts": []object{example()}})
	for name, credentials := range map[string]map[string]string{
		"key alone":        {"merchant_id": merchantID, "api_key": apiKey},
		"username and key": {"merchant_id": merchantID, "api_key": apiKey, "username": username},
	} {
		call := f.call(callsPayoutLines)
		call.Connection.Credentials = credentials
		page, err := listLines(t.Context(), f.connectorWith(500), call, "XISA93DJ", "")
		require.NoError(t, err, name)
		require.Len(t, page.Lines, 7, name)
	}
}
