package booking

import (
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/tax"
)

// giftCardSold gives what the merchant owes the holder of a card that it sells. It
// is no revenue. A multi-purpose card has no VAT until it is used; that of a
// single-purpose card is due now (ML 5 kap. 40-44 §§).
func (s Settings) giftCardSold(x sold, share Share, sign int) (part, error) {
	debt, missing := s.giftCardDebt()
	if missing != nil {
		return part{}, missing
	}
	if s.GiftCard.Kind == MultiPurpose {
		if !share.Rate.IsZero() || !share.VAT.IsZero() {
			return part{}, fault.Invalid(CodeGiftCardVAT, "shares", "a multi-purpose gift card is sold without VAT").
				WithRemedy("set gift_card.kind to single_purpose if rate and country are known when a card is sold")
		}
		return sided(tax.Split{Gross: share.Gross, Net: share.Gross, VAT: share.VAT}, sign, debt, meaningGiftCard, "", ""), nil
	}
	if !share.Rate.IsZero() && share.Rate != s.GiftCard.Rate {
		return part{}, fault.Invalid(CodeGiftCardVAT, "shares", "a gift card is sold at "+share.Rate.String()+" %, its setting says "+s.GiftCard.Rate.String()+" %").
			WithRemedy("correct gift_card.rate or the rate of the sale")
	}
	share.Rate = s.GiftCard.Rate
	accounts, err := s.SalesAccounts(x.market, tax.Goods, share.Rate)
	if err != nil {
		return part{}, err
	}
	split, err := share.split()
	return sided(split, sign, debt, meaningGiftCard, accounts.VAT, meaningSaleVAT), err
}

func (s Settings) giftCardDebt() (ledger.Account, *fault.Error) {
	if s.Accounts.GiftCard == "" {
		return "", missingAccount("accounts.gift_card", "no account is set for gift cards")
	}
	return s.Accounts.GiftCard, nil
}

// redeemed gives the vouchers of a sale that a gift card pays for, or of a refund
// to the card, as rows. Two vouchers meet on the account of the customer ledger:
// the sale and its payment.
func (s Settings) redeemed(whole ledger.Row, x sold) ([][]ledger.Row, error) {
	debt, missing := s.giftCardDebt()
	if missing != nil {
		return nil, missing
	}
	x.taxed = s.GiftCard.Kind == SinglePurpose
	whole.Account, whole.Meaning = debt, meaningRedeemed
	whole.Text = text(meaningRedeemed)
	rows, err := s.against(whole, x)
	if err != nil || s.GiftCard.Redemption == Combined {
		return [][]ledger.Row{rows}, err
	}
	if s.Accounts.Receivable == "" {
		return nil, missingAccount(receivableSetting, "no account is set for the customer ledger")
	}
	paid := rows[0]
	rows[0] = row(s.Accounts.Receivable, paid.Amount, meaningInvoice)
	return [][]ledger.Row{rows, {paid, row(s.Accounts.Receivable, paid.Amount.Neg(), meaningInvoice)}}, nil
}
