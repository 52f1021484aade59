package world

import (
	"slices"
	"time"

	"github.com/kvitt/kvitt/server/demo/draw"
)

// Klarna is the merchant at Klarna: its credential, its orders and what was paid out.
type Klarna struct {
	MerchantID string `json:"merchant_id"`
	Username   string `json:"username"`
	APIKey     string `json:"api_key"`
	// SignedAmounts says whether rows carry a sign. Here they are magnitudes.
	SignedAmounts bool `json:"signed_amounts"`
	// Orders are those that the payouts tell of.
	Orders  []Order  `json:"orders"`
	Payouts []Payout `json:"payouts"`
}

// Payout has the members of Klarna's Payout object (Settlements API), and its rows.
type Payout struct {
	PaymentReference     string        `json:"payment_reference"`
	PayoutDate           time.Time     `json:"payout_date"`
	CurrencyCode         string        `json:"currency_code"`
	RegistrationCurrency string        `json:"currency_code_of_registration_country"`
	SettlementType       string        `json:"merchant_settlement_type"`
	MerchantID           string        `json:"merchant_id"`
	Totals               Totals        `json:"totals"`
	Transactions         []Transaction `json:"transactions"`
}

// Totals are magnitudes in öre; the formula of Klarna's settlement files gives
// each its sign.
type Totals struct {
	Sale          int64 `json:"sale_amount"`
	Return        int64 `json:"return_amount"`
	Reversal      int64 `json:"reversal_amount"`
	Fee           int64 `json:"fee_amount"`
	FeeCorrection int64 `json:"fee_correction_amount"`
	// Tax is the sum of the rows' VAT on fees.
	Tax         int64 `json:"tax_amount"`
	Commission  int64 `json:"commission_amount"`
	Charge      int64 `json:"charge_amount"`
	Credit      int64 `json:"credit_amount"`
	Holdback    int64 `json:"holdback_amount"`
	Release     int64 `json:"release_amount"`
	Repay       int64 `json:"repay_amount"`
	Deposit     int64 `json:"deposit_amount"`
	FeeRefund   int64 `json:"fee_refund_amount"`
	TaxRefund   int64 `json:"tax_refund_amount"`
	OpeningDebt int64 `json:"opening_debt_balance_amount"`
	ClosingDebt int64 `json:"closing_debt_balance_amount"`
	Settlement  int64 `json:"settlement_amount"`
}

// payOut makes the payouts of a story. What one leaves as debt the next collects.
func payOut(d draw.Seed, s story, b books) Klarna {
	k := Klarna{
		MerchantID: "K123456", Username: "K123456_3f9a6c21", APIKey: "klarna_test_api_demo-key-of-no-value",
		Orders: placeOrders(d, s, b),
	}
	var debt, reserve int64
	for i, w := range weeks() {
		p := Payout{
			PaymentReference: d.Code(8, "payment reference/"+w.paid.Format(time.DateOnly)),
			PayoutDate:       w.paid, CurrencyCode: "SEK", RegistrationCurrency: "SEK",
			SettlementType: "NET", MerchantID: k.MerchantID,
		}
		rows := rowsOf(d, s, b, i)
		if i == reserveHeld {
			reserve = int64(ore(sum(rows, "SALE")).share(10, 100))
			rows = append(rows, reserveRow("HOLDBACK", reserve, w.paid))
		}
		if i == reserveReleased {
			rows = append(rows, reserveRow("RELEASE", reserve, w.paid))
		}
		slices.SortStableFunc(rows, func(a, b Transaction) int { return a.CaptureDate.Compare(b.CaptureDate) })
		for n := range rows {
			rows[n].PaymentReference = p.PaymentReference
		}
		p.Transactions = rows
		p.Totals = add(rows, debt)
		debt = p.Totals.ClosingDebt
		k.Payouts = append(k.Payouts, p)
	}
	return k
}

// The payouts, from 0, in which the rolling reserve is held and released.
const (
	reserveHeld     = 1
	reserveReleased = 3
)

// add sums the rows and settles a debt: a negative period is lifted to 0 by a
// deposit, which the merchant owes; a positive one repays what it can.
func add(rows []Transaction, debt int64) Totals {
	t := Totals{
		Sale: sum(rows, "SALE"), Return: sum(rows, "RETURN"), Reversal: sum(rows, "REVERSAL"), Fee: sum(rows, "FEE"),
		Holdback: sum(rows, "HOLDBACK"), Release: sum(rows, "RELEASE"), OpeningDebt: debt,
	}
	for _, row := range rows {
		if row.VATAmount != nil {
			t.Tax += *row.VATAmount
		}
	}
	earned := t.Sale - t.Return - t.Reversal - t.Fee - t.Tax - t.Holdback + t.Release
	t.Deposit = max(0, -earned)
	t.Repay = min(debt, max(0, earned))
	t.Settlement = earned + t.Deposit - t.Repay
	t.ClosingDebt = debt - t.Repay + t.Deposit
	return t
}

func sum(rows []Transaction, kind string) int64 {
	var total int64
	for _, row := range rows {
		if row.Type == kind {
			total += row.Amount
		}
	}
	return total
}
