package main

import (
	"strings"

	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/sdk/amount"
)

// meaning is what a row of Klarna's is to kvitt.
type meaning struct {
	kind   payout.Kind
	effect amount.Effect
	// total names the total that counts rows of this type.
	total total
}

// unknown is a row whose sign or meaning nobody has taught the connector. It is
// shown as it was delivered and keeps the payout from being booked.
func unknown() meaning { return meaning{kind: payout.Unknown, effect: amount.AsSigned} }

// meaningOf follows Klarna's page on settlement files (transaction types) and the
// names that only its API description has. Klarna adds names without notice: a
// new detailed type is accepted where the type alone tells sign and meaning (fees,
// reserves), elsewhere it is unknown.
func meaningOf(kind, detailed string) meaning {
	kind, detailed = strings.ToUpper(kind), strings.ToUpper(detailed)
	if strings.Contains(detailed, "FEE_CORRECTION") {
		return meaning{payout.Fee, amount.AsSigned, totalFeeCorrection}
	}
	switch kind {
	case "SALE":
		return among(detailed, meaning{payout.Sale, amount.Adds, totalSale}, "PURCHASE")
	case "RETURN":
		if detailed == "PAYMENT_DEFAULT" { // the customer did not pay; the merchant refunded nothing
			return meaning{payout.Chargeback, amount.Takes, totalReturn}
		}
		return among(detailed, meaning{payout.Refund, amount.Takes, totalReturn}, "PURCHASE_RETURN")
	case "FEE":
		if strings.HasSuffix(detailed, "REFUND") { // a fee by type, a fee given back by name
			return unknown()
		}
		return meaning{payout.Fee, amount.Takes, totalFee}
	case "FEE_REFUND":
		return meaning{payout.Fee, amount.Adds, totalFeeRefund}
	case "REVERSAL", "REVERSAL_MERCHANT_PROTECTION":
		return reversal(kind, detailed)
	case "COMMISSION":
		return commission(detailed)
	case "CORRECTION":
		if detailed == "CORRECTION_DISPUTE" {
			return meaning{payout.ChargebackReversal, amount.AsSigned, someCorrection}
		}
		return among(detailed, meaning{payout.Adjustment, amount.AsSigned, someCorrection}, "CREDITED_CORRECTION", "CORRECTION", "MANUAL_ENTRY")
	case "CREDIT":
		return credit(detailed)
	case "CHARGE":
		return charge(detailed)
	case "HOLDBACK":
		return meaning{payout.Reserve, amount.Takes, totalHoldback}
	case "RELEASE":
		return meaning{payout.Release, amount.Adds, totalRelease}
	case "TAX":
		return meaning{payout.Tax, amount.Takes, totalTax}
	}
	return unknown()
}

// among gives m for a detailed type that is known, or absent as in older answers.
func among(detailed string, m meaning, known ...string) meaning {
	if detailed == "" {
		return m
	}
	for _, name := range known {
		if detailed == name {
			return m
		}
	}
	return unknown()
}

func reversal(kind, detailed string) meaning {
	if kind == "REVERSAL_MERCHANT_PROTECTION" { // counted in the same total, which is net of it
		return among(detailed, meaning{payout.ChargebackReversal, amount.Adds, totalReversal}, "FRAUD_POLICY_CREDIT_NET")
	}
	if strings.HasPrefix(detailed, "COMMISSION_RETURN") {
		return meaning{payout.Commission, amount.Takes, someCommissionReturn}
	}
	return among(detailed, meaning{payout.Chargeback, amount.Takes, totalReversal}, "REVERSAL", "FRAUD_POLICY_CHARGE")
}

func commission(detailed string) meaning {
	if detailed == "REVENUE_SHARE_REVERSAL" || strings.HasPrefix(detailed, "COMMISSION_RETURN") {
		return meaning{payout.Commission, amount.Takes, someCommissionReturn}
	}
	return among(detailed, meaning{payout.Commission, amount.Adds, totalCommission}, "COMMISSION", "PURCHASE_COMMISSION_PERCENTAGE", "REVENUE_SHARE")
}

// credit does not know CASH_ADVANCE_FEES: Klarna's page lists it among credits
// although it can only be a charge, so its sign is open.
func credit(detailed string) meaning {
	switch detailed {
	case "CORRECTION_DISPUTE": // a dispute won
		return meaning{payout.ChargebackReversal, amount.Adds, totalCredit}
	case "CASH_ADVANCE_PAYOUT", "LOAN_PAYOUT":
		return meaning{payout.Loan, amount.Adds, totalCredit}
	}
	return among(detailed, meaning{payout.Adjustment, amount.Adds, totalCredit})
}

func charge(detailed string) meaning {
	switch detailed {
	case "CASH_ADVANCE_AMORTISATION", "CASH_ADVANCE_FEES", "LOAN_AMORTISATION", "LOAN_FEE":
		return meaning{payout.Loan, amount.Takes, totalCharge}
	case "TRANSFER_FROM_LEGACY_INTEGRATION", "LIABILITY_TRANSFER", "PAYMENT_REMINDER": // debt collected
		return meaning{payout.Carry, amount.Takes, totalCharge}
	}
	return among(detailed, meaning{payout.Adjustment, amount.Takes, totalCharge})
}
