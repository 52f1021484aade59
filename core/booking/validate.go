package booking

import (
	"fmt"
	"regexp"
	"sort"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/invoice"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/core/money"
	"github.com/kvitt/kvitt/core/payout"
	"github.com/kvitt/kvitt/core/tax"
)

// CodeSettings is the fault of settings that make no sense.
const CodeSettings fault.Code = "settings.invalid"

const (
	mostWaitingDays = 365
	mostWindowDays  = 60
	mostWatchDays   = 1100
	mostTemplate    = 80
)

// Validate names the first setting that makes no sense and says why.
func (s Settings) Validate() error {
	checks := []func() error{
		s.validateChoices, s.validateAccounts, s.validateSales, s.validateVAT, s.validateGiftCard,
		s.validateCurrencies, s.validateFeeRules, s.validateReverseCharge, s.validateMatching, s.validateTolerance, s.validateDocuments,
	}
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (s Settings) validateChoices() error {
	if s.VoucherSeries == "" || len(s.VoucherSeries) > 10 {
		return fault.Invalid(CodeSettings, "voucher_series", "a series has 1 to 10 characters")
	}
	if s.WaitingDays < 0 || s.WaitingDays > mostWaitingDays {
		return fault.Invalid(CodeSettings, "waiting_days", fmt.Sprintf("a line waits 0 to %d days", mostWaitingDays))
	}
	return firstError(
		oneOf("preset", s.Preset, BASSweden, SourceExample),
		oneOf("shape", s.Shape, Clearing, Direct),
		oneOf("sales_shape", s.SalesShape, InvoiceSales, VoucherSales, DaySales, PayoutSales),
		oneOf("recognition", s.Recognition, RecogniseAtCapture, RecogniseAtDelivery),
		oneOf("refunds", s.Refunds, Netted, Owed),
		oneOf("fee_moment", s.FeeMoment, FeeAtDeposit, FeeAtCapture),
		oneOf("payout_to", s.PayoutTo, ToBank, ToInterim),
		oneOf("period.locked", s.Period.Locked, RefuseLocked, FirstOpenDay),
		oneOf("adjustments", s.Adjustments, HoldAdjustments, SuspendAdjustments),
		oneOf("lost_dispute", s.LostDispute, LossGross, ReverseSale),
		oneOf("payment_moment", s.PaymentMoment, AtPayout, AtCapture),
		oneOf("before_invoice", s.BeforeInvoice, Clamp, RefuseDate),
		oneOf("reverse_charge.style", s.ReverseCharge.Style, Pair, DirectCost),
		oneOf("reverse_charge.moment", s.ReverseCharge.Moment, WithPayout, Monthly),
	)
}

//nolint:gochecknoglobals // constants in all but name
var (
	templateName  = regexp.MustCompile(`\{([a-z0-9_]+)\}`)
	orderTemplate = regexp.MustCompile(`^[^{}]*(\{[a-z0-9_]+\}[^{}]*)+$`)
)

func (s Settings) validateDocuments() error {
	d := s.Documents
	if !orderTemplate.MatchString(d.OrderNumber) || len(d.OrderNumber) > mostTemplate {
		return fault.Invalid(CodeSettings, "documents.order_number", fmt.Sprintf("a template has up to %d characters and a reference in braces, such as KL-{merchant_reference1}", mostTemplate))
	}
	for _, name := range templateName.FindAllStringSubmatch(d.OrderNumber, -1) {
		if err := oneOf("documents.order_number", payout.Reference(name[1]), payout.References()...); err != nil {
			return err
		}
	}
	if d.WatchDays < 0 || d.WatchDays > mostWatchDays {
		return fault.Invalid(CodeSettings, "documents.watch_days", fmt.Sprintf("orders are read for 0 to %d days", mostWatchDays))
	}
	return firstError(
		oneOf("documents.reference", d.Reference, payout.References()...),
		oneOf("documents.unknown_rows", d.UnknownRows, ShareRows, HoldRows),
		oneOf("documents.return_fee", d.ReturnFee, tax.Supplies()...),
	)
}

func (s Settings) validateAccounts() error {
	for _, a := range s.Accounts.single() {
		if err := wellFormed(a.setting, a.account); err != nil {
			return err
		}
	}
	if err := validateByCurrency("accounts.bank", s.Accounts.Bank); err != nil {
		return err
	}
	if err := validateByCurrency("accounts.clearing", s.Accounts.Clearing); err != nil {
		return err
	}
	if err := validateByCurrency("accounts.interim", s.Accounts.Interim); err != nil {
		return err
	}
	return s.validateSharing()
}

// validateSharing keeps the clearing accounts apart from each other and from
// everything else: the balance of one is the proof of one provider and currency.
// Only where the accounting system makes no invoices may the account of the
// customer ledger be a clearing account.
func (s Settings) validateSharing() error {
	a := s.Accounts
	owner := make(map[ledger.Account]string)
	for _, other := range a.single() {
		if other.setting == receivableSetting && s.SalesShape != InvoiceSales {
			continue
		}
		owner[other.account] = other.setting
	}
	for _, currency := range currencies(a.Bank) {
		owner[a.Bank[currency]] = "accounts.bank." + string(currency)
	}
	for _, currency := range currencies(a.Interim) {
		owner[a.Interim[currency]] = "accounts.interim." + string(currency)
	}
	for _, currency := range currencies(a.Clearing) {
		account, setting := a.Clearing[currency], "accounts.clearing."+string(currency)
		if other, taken := owner[account]; taken && account != "" {
			return fault.Invalid(CodeSettings, setting, "account "+string(account)+" is that of "+other+" too; a clearing account is not shared")
		}
		owner[account] = setting
	}
	return nil
}

func (s Settings) validateFeeRules() error {
	for i, rule := range s.FeeRules {
		field := fmt.Sprintf("fee_rules[%d]", i)
		if rule.Match == "" || rule.Meaning == "" {
			return fault.Invalid(CodeSettings, field, "a rule needs a match and a meaning")
		}
		if err := firstError(
			wellFormed(field+".account", rule.Account),
			oneOf(field+".vat", rule.VAT, NoVAT, Domestic, ReverseEU, ReverseNonEU),
		); err != nil {
			return err
		}
	}
	return nil
}

func (s Settings) validateReverseCharge() error {
	if !s.usesReverseCharge() {
		return nil
	}
	for _, a := range s.ReverseCharge.accounts() {
		if a.account == "" {
			return fault.Invalid(CodeSettings, a.setting, "a fee rule uses reverse charge and needs this account")
		}
		if err := wellFormed(a.setting, a.account); err != nil {
			return err
		}
	}
	return nil
}

func (s Settings) validateMatching() error {
	if len(s.MatchKeys) == 0 {
		return fault.Invalid(CodeSettings, "match_keys", "without a pair of references no document can be found")
	}
	if s.CoverageDrop < 0 || s.CoverageDrop > 100 {
		return fault.Invalid(CodeSettings, "coverage_drop", "a share drops by 0 to 100 percentage points")
	}
	if s.DateWindowDays < 0 || s.DateWindowDays > mostWindowDays {
		return fault.Invalid(CodeSettings, "date_window_days", fmt.Sprintf("a window has 0 to %d days", mostWindowDays))
	}
	return firstError(validatePairs("match_keys", s.MatchKeys), validatePairs("suggest_keys", s.SuggestKeys))
}

func validatePairs(setting string, pairs []matching.KeyPair) error {
	for i, pair := range pairs {
		field := fmt.Sprintf("%s[%d]", setting, i)
		if err := firstError(
			oneOf(field+".line", pair.Line, payout.References()...),
			oneOf(field+".document", pair.Document, invoice.References()...),
		); err != nil {
			return err
		}
	}
	return nil
}

func (s Settings) validateTolerance() error {
	return firstError(validateLimits("tolerance", s.Tolerance), validateLimits("write_off_limit", s.WriteOffLimit))
}

func validateLimits(setting string, limits map[money.Currency]string) error {
	for _, currency := range currencies(limits) {
		field := setting + "." + string(currency)
		if err := current(field, currency); err != nil {
			return err
		}
		limit, err := money.Parse(limits[currency], currency)
		if err != nil {
			return fault.Invalid(CodeSettings, field, fault.Of(err).Reason)
		}
		if limit.Sign() < 0 {
			return fault.Invalid(CodeSettings, field, "a tolerance or limit is not negative")
		}
	}
	return nil
}

func validateByCurrency(setting string, accounts map[money.Currency]ledger.Account) error {
	for _, currency := range currencies(accounts) {
		field := setting + "." + string(currency)
		if err := firstError(current(field, currency), wellFormed(field, accounts[currency])); err != nil {
			return err
		}
	}
	return nil
}

func current(setting string, currency money.Currency) error {
	if parsed, err := money.ParseCurrency(string(currency)); err != nil || parsed != currency {
		return fault.Invalid(CodeSettings, setting, "\""+string(currency)+"\" is not a current ISO 4217 code in upper case")
	}
	return nil
}

// currencies gives the keys in a fixed order, so that the same settings always
// give the same first fault.
func currencies[V any](byCurrency map[money.Currency]V) []money.Currency {
	keys := make([]money.Currency, 0, len(byCurrency))
	for c := range byCurrency {
		keys = append(keys, c)
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i] < keys[j] })
	return keys
}

// wellFormed refuses what cannot be an account number anywhere. Whether the
// account exists is the accounting system's to say.
func wellFormed(setting string, account ledger.Account) error {
	if len(account) > 20 {
		return fault.Invalid(CodeSettings, setting, "an account number has at most 20 characters")
	}
	for _, r := range account {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '.' {
			return fault.Invalid(CodeSettings, setting, "\""+string(account)+"\" is not an account number")
		}
	}
	return nil
}

func oneOf[T ~string](setting string, value T, allowed ...T) error {
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	return fault.Invalid(CodeSettings, setting, fmt.Sprintf("%q is not one of %q", value, allowed))
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
