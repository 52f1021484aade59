package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/plugins/klarna/client"
	"github.com/kvitt/kvitt/sdk/jsonpage"
)

// TestTypesMeanWhatKlarnaDocuments follows Klarna's page on settlement files,
// transaction types: what each pays (+) or takes (−), and what kvitt calls it.
// The last column is the amount that a row of 100 gives, "?" if its sign counts.
func TestTypesMeanWhatKlarnaDocuments(t *testing.T) {
	t.Parallel()
	table := `
		SALE                         PURCHASE                          sale                +
		SALE                         -                                 sale                +
		SALE                         SOMETHING_NEW                     unknown             ?
		RETURN                       PURCHASE_RETURN                   refund              -
		RETURN                       -                                 refund              -
		RETURN                       PAYMENT_DEFAULT                   chargeback          -
		RETURN                       SOMETHING_NEW                     unknown             ?
		FEE                          PURCHASE_FEE_PERCENTAGE           fee                 -
		FEE                          PURCHASE_FEE_FIXED                fee                 -
		FEE                          SERVICING_FEE                     fee                 -
		FEE                          EXPIRY_FEE_GROSS                  fee                 -
		FEE                          EXTEND_DUE_DATE_FEE               fee                 -
		FEE                          LATE_RETURN_FEE                   fee                 -
		FEE                          DISPUTE_FEE                       fee                 -
		FEE                          SOMETHING_NEW                     fee                 -
		FEE                          FEE_REFUND                        unknown             ?
		FEE                          PERCENTAGE_FEE_CORRECTION_SE      fee                 ?
		FEE                          FIXED_FEE_CORRECTION              fee                 ?
		CORRECTION                   VAT_ON_FEE_CORRECTION_UK          fee                 ?
		FEE_REFUND                   FEE_REFUND                        fee                 +
		FEE_REFUND                   PURCHASE_FEE_FIXED                fee                 +
		FEE_REFUND                   DISPUTE_FEE_REFUND                fee                 +
		REVERSAL                     REVERSAL                          chargeback          -
		REVERSAL                     -                                 chargeback          -
		REVERSAL                     FRAUD_POLICY_CHARGE               chargeback          -
		REVERSAL                     COMMISSION_RETURN                 commission          -
		REVERSAL                     COMMISSION_RETURN_GROSS           commission          -
		REVERSAL                     SOMETHING_NEW                     unknown             ?
		REVERSAL_MERCHANT_PROTECTION FRAUD_POLICY_CREDIT_NET           chargeback_reversal +
		REVERSAL_MERCHANT_PROTECTION SOMETHING_NEW                     unknown             ?
		COMMISSION                   COMMISSION                        commission          +
		COMMISSION                   PURCHASE_COMMISSION_PERCENTAGE    commission          +
		COMMISSION                   REVENUE_SHARE                     commission          +
		COMMISSION                   REVENUE_SHARE_REVERSAL            commission          -
		COMMISSION                   SOMETHING_NEW                     unknown             ?
		CORRECTION                   CREDITED_CORRECTION               adjustment          ?
		CORRECTION                   CORRECTION                        adjustment          ?
		CORRECTION                   MANUAL_ENTRY                      adjustment          ?
		CORRECTION                   CORRECTION_DISPUTE                chargeback_reversal ?
		CORRECTION                   SOMETHING_NEW                     unknown             ?
		CREDIT                       CASH_ADVANCE_PAYOUT               loan                +
		CREDIT                       LOAN_PAYOUT                       loan                +
		CREDIT                       CORRECTION_DISPUTE                chargeback_reversal +
		CREDIT                       CASH_ADVANCE_FEES                 unknown             ?
		CREDIT                       -                                 adjustment          +
		CHARGE                       CASH_ADVANCE_AMORTISATION         loan                -
		CHARGE                       CASH_ADVANCE_FEES                 loan                -
		CHARGE                       LOAN_AMORTISATION                 loan                -
		CHARGE                       LOAN_FEE                          loan                -
		CHARGE                       TRANSFER_FROM_LEGACY_INTEGRATION  carry               -
		CHARGE                       LIABILITY_TRANSFER                carry               -
		CHARGE                       PAYMENT_REMINDER                  carry               -
		CHARGE                       -                                 adjustment          -
		CHARGE                       SOMETHING_NEW                     unknown             ?
		HOLDBACK                     ROLLING_RESERVE                   reserve             -
		HOLDBACK                     UNDER_REVIEW                      reserve             -
		HOLDBACK                     INSUFFICIENT_BANK_ACCOUNT_DETAILS reserve             -
		RELEASE                      ROLLING_RESERVE                   release             +
		RELEASE                      SOMETHING_NEW                     release             +
		TAX                          -                                 tax                 -
		SOMETHING_NEW                PURCHASE                          unknown             ?
		sale                         purchase                          sale                +`
	frame := frame{Reference: "P", Currency: "SEK", Date: time.Date(2026, 4, 2, 0, 0, 0, 0, time.UTC)}
	for text := range strings.Lines(table) {
		c := strings.Fields(text)
		if len(c) == 0 {
			continue
		}
		detailed := strings.TrimPrefix(c[1], "-")
		for _, delivered := range []int64{100, -100} {
			want := map[string]int64{"+": 100, "-": -100, "?": delivered}[c[3]]
			row := client.Transaction{Type: c[0], DetailedType: detailed, Amount: &delivered, CaptureDate: "2026-04-01T10:00:00Z"}
			m, err := frame.mapRow(row, payout.Raw{}, "row")
			require.NoError(t, err, text)
			require.Equal(t, payout.Kind(c[2]), m.line.Kind, text)
			require.Equal(t, strings.TrimSuffix(c[0]+"/"+detailed, "/"), m.line.RawType)
			net, err := m.line.Net()
			require.NoError(t, err)
			require.Equal(t, want, net.Minor(), text)
			require.Equal(t, c[2] == "fee", m.line.Gross.IsZero(), text)
			m.line.Key = "k"
			require.NoError(t, m.line.Validate(), text)
		}
	}
}

