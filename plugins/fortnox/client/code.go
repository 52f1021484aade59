package client

import (
	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/matching"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// Faults that Fortnox names by a code of its own.
const (
	// CodePeriodLocked: the date lies in a period that is closed for postings.
	CodePeriodLocked fault.Code = "erp.period_locked"
	// CodeYearMissing: no financial year holds the date.
	CodeYearMissing fault.Code = "erp.year_missing"
	// CodeAccountMissing: the account is not in the chart of the year.
	CodeAccountMissing fault.Code = "erp.account_missing"
	// CodeAccountInactive: the account is there but closed for postings.
	CodeAccountInactive fault.Code = "erp.account_inactive"
	// CodeAccountInvalid: the account cannot be used for this.
	CodeAccountInvalid fault.Code = "erp.account_invalid"
	// CodeBeforeInvoice: a payment is dated before its invoice.
	CodeBeforeInvoice fault.Code = "erp.payment_before_invoice"
	// CodeCurrencyMissing: the company has not added the currency.
	CodeCurrencyMissing fault.Code = "erp.currency_missing"
	// CodeForbiddenCharacters: a text has characters that Fortnox does not take.
	CodeForbiddenCharacters fault.Code = "erp.forbidden_characters"
	// CodeCostCenter: the account demands a cost center, or the one given is closed.
	CodeCostCenter fault.Code = "erp.cost_center_required"
	// CodeProjectMissing: the project does not exist.
	CodeProjectMissing fault.Code = "erp.project_missing"
	// CodeCustomerMissing: the company has no card of that customer.
	CodeCustomerMissing fault.Code = "erp.customer_missing"
	// CodeCustomerNumberTaken: the number of a customer has been used before.
	CodeCustomerNumberTaken fault.Code = "erp.customer_number_taken"
	// CodeTermsMissing: the company has no such terms of payment.
	CodeTermsMissing fault.Code = "erp.terms_missing"
	// CodeVATRateMissing: the company has no such rate of VAT.
	CodeVATRateMissing fault.Code = "erp.vat_rate_missing"
	// CodeNotCompleted: somebody has marked the document as not ready.
	CodeNotCompleted fault.Code = "erp.document_not_completed"
	// CodeWarehouse: the warehouse module holds the document.
	CodeWarehouse fault.Code = "erp.warehouse_refused"
	// CodeNotFound: Fortnox does not know what the request names.
	CodeNotFound fault.Code = "erp.not_found"
	// CodeRefused: Fortnox refuses for a reason that it gives in words.
	CodeRefused fault.Code = "erp.refused"
	// CodeScopeMissing: the consent does not cover the resource.
	CodeScopeMissing fault.Code = "auth.scope_missing"
	// CodeLicenceMissing: the company has not bought what the resource needs.
	CodeLicenceMissing fault.Code = "auth.licence_missing"
	// CodeRightMissing: the service user may not do this.
	CodeRightMissing fault.Code = "auth.right_missing"
	// CodeLoginRefused: Fortnox does not know the login behind the token.
	CodeLoginRefused fault.Code = "auth.login_refused"
)

// Remedies that several faults share.
const (
	RemedyYear    = "create the financial year in Fortnox (Inställningar, Bokföring, Räkenskapsår), then retry"
	remedyAccount = "open the account in Fortnox for the financial year of the date, or choose another one in the settings"
	remedyConsent = "give the integration its consent in Fortnox once more, by a system administrator"
	remedyCard    = "look for the customer's card in Fortnox: make it active, or choose another customer policy in the settings"
	remedyStore   = "mark the document as ready in Fortnox, or switch its warehouse module to mark documents by itself"
	remedyLocked  = "open the period in Fortnox (Inställningar, Bokföring, Lås period), then retry; or book it by hand and do not retry"
)

// meanings are the codes that are documented or were recorded (Fortnox developer
// guide, errors).
func meanings() map[string]upstream.Meaning {
	return map[string]upstream.Meaning{
		// Fortnox's own failure, under a status that blames the request.
		"1000003": {Failed: true},
		"2000401": {Code: CodePeriodLocked, Class: fault.Conflict, Remedy: remedyLocked},
		"2002141": {Code: CodePeriodLocked, Class: fault.Conflict, Remedy: remedyLocked},
		"2000423": {Code: CodeAccountMissing, Class: fault.Validation, Remedy: remedyAccount},
		"2001304": {Code: CodeAccountMissing, Class: fault.Validation, Remedy: remedyAccount},
		"2000550": {Code: CodeAccountInactive, Class: fault.Validation, Remedy: remedyAccount},
		"2001265": {Code: CodeAccountInvalid, Class: fault.Validation, Remedy: remedyAccount},
		"2002462": {Code: CodeAccountInvalid, Class: fault.Validation, Remedy: remedyAccount},
		"2004052": {Code: CodeAccountInvalid, Class: fault.Validation, Remedy: remedyAccount},
		"2001089": {Code: CodeBeforeInvoice, Class: fault.Validation, Remedy: "choose a payment date on or after the invoice date"},
		"2003055": {Code: matching.CodeAlreadyPaid, Class: fault.Conflict, Remedy: "adopt the payment that stands in Fortnox, or undo it there"},
		"2000427": {Code: CodeCurrencyMissing, Class: fault.Validation, Remedy: "add the currency in Fortnox"},
		"2000359": {Code: CodeForbiddenCharacters, Class: fault.Validation, Remedy: "remove unusual characters from the text"},
		"2000946": {Code: CodeCostCenter, Class: fault.Validation, Remedy: "let the account go without a cost center in Fortnox, or choose another account"},
		"2000947": {Code: CodeCostCenter, Class: fault.Validation, Remedy: "let the account go without a cost center in Fortnox, or choose another account"},
		"2000204": {Code: CodeCustomerMissing, Class: fault.Validation, Remedy: remedyCard},
		"2000433": {Code: CodeCustomerMissing, Class: fault.Validation, Remedy: remedyCard},
		"2000637": {Code: CodeCustomerNumberTaken, Class: fault.Conflict, Remedy: remedyCard},
		"2000429": {Code: CodeTermsMissing, Class: fault.Validation, Remedy: "add the terms of payment in Fortnox, or choose others in the settings"},
		"2003498": {Code: CodeNotCompleted, Class: fault.Conflict, Remedy: "mark the document as completed in Fortnox"},
		"2003124": {Code: CodeWarehouse, Class: fault.Conflict, Remedy: remedyStore},
		"2003125": {Code: CodeWarehouse, Class: fault.Conflict, Remedy: remedyStore},
		"2003126": {Code: CodeWarehouse, Class: fault.Conflict, Remedy: remedyStore},
		"2003127": {Code: CodeWarehouse, Class: fault.Conflict, Remedy: remedyStore},
		"2001161": {Code: CodeProjectMissing, Class: fault.Validation, Remedy: "let the account go without a project in Fortnox, or choose another account"},
		"2000434": {Code: CodeNotFound, Class: fault.NotFound, Remedy: "check that the document has not been removed in Fortnox"},
		"2000439": {Code: CodeNotFound, Class: fault.NotFound, Remedy: "check that the order has not been removed in Fortnox"},
		"2000663": {Code: CodeScopeMissing, Class: fault.Auth, Remedy: remedyConsent},
		"2001101": {Code: CodeLicenceMissing, Class: fault.Auth, Remedy: "order the missing licence in Fortnox, then give the consent again"},
		"2001103": {Code: CodeLicenceMissing, Class: fault.Auth, Remedy: "order the licence for integrations in Fortnox"},
		"2001393": {Code: CodeRightMissing, Class: fault.Auth, Remedy: remedyConsent},
		"2002455": {Code: CodeRightMissing, Class: fault.Auth, Remedy: remedyConsent},
		"2000310": {Code: CodeLoginRefused, Class: fault.Auth, Remedy: remedyConsent},
		"2000311": {Code: CodeLoginRefused, Class: fault.Auth, Remedy: remedyConsent},
		"2004054": {Code: CodeLoginRefused, Class: fault.Auth, Remedy: remedyConsent},
	}
}
