package booking

import (
	"github.com/kvitt/kvitt/core/civil"
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/tax"
)

// Faults of sales.
const (
	// CodeNotBookable: the event has no place in the books.
	CodeNotBookable fault.Code = "event.not_bookable"
	// CodeSharesDiffer: the parts by VAT rate do not add up to the whole.
	CodeSharesDiffer fault.Code = "sale.shares_differ"
	// CodeGiftCardVAT: the VAT of a gift card, sold or used, is not that of its kind.
	CodeGiftCardVAT fault.Code = "gift_card.vat_differs"
	// CodeNoMapping: no accounts are set for a market, supply and VAT rate. There
	// is no account to fall back on: it would put the VAT in a wrong return.
	CodeNoMapping fault.Code = "vat.mapping_missing"
)

// Share is the part of a sale, refund or invoice that is one supply at one VAT
// rate. Its amounts have the sign of a sale, also where it is part of a refund.
type Share struct {
	// Supply is what is sold; empty means goods.
	Supply tax.Supply
	Rate   tax.Rate
	Gross  money.Amount
	// VAT is what the source states, or not set: then it follows from Gross.
	VAT money.Amount
}

// ExpectedDocument gives the voucher that the accounting system makes of an
// invoice or, reversed, of a credit invoice.
func ExpectedDocument(d invoice.Document, market tax.Market, shares []Share, s Settings) (ledger.Voucher, error) {
	if s.Accounts.Receivable == "" {
		return ledger.Voucher{}, missingAccount(receivableSetting, "no account is set for the customer ledger")
	}
	whole := row(s.Accounts.Receivable, d.Total, meaningInvoice)
	return s.sale(whole, sold{market: market, shares: shares}, d.Date, "Invoice "+d.Number)
}

// sold is what a sale sells, or a refund takes back.
type sold struct {
	market tax.Market
	shares []Share
	// undelivered makes revenue an advance.
	undelivered bool
	// taxed says that the VAT was due when the gift card was sold that pays, so
	// that only the net moves.
	taxed bool
}

// sale gives the voucher of a sale, or of a refund if whole is negative.
func (s Settings) sale(whole ledger.Row, x sold, date civil.Date, text string) (ledger.Voucher, error) {
	rows, err := s.against(whole, x)
	if err != nil {
		return ledger.Voucher{}, err
	}
	return ledger.New(date, text, rows)
}

// against puts the revenue and VAT of what is sold against the row of the whole:
// credits of a sale, debits of a refund, as the sign of the whole says. What the
// shares lack is rounding, within the tolerance.
func (s Settings) against(whole ledger.Row, x sold) ([]ledger.Row, error) {
	var revenue []ledger.Row
	rest, vat := whole.Amount, money.Zero(whole.Amount.Currency())
	for _, share := range x.shares {
		p, err := s.part(x, share, whole.Amount.Sign())
		if err != nil {
			return nil, err
		}
		revenue = append(revenue, p.revenue)
		if !p.vat.Amount.IsZero() && !x.taxed {
			revenue = append(revenue, p.vat)
		}
		for _, r := range []ledger.Row{p.revenue, p.vat} {
			if rest, err = rest.Add(r.Amount); err != nil {
				return nil, err
			}
		}
		if vat, err = vat.Add(p.vat.Amount); err != nil {
			return nil, err
		}
	}
	if rest.Abs().Minor() > s.tolerance(rest.Currency()).Minor() {
		return nil, fault.Invalid(CodeSharesDiffer, "shares", "the shares differ from the whole by "+rest.Abs().String())
	}
	if !rest.IsZero() {
		if s.Accounts.Rounding == "" {
			return nil, missingAccount("accounts.rounding", "no account is set for rounding")
		}
		revenue = append(revenue, row(s.Accounts.Rounding, rest.Neg(), meaningRounding))
	}
	if x.taxed {
		var err error
		if whole.Amount, err = whole.Amount.Add(vat); err != nil {
			return nil, err
		}
	}
	return append([]ledger.Row{whole}, revenue...), nil
}

// part is what one share comes to.
type part struct {
	revenue, vat ledger.Row
}

// part finds the accounts of a share and turns it to the side of a sale (sign +1)
// or of a refund (sign −1).
func (s Settings) part(x sold, share Share, sign int) (part, error) {
	if share.Supply == tax.GiftCard {
		return s.giftCardSold(x, share, sign)
	}
	accounts, err := s.SalesAccounts(x.market, share.Supply, share.Rate)
	if err != nil {
		return part{}, err
	}
	account, meaning := accounts.Revenue, meaningSale
	// What is reduced after the sale was delivered before.
	if x.undelivered && (sign > 0 || share.Supply != tax.PriceReduction) {
		if s.Accounts.Advance == "" {
			return part{}, missingAccount("accounts.advance", "no account is set for advances")
		}
		account, meaning = s.Accounts.Advance, meaningAdvance
	}
	if x.taxed && share.Rate != s.GiftCard.Rate {
		return part{}, fault.Invalid(CodeGiftCardVAT, "shares", "a single-purpose gift card at "+s.GiftCard.Rate.String()+" % pays for a sale at "+share.Rate.String()+" %").
			WithRemedy("set gift_card.kind to multi_purpose if the card buys at more than one rate")
	}
	split, err := share.split()
	return sided(split, sign, account, meaning, accounts.VAT, meaningSaleVAT), err
}

// sided gives the rows of a split; at rate 0 the VAT has no account and is 0.
func sided(split tax.Split, sign int, account ledger.Account, meaning string, vat ledger.Account, vatMeaning string) part {
	net, owed := split.Net.Neg(), split.VAT.Neg()
	if sign < 0 {
		net, owed = split.Net, split.VAT
		meaning, vatMeaning = meaning+returnedSuffix, vatMeaning+returnedSuffix
	}
	return part{revenue: row(account, net, meaning), vat: row(vat, owed, vatMeaning)}
}

// split prefers the VAT that the source states to VAT that is computed.
func (x Share) split() (tax.Split, error) {
	if x.VAT.Currency() == "" {
		return tax.FromGross(x.Gross, x.Rate)
	}
	net, err := x.Gross.Sub(x.VAT)
	return tax.Split{Gross: x.Gross, Net: net, VAT: x.VAT}, err
}