func TestVATGoesTheWayOfItsFee(t *testing.T) {
	t.Parallel()
	frame := frame{Reference: "P", Currency: "SEK"}
	for name, c := range map[string]struct {
		kind, detailed string
		amount, vat    int64
		fee, feeVAT    int64
	}{
		"a fee":                         {"FEE", "PURCHASE_FEE_FIXED", 300, 75, 300, 75},
		"a fee with signs":              {"FEE", "PURCHASE_FEE_FIXED", -300, -75, 300, 75},
		"a fee whose VAT has no sign":   {"FEE", "PURCHASE_FEE_FIXED", -300, 75, 300, 75},
		"a fee given back":              {"FEE_REFUND", "DISPUTE_FEE_REFUND", 300, 75, -300, -75},
		"a correction upwards":          {"FEE", "FIXED_FEE_CORRECTION_SE", 300, 75, -300, -75},
		"a correction downwards":        {"FEE", "FIXED_FEE_CORRECTION_SE", -300, 75, 300, 75},
		"a correction of VAT alone":     {"CORRECTION", "VAT_ON_FEE_CORRECTION_UK", -75, 0, 0, 75},
		"a fee from abroad without VAT": {"FEE", "PURCHASE_FEE_FIXED", 300, 0, 300, 0},
	} {
		row := client.Transaction{Type: c.kind, DetailedType: c.detailed, Amount: &c.amount, VATAmount: c.vat}
		m, err := frame.mapRow(row, payout.Raw{}, "row")
		require.NoError(t, err, name)
		require.Equal(t, c.fee, m.line.FeeExVAT.Minor(), name)
		require.Equal(t, c.feeVAT, m.line.FeeVAT.Minor(), name)
	}
}

