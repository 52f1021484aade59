package server_test

import (
	"encoding/csv"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const summaryHeader = "total_sale_amount;total_fee_amount;total_fee_correction_amount;total_tax_amount;" +
	"total_return_amount;total_reversal_amount;total_commission_amount;total_commission_reversal_amount;" +
	"total_credit_amount;total_charge_amount;total_holdback_amount;total_release_amount;opening_debt_balance;" +
	"total_deposit_amount;total_repay_amount;closing_debt_balance;total_fee_refund_amount;total_settlement_amount;" +
	"payment_reference;settlement_currency;payout_date;merchant_id;merchant_settlement_type;submerchant_id\n"

const transactionsHeader = "type;capture_date;sale_date;order_id;short_order_id;capture_id;" +
	"merchant_reference1;merchant_reference2;amount;posting_currency"

func TestTheCSVReportHasTwoBlocks(t *testing.T) {
	t.Parallel()
	k := start(t, map[string]any{"report_columns": []string{"detailed_type", "tax_rate", "tax_amount", "refund_id"}})
	response, body := k.settlements("/reports/payout-with-transactions?payment_reference=XISA93DJ")
	require.Equal(t, "text/csv", response.Header.Get("Content-Type"))
	require.Equal(t, `attachment; filename="settlement.XISA93DJ.csv"`, response.Header.Get("Content-Disposition"))
	times := ";2026-04-01T10:00:00Z;2026-04-01T09:00:00Z;"
	want := summaryHeader +
		"1749.00;58.30;0.00;14.58;299.00;0.00;0.00;0.00;0.00;0.00;0.00;0.00;0.00;0.00;0.00;0.00;0.00;1377.12;" +
		"XISA93DJ;SEK;2026-04-02T07:45:00Z;K123456;NET;\n" +
		"\n" +
		transactionsHeader + ";detailed_type;tax_rate;tax_amount;refund_id\n" +
		"SALE" + times + orderA + ";shortrid;cA;10001;;1250.00;SEK;PURCHASE;;;\n" +
		"FEE" + times + orderA + ";shortrid;cA;;;37.38;SEK;PURCHASE_FEE_PERCENTAGE;25.00;9.35;\n" +
		"FEE" + times + orderA + ";shortrid;cA;;;3.00;SEK;PURCHASE_FEE_FIXED;25.00;0.75;\n" +
		"SALE" + times + orderB + ";shortrid;cB;10002;;499.00;SEK;PURCHASE;;;\n" +
		"FEE" + times + orderB + ";shortrid;cB;;;14.92;SEK;PURCHASE_FEE_PERCENTAGE;25.00;3.73;\n" +
		"FEE" + times + orderB + ";shortrid;cB;;;3.00;SEK;PURCHASE_FEE_FIXED;25.00;0.75;\n" +
		"RETURN" + times + orderC + ";shortrid;;9987;;299.00;SEK;PURCHASE_RETURN;;;rC\n"
	require.Equal(t, want, body)
}

func TestTheDefaultCSVReportLacksTheFeesVAT(t *testing.T) {
	t.Parallel()
	_, body := start(t, nil).settlements("/reports/payout-with-transactions?payment_reference=XISA93DJ")
	require.Contains(t, body, "\n\n"+transactionsHeader+"\n")
}

func TestASignedWorldHasSignedReports(t *testing.T) {
	t.Parallel()
	_, body := start(t, map[string]any{"signed_amounts": true}).settlements("/reports/payout-with-transactions?payment_reference=XISA93DJ")
	require.Contains(t, body, ";9987;;-299.00;SEK\n")
	require.Contains(t, body, ";cA;;;-3.00;SEK\n")
}

func TestReferencesAreQuotedInTheCSVReport(t *testing.T) {
	t.Parallel()
	nasty := "a;b \"c\"\nd"
	k := start(t, map[string]any{"payouts": []any{
		payout("P", "2026-04-02T07:45:00Z", "SEK", totals(nil), sale(orderA, "cA", nasty, -5)),
	}})
	_, body := k.settlements("/reports/payout-with-transactions?payment_reference=P")
	_, block, ok := strings.Cut(body, "\n\n")
	require.True(t, ok)
	reader := csv.NewReader(strings.NewReader(block))
	reader.Comma = ';'
	records, err := reader.ReadAll()
	require.NoError(t, err)
	require.Equal(t, nasty, records[1][6])
	require.Equal(t, "0.05", records[1][8])
}

func TestTheCSVReportOfARangeHoldsItsPayouts(t *testing.T) {
	t.Parallel()
	k := start(t, nil)
	_, body := k.settlements("/reports/payouts-summary-with-transactions?start_date=2026-04-09T00:00:00Z&end_date=2026-04-30T00:00:00Z")
	summary, transactions, ok := strings.Cut(body, "\n\n")
	require.True(t, ok)
	require.Equal(t, 3, len(strings.Split(summary, "\n")), summary)
	require.Contains(t, summary, ";EUR1;EUR;")
	require.Contains(t, summary, ";SEK2;SEK;")
	require.Equal(t, 3, len(strings.Split(strings.TrimSpace(transactions), "\n")), transactions)
	require.Contains(t, transactions, "HOLDBACK;2026-04-01T10:00:00Z;2026-04-01T09:00:00Z;;shortrid;;;;10.00;SEK\n")
}

func TestThePDFReportsAreRealDocuments(t *testing.T) {
	t.Parallel()
	k := start(t, nil)
	for name, c := range map[string]struct {
		path  string
		pages int
		holds string
	}{
		"of one payout": {"/reports/payout?payment_reference=XISA93DJ", 1, "(settlement_amount  1377.12 SEK) Tj"},
		"of a range":    {"/reports/payouts-summary?start_date=2026-04-01&end_date=2026-05-01", 3, "(Settlement EUR1) Tj"},
		"of nothing":    {"/reports/payouts-summary?start_date=2020-04-01&end_date=2020-05-01", 1, "(No settlements in this period) Tj"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response, body := k.settlements(c.path)
			require.Equal(t, "application/pdf", response.Header.Get("Content-Type"))
			require.True(t, strings.HasPrefix(body, "%PDF-1.4\n"))
			require.True(t, strings.HasSuffix(body, "%%EOF\n"))
			require.Contains(t, body, fmt.Sprintf("/Count %d >>", c.pages))
			require.Contains(t, body, c.holds)
			requireCrossReferences(t, body)
		})
	}
}

// requireCrossReferences checks that the table is where the trailer says, and
// that each of its entries leads to its object.
func requireCrossReferences(t *testing.T, pdf string) {
	t.Helper()
	found := regexp.MustCompile(`startxref\n(\d+)\n`).FindStringSubmatch(pdf)
	require.Len(t, found, 2)
	table, err := strconv.Atoi(found[1])
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(pdf[table:], "xref\n0 "))
	entries := regexp.MustCompile(`(\d{10}) 00000 n \n`).FindAllStringSubmatch(pdf[table:], -1)
	require.NotEmpty(t, entries)
	for i, entry := range entries {
		offset, err := strconv.Atoi(entry[1])
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(pdf[offset:], fmt.Sprintf("%d 0 obj\n", i+1)), "object %d", i+1)
	}
	for _, stream := range regexp.MustCompile(`(?s)/Length (\d+) >>\nstream\n(.*?)\nendstream`).FindAllStringSubmatch(pdf, -1) {
		require.Equal(t, stream[1], strconv.Itoa(len(stream[2])))
	}
}
