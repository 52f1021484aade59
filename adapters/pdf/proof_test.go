package pdf_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/adapters/pdf"
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/ports"
)

func TestAProofIsAPDFThatIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	sek := func(minor int64) money.Amount { return money.New(minor, "SEK") }
	day := civil.Date{Year: 2026, Month: time.April, Day: 2}
	voucher, err := ledger.New(day, "Klarna P1", []ledger.Row{
		{Account: "1930", Amount: sek(9000), Meaning: "bank"},
		{Account: "6040", Amount: sek(800), Meaning: "fee"},
		{Account: "2641", Amount: sek(200), Meaning: "fee_vat"},
		{Account: "1686", Amount: sek(-10000), Meaning: "clearing"},
	})
	require.NoError(t, err)
	proof := settlement.Proof{
		Merchant: "Björk & Blad AB", Provider: "Klarna", Reference: "P1", Date: day, Voucher: voucher,
		Proof: payout.Proof{
			Gross: sek(10000), Refunds: sek(0), Fees: sek(-800), FeeVAT: sek(-200), Reserves: sek(0), Other: sek(0),
			Net: sek(9000), Difference: sek(0), Lines: 2,
		},
		Sums: []ports.LineSum{{Kind: payout.Sale, RawType: "SALE/PURCHASE", Lines: 1, Gross: sek(10000), FeeExVAT: sek(0), FeeVAT: sek(0)}},
	}
	mediaType, first, err := pdf.Proofs{}.WriteProof(proof)
	require.NoError(t, err)
	_, second, err := pdf.Proofs{}.WriteProof(proof)
	require.NoError(t, err)
	require.Equal(t, "application/pdf", mediaType)
	require.True(t, bytes.HasPrefix(first, []byte("%PDF-")))
	require.Equal(t, first, second)
	require.Contains(t, string(first), "Bj\xf6rk & Blad AB", "Swedish letters reach the page in its own code page")
	require.Contains(t, string(first), "90.00")
	require.NotContains(t, string(first), "(Payments)")

	proof.Direct = sek(1234)
	_, third, err := pdf.Proofs{}.WriteProof(proof)
	require.NoError(t, err)
	require.Contains(t, string(third), "(Payments)")
	require.Contains(t, string(third), "(12.34)")
}