func TestRatesArePercentages(t *testing.T) {
	t.Parallel()
	require.Empty(t, rate(nil))
	for stated, want := range map[int64]string{2500: "25", 2550: "25.5", 1200: "12", 0: "0", 1: "0.01", 10000: "100"} {
		require.Equal(t, want, rate(&stated))
	}
}

func TestRowsOfOneEventShareAGroup(t *testing.T) {
	t.Parallel()
	require.Equal(t, "c", group(client.Transaction{CaptureID: "c", RefundID: "r", OrderID: "o"}))
	require.Equal(t, "r", group(client.Transaction{RefundID: "r", OrderID: "o"}))
	require.Equal(t, "o", group(client.Transaction{OrderID: "o"}))
	require.Empty(t, group(client.Transaction{}))
}

// TestRowsThatNoTotalNames: Klarna does not say which total counts corrections and
// commissions taken back. Each of them may, but their sum must be right.
func TestRowsThatNoTotalNames(t *testing.T) {
	t.Parallel()
	rows := []object{
		row("SALE", "PURCHASE", orderA, 1000, nil), row("CREDIT", "LOAN_PAYOUT", "", 200, nil),
		row("CORRECTION", "MANUAL_ENTRY", "", 30, nil), row("REVERSAL", "COMMISSION_RETURN", orderA, 4, nil),
	}
	base := object{"sale_amount": 1000, "settlement_amount": 1226}
	for name, c := range map[string]struct {
		totals object
		field  string
	}{
		"the correction among fee corrections":    {object{"credit_amount": 200, "fee_correction_amount": 30, "reversal_amount": 4}, ""},
		"the correction among credits":            {object{"credit_amount": 230, "commission_reversal_amount": 4}, ""},
		"the commission taken off the commission": {object{"credit_amount": 230, "commission_amount": -4}, ""},
		"the correction nowhere":                  {object{"credit_amount": 200, "reversal_amount": 4}, "totals.fee_correction_amount"},
		"the commission nowhere":                  {object{"credit_amount": 230}, "totals.commission_reversal_amount"},
	} {
		f := simulate(t, object{"payouts": []object{paid("P", with(base, c.totals), rows...)}})
		_, err := f.readLines(f.connectorWith(500), "P")
		if c.field == "" {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorContains(t, err, c.field, name)
	}
}

func FuzzRow(f *testing.F) {
	for _, seed := range []string{
		`{"type":"SALE","detailed_type":"PURCHASE","amount":125000,"capture_date":"2026-04-01T10:00:00.000Z","order_id":"o","capture_id":""}`,
		`{"type":"FEE","amount":-3738,"vat_amount":935,"vat_rate":2500,"capture_date":"2026-04-01T10:00:00+00:00"}`,
		`{"type":"CORRECTION","amount":0,"vat_amount":-1,"currency_code":"sek"}`,
		`{"type":"TAX","amount":9223372036854775807,"vat_amount":-9223372036854775807}`,
	} {
		f.Add([]byte(seed))
	}
	frame := frame{Reference: "P", Currency: "SEK", Date: time.Date(2026, 4, 2, 0, 0, 0, 0, time.UTC)}
	f.Fuzz(func(t *testing.T, object []byte) {
		row, err := client.ReadTransaction(jsonpage.Whole(object), "row")
		if err != nil {
			return
		}
		m, err := frame.mapRow(row, payout.Raw{}, "row")
		if err != nil {
			require.Equal(t, payout.CodeLineInvalid, fault.CodeOf(err))
			return
		}
		again, err := frame.mapRow(row, payout.Raw{}, "row")
		require.NoError(t, err)
		require.Equal(t, m, again)
		m.line.Key = m.digest.key(1)
		if _, err := m.line.Net(); err != nil {
			return // the sums of such amounts do not fit, which ends the reading
		}
		require.NoError(t, m.line.Validate())
	})
}
